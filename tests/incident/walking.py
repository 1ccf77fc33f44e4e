"""People who walk through an incident at random: diligent ones who answer, and mischievous ones who try anything."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from engine.incident import commands as c
from engine.incident.actor import TIMER, Actor
from engine.incident.holding import holders, roles_of
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.timers import next_alarm
from engine.language.playbook import Approval, Decision, Evidence, Monitor, Publish, Statement, Step
from tests.incident.given import Run, person

HASH = "ab" * 32


def diligent_action(run: Run, dice: Random) -> bool:
    """Somebody does one open thing that is theirs; False when nothing is open for anybody."""
    names = [name for name, state in run.incident.steps.items() if state.state in ("ready", "doing")]
    dice.shuffle(names)
    for name in names:
        step = run.world.step(run.incident, name)
        assert step is not None
        if _work_on(run, dice, step):
            return True
    return False


def walk_to_the_end(run: Run, dice: Random, *, most: int = 6_000) -> None:
    """Let people answer everything they are asked, time passing when nothing is open, until nothing is left."""
    for _ in range(most):
        if run.incident.status in ("complete", "cancelled"):
            return
        if not diligent_action(run, dice) or dice.random() < 0.1:
            alarm = next_alarm(run.world, run.incident, run.now)
            if alarm is not None:
                run.now = max(run.now, alarm)
                run.attempt(c.Tick(), by=TIMER)


def mischief(run: Run, dice: Random) -> None:
    """One random command by a random person, allowed or not."""
    people = [*run.world.organisation.people, "nobody"]
    command = any_command(run.world, run.incident, dice)
    step = run.world.step(run.incident, getattr(command, "step", None) or "")
    roles = roles_of(step) if step else (run.world.plan.lead_role, *run.world.plan.key_roles)
    likely = holders(run.incident, roles) if dice.random() < 0.8 else ()
    actor = person(dice.choice(likely or people))
    if dice.random() < 0.1:
        actor = Actor(service="robot", via="rest", person=dice.choice([None, *people]))
    run.attempt(command, by=actor)


def any_command(world: World, incident: Incident, dice: Random) -> c.AnyCommand:
    """Any command, with values that are sometimes right."""
    step = dice.choice([*incident.steps, "no_such_step"])
    state = incident.steps.get(step)
    definition = world.step(incident, step)
    people = [*world.organisation.people, "nobody"]
    role = dice.choice([*world.plan.playbook.roles, "no_such_role"])
    option = dice.choice(list(definition.options)) if isinstance(definition, Decision) else "yes"
    subject = definition.of if isinstance(definition, Approval) else step
    version = Run(world, incident, datetime.min).version(subject) if dice.random() < 0.9 else "0" * 64
    channel = dice.choice(definition.channels) if isinstance(definition, Publish) else "newsroom"
    source = dice.choice(state.sources) if state and state.sources else "https://x.example"
    word = dice.choice(["why", "", "Fred was there", "text " * 70])
    makers: list[Callable[[], Any]] = [
        lambda: c.StartStep(step),
        lambda: c.TickItem(step, str(dice.randint(1, 4))),
        lambda: c.CompleteStep(step),
        lambda: c.SkipStep(step, word),
        lambda: c.AssignStep(step, dice.choice(people)),
        lambda: c.Answer(step, option, note=word),
        lambda: c.SubmitDraft(step, word),
        lambda: c.SubmitDraft(step),
        lambda: c.Approve(step, version),
        lambda: c.Reject(step, version, word),
        lambda: c.Withdraw(step, version, word),
        lambda: c.Confirm(step, channel, "https://example.com/post"),
        lambda: c.Decline(step, word),
        lambda: c.Snooze(step, dice.choice(["15m", "x"])),
        lambda: c.AddEvidence(step, source, HASH),
        lambda: c.RecordMetrics({"views_total": dice.randint(0, 10**6), "mentions_per_hour": dice.randint(0, 30)}, step=step),
        lambda: c.Raise(dice.choice([*world.plan.levels, "sev9"]), word),
        lambda: c.Lower(dice.choice(world.plan.levels), word),
        lambda: c.Contain(),
        lambda: c.Close(),
        lambda: c.Reopen(word),
        lambda: c.Note(word),
        lambda: c.AddTask("Something else", role, "1h"),
        lambda: c.Add({"people": [dice.choice(["ana", "Ben Okafor", "Zoe Quill"])]}),
        lambda: c.Hold(word),
        lambda: c.Release(word),
        lambda: c.NameRole(role, dice.choice(people)),
        lambda: c.Acknowledge(role),
        lambda: c.HandOver(role, dice.choice(people)),
        lambda: c.Invite(dice.choice(people)),
        lambda: c.RecordDelivery("d", step, dice.choice(["sent", "failed"]), {"key": "INC-2", "status": 200}),
        lambda: c.ReportChild(step, "INC-2", dice.choice(["closed", "cancelled"])),
    ]
    return dice.choice(makers)()  # type: ignore[no-any-return]


def _work_on(run: Run, dice: Random, step: Step) -> bool:
    if step.kind == "playbook":
        run.attempt(c.RecordDelivery("d", step.id, "sent", {"key": "INC-2"}), by=TIMER)
        return _changed(run, c.ReportChild(step.id, "INC-2", "closed"), TIMER)
    state = run.step(step.id)
    roles = [*roles_of(step), *([state.escalated_to] if state.escalated_to else [])]
    people = [*holders(run.incident, roles), *([state.assignee] if state.assignee else [])]
    dice.shuffle(people)
    return any(_changed(run, command, person(name)) for name in people for command in _commands_for(run, dice, step))


def _commands_for(run: Run, dice: Random, step: Step) -> list[c.AnyCommand]:
    state = run.step(step.id)
    match step:
        case Decision():
            return [c.Answer(step.id, dice.choice(list(step.options)), note="so it is")]
        case Statement():
            return [c.SubmitDraft(step.id)]
        case Approval():
            version = run.version(step.of)
            keys: list[c.AnyCommand] = [c.Approve(step.id, version, role=role) for role in step.approvers]
            keys += [c.Approve(step.id, version, role=state.escalated_to)] if state.escalated_to else []
            rejection = c.Reject(step.id, version, "not yet")
            return [rejection, *keys] if dice.random() < 0.2 else [*keys, rejection]
        case Publish():
            return [c.Confirm(step.id, channel, "https://example.com/post") for channel in step.channels if channel not in state.receipts]
        case Evidence():
            saved = {item.source for item in state.items}
            sources = [source for source in state.sources if source not in saved] or ["https://x.example"]
            return [c.AddEvidence(step.id, sources[0], HASH)]
        case Monitor():
            calm = {name: run.world.plan.playbook.metrics[name].type == "yes_no" or 0 for name in step.record}
            return [c.RecordMetrics(calm, step=step.id)] if dice.random() < 0.05 else []
        case _:
            untouched = [c.TickItem(step.id, entry.item) for entry in step.checklist if entry.item not in state.ticks]
            return [*untouched, c.CompleteStep(step.id)]


def _changed(run: Run, command: c.AnyCommand, actor: Actor) -> bool:
    before = run.incident.version
    run.attempt(command, by=actor)
    return run.incident.version > before
