"""People who lose no time: each open step is done the moment that its `takes` allows, on the real core."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random

from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER
from engine.incident.plan import Plan, World
from engine.incident.state import OPEN
from engine.incident.timers import next_alarm
from engine.language.checked import Checked
from engine.language.duration import Duration
from engine.language.playbook import Decision, Message, Playbook, Publish, Step, SubPlaybook, Wait
from tests.incident.given import Run
from tests.incident.inventing import invent
from tests.test_shipped_runs import commands_for

Answers = dict[str, str]


def checked_of(world: World) -> Checked:
    """What the proofs look at, of a world."""
    return Checked(world.plan.playbook, world.organisation, world.texts)


def with_steps(world: World, steps: list[Step]) -> World:
    """The same world with other steps."""
    return with_playbook(world, world.plan.playbook.model_copy(update={"steps": steps}))


def with_playbook(world: World, playbook: Playbook) -> World:
    return replace(world, plan=Plan.of(playbook, "e" * 64))


def invented(dice: Random) -> World | None:
    """A random world whose steps take some minutes each; some tasks are waits."""
    world = invent(dice)
    if world is None:
        return None
    steps = [step.model_copy(update={"takes": Duration(dice.choice([0, 1, 5, 10, 20, 30]), "m")}) for step in world.plan.playbook.steps]
    return with_steps(
        world, [_as_wait(step, dice) if step.kind == "task" and dice.random() < 0.2 and not step.sets else step for step in steps]
    )


def without_guards(world: World) -> World:
    """The same world in which only answers decide what is skipped, no policy refuses anything, and nothing closes."""
    free = {"when": None, "min_severity": None, "even_if_blocked": False, "sets": None}
    steps = [step.model_copy(update=free) for step in world.plan.playbook.steps]
    return with_playbook(world, world.plan.playbook.model_copy(update={"steps": steps, "policies": []}))


def answers_of(world: World) -> list[Answers]:
    """Every combination of answers."""
    decisions = [step for step in world.plan.steps.values() if isinstance(step, Decision)]
    return [
        dict(zip([decision.id for decision in decisions], chosen, strict=True))
        for chosen in product(*(list(decision.options) for decision in decisions))
    ]


def diligent_run(world: World, answers: Answers, *, most: int = 400, **inputs: object) -> Run:
    """Run to where nothing more happens without closing again, everybody being as quick as `takes` allows."""
    run = Run.begin(world, inputs=inputs)
    for _ in range(most):
        if _work(run, answers):
            continue
        moment = _next_moment(run)
        if moment is None or moment > run.incident.declared_at + timedelta(days=3):
            break
        run.now = max(run.now, moment)
        run.attempt(c.Tick(), by=TIMER)
    return run


def minutes_until(run: Run, step: str) -> float:
    """The minutes from the declaration to the end of a step."""
    settled = run.step(step).settled_at
    assert settled is not None
    return (settled - run.incident.declared_at).total_seconds() / 60


def _as_wait(step: Step, dice: Random) -> Step:
    fields = {name: getattr(step, name) for name in ("id", "title", "needs", "when", "min_severity", "even_if_blocked")}
    return Wait(**fields, for_=Duration(dice.choice([1, 15, 40]), "m"))


def _may_end(run: Run, step: Step) -> datetime | None:
    """The moment from which work on a step may be over; None for what ends by itself."""
    ready = run.step(step.id).ready_at
    return None if ready is None or isinstance(step, Wait | Message) else ready + step.takes.span


def _open(run: Run) -> list[Step]:
    found = [run.world.plan.steps.get(name) for name, state in run.incident.steps.items() if state.state in OPEN]
    return [step for step in found if step is not None]


def _work(run: Run, answers: Answers) -> bool:
    before = run.incident.version
    for step in _open(run):
        moment = _may_end(run, step)
        if moment is not None and moment <= run.now:
            _end(run, step, answers)
    return run.incident.version > before


def _end(run: Run, step: Step, answers: Answers) -> None:
    if isinstance(step, SubPlaybook) or (isinstance(step, Publish) and step.confirm == "api"):
        for channel in getattr(step, "channels", [""]):
            run.attempt(c.RecordDelivery("d", step.id, "sent", {"channel": channel, "key": "INC-2"}), by=DELIVERY)
        return
    for command, role in commands_for(run, step, answers):
        if run.step(step.id).state in OPEN:
            run.attempt(command, by=run.incident.roles[role or ""].people[0])


def _next_moment(run: Run) -> datetime | None:
    ends = [moment for step in _open(run) if (moment := _may_end(run, step)) is not None and moment > run.now]
    alarm = next_alarm(run.world, run.incident, run.now)
    return min([*ends, *([alarm] if alarm else [])], default=None)
