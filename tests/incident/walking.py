"""People who walk through an incident at random: diligent ones who answer, and mischievous ones who try anything."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER, Actor
from engine.incident.holding import holders
from engine.incident.plan import World, roles_of
from engine.incident.state import Incident, StepState
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


def walk_to_the_end(run: Run, dice: Random, *, most: int = 3_000) -> None:
    """Let people answer everything they are asked, time passing when nothing is open, until nothing more can happen."""
    for _ in range(most):
        if run.incident.status in ("complete", "cancelled"):
            return
        has_worked = diligent_action(run, dice) or _steered(run)
        alarm = next_alarm(run.world, run.incident, run.now)
        if not has_worked and alarm is None:
            return
        if alarm is not None and (not has_worked or dice.random() < 0.1):
            run.now = max(run.now + timedelta(minutes=dice.choice([0, 0, 30, 300])), alarm)
            run.attempt(c.Tick(), by=TIMER)


def wander(run: Run, dice: Random, *, steps: int) -> None:
    """Let people work, be up to mischief, and let time pass, mixed."""
    for _ in range(steps):
        roll = dice.random()
        if roll < 0.45:
            diligent_action(run, dice)
        elif roll < 0.85:
            mischief(run, dice)
        else:
            alarm = next_alarm(run.world, run.incident, run.now)
            run.now = max(run.now, alarm) if alarm else run.now
            run.attempt(c.Tick(), by=TIMER)


def _steered(run: Run) -> bool:
    """The lead closes where no closing step can, and a key-holder ends a hold."""
    commands: list[c.AnyCommand] = [c.Release("go")] if run.incident.hold else []
    closing = run.world.plan.closing_step
    if closing is None or run.step(closing).state in ("skipped", "blocked"):
        commands.append(c.Close())
    people = holders(run.incident, [run.world.plan.lead_role, *run.world.plan.key_roles])
    return any(_changed(run, command, person(name)) for command in commands for name in people)


def mischief(run: Run, dice: Random) -> None:
    """Somebody does what they might be tempted to, or any command at all, allowed or not."""
    tempted = temptations(run.world, run.incident, dice)
    if tempted and dice.random() < 0.6:
        command, actor = dice.choice(tempted)
        run.attempt(command, by=actor)
        return
    _anything(run, dice)


def temptations(world: World, incident: Incident, dice: Random) -> list[tuple[c.AnyCommand, Actor]]:
    """Commands that change course and are likely to be heard, one of each sort that there is now."""
    found: dict[str, list[tuple[c.AnyCommand, Actor]]] = {}
    for name, state in incident.steps.items():
        step = world.step(incident, name)
        if step is not None:
            for sort, command in _against_the_stream(incident, dice, step, state):
                people = [*holders(incident, roles_of(step)), *([state.assignee] if state.assignee else [])] or ["ana"]
                by = DELIVERY if sort == "engine" else person(dice.choice(people))
                found.setdefault(sort, []).append((command, by))
    for command in _of_the_course(incident, dice):
        found.setdefault(type(command).__name__, []).append((command, person(dice.choice(_steerers(world, incident)))))
    return [dice.choice(commands) for commands in found.values()]


def _against_the_stream(incident: Incident, dice: Random, step: Step, state: StepState) -> Iterator[tuple[str, c.AnyCommand]]:
    if state.state in ("ready", "doing"):
        yield "decline", c.Decline(step.id, "I can't")
        yield "skip", c.SkipStep(step.id, "no need")
        yield "snooze", c.Snooze(step.id, "15m")
        yield from _of_open_words(incident, step)
    if state.state == "done":
        yield from _of_what_is_done(dice, step, state)
    for key in state.keys:
        yield "withdraw", c.Withdraw(step.id, key.version, "I was too quick")
    if state.state == "doing" and step.kind in ("ticket", "http", "playbook", "publish"):
        outcome: Any = dice.choice(["sent", "sent", "failed"])
        receipt = {"key": "INC-2", "status": 200, "reference": "OPS-1", "channel": dice.choice(getattr(step, "channels", ["x"]))}
        yield "engine", c.RecordDelivery("d", step.id, outcome, receipt, error="503")
        yield "engine", c.ReportChild(step.id, "INC-2", dice.choice(["closed", "cancelled"]))


def _of_open_words(incident: Incident, step: Step) -> Iterator[tuple[str, c.AnyCommand]]:
    if isinstance(step, Approval):
        yield "reject", c.Reject(step.id, _version(incident, step.of), "not yet")
    if isinstance(step, Publish):
        yield "begin", c.StartStep(step.id)
        yield "give back", c.Decline(step.id, "not yet")


def _of_what_is_done(dice: Random, step: Step, state: StepState) -> Iterator[tuple[str, c.AnyCommand]]:
    match step:
        case Decision():
            yield "revise", c.Answer(step.id, dice.choice(list(step.options)), note="we learnt more")
        case Statement():
            yield "edit", c.SubmitDraft(step.id, f"We know, {dice.randint(1, 9)}.")
        case Evidence():
            yield "save", c.AddEvidence(step.id, dice.choice(state.sources or ("clip",)), f"{dice.randint(10, 99)}" * 32)


def _of_the_course(incident: Incident, dice: Random) -> Iterator[c.AnyCommand]:
    yield c.Add({"links": [f"https://new.example/{dice.randint(1, 50)}"]})
    yield c.Add({"urls": [f"https://new.example/{dice.randint(1, 50)}"]})
    yield c.Add({"video_urls": [f"https://new.example/{dice.randint(1, 50)}"]})
    yield c.Add({"people": [dice.choice(["ben", "eve", "Ben Okafo", "Zoe Quill"])]})
    yield c.Lower("sev2", "it calmed down")
    yield c.Comment(dice.choice(list(incident.steps)), "still at it")
    yield c.Hold("wait") if incident.hold is None else c.Release("go")
    if incident.unknown:
        yield c.Fill({incident.unknown[0]: dice.choice(["Plant 4", True, ["fred"], ["https://a.example/1"]])})
    if incident.closed_at is not None:
        yield c.Reopen("a second clip")
    if dice.random() < 0.02:
        yield c.Cancel("a hoax")
        yield c.Merge("INC-9")


def _steerers(world: World, incident: Incident) -> tuple[str, ...]:
    return holders(incident, [world.plan.lead_role, *world.plan.key_roles]) or ("ana",)


def _version(incident: Incident, statement: str) -> str:
    versions = incident.steps[statement].versions
    return versions[-1].digest if versions else "0" * 64


def _anything(run: Run, dice: Random) -> None:
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
    word = dice.choice(["why", "", "Fred was there", "text " * 70])
    if dice.random() < 0.55:
        return dice.choice(_about_a_step(world, incident, dice, word))
    return dice.choice(_about_the_incident(world, dice, word))


def _about_a_step(world: World, incident: Incident, dice: Random, word: str) -> list[c.AnyCommand]:
    step = dice.choice([*incident.steps, "no_such_step"])
    state = incident.steps.get(step)
    definition = world.step(incident, step)
    option = dice.choice(list(definition.options)) if isinstance(definition, Decision) else "yes"
    subject = definition.of if isinstance(definition, Approval) else step
    version = Run(world, incident, datetime.min).version(subject) if dice.random() < 0.9 else "0" * 64
    channel = dice.choice(definition.channels) if isinstance(definition, Publish) else "newsroom"
    source = dice.choice(state.sources) if state and state.sources else "https://x.example"
    return [
        c.StartStep(step),
        c.TickItem(step, str(dice.randint(1, 4))),
        c.CompleteStep(step),
        c.SkipStep(step, word),
        c.AssignStep(step, dice.choice([*world.organisation.people, "nobody"])),
        c.Answer(step, option, note=word),
        c.SubmitDraft(step, word),
        c.SubmitDraft(step),
        c.Approve(step, version),
        c.Reject(step, version, word),
        c.Withdraw(step, version, word),
        c.Confirm(step, channel, "https://example.com/post"),
        c.Decline(step, word),
        c.Snooze(step, dice.choice(["15m", "x"])),
        c.AddEvidence(step, source, HASH),
        c.RecordDelivery("d", step, "sent", {"key": "INC-2", "status": 200}),
        c.ReportChild(step, "INC-2", "closed"),
    ]


def _about_the_incident(world: World, dice: Random, word: str) -> list[c.AnyCommand]:
    person_named = dice.choice([*world.organisation.people, "nobody"])
    role = dice.choice([*world.plan.playbook.roles, "no_such_role"])
    metrics = {name: dice.randint(0, 300_000) for name in world.plan.playbook.metrics}
    return [
        c.RecordMetrics(dict(dice.sample(list(metrics.items()), min(1, len(metrics))))),
        c.Raise(dice.choice([*world.plan.levels, "sev9"]), word),
        c.Lower(dice.choice(world.plan.levels), word),
        c.Contain(),
        c.Close(),
        c.Reopen(word),
        c.Note(word),
        c.AddTask("Something else", role, "1h"),
        c.Add({"people": [dice.choice(["ana", "Ben Okafor", "Zoe Quill"])]}),
        c.Hold(word),
        c.Release(word),
        c.NameRole(role, person_named),
        c.Acknowledge(role),
        c.HandOver(role, person_named),
        c.Invite(person_named),
    ]


def _work_on(run: Run, dice: Random, step: Step) -> bool:
    by_engine = step.kind in ("playbook", "ticket", "http") or (isinstance(step, Publish) and step.confirm == "api")
    if by_engine and run.step(step.id).state == "doing":
        return _arrives(run, step)
    state = run.step(step.id)
    roles = [*roles_of(step), *([state.escalated_to] if state.escalated_to else [])]
    people = [*holders(run.incident, roles), *([state.assignee] if state.assignee else [])]
    dice.shuffle(people)
    return any(_changed(run, command, person(name)) for name in people for command in _commands_for(run, dice, step))


def _arrives(run: Run, step: Step) -> bool:
    """The other side answers the engine."""
    channels = step.channels if isinstance(step, Publish) else [""]
    key = run.step(step.id).reference or "INC-2"
    receipts = [{"key": key, "status": 200, "reference": "OPS-1", "channel": channel} for channel in channels]
    changes = [_changed(run, c.RecordDelivery("d", step.id, "sent", receipt), DELIVERY) for receipt in receipts]
    if step.kind == "playbook":
        changes.append(_changed(run, c.ReportChild(step.id, key, "closed"), DELIVERY))
    return any(changes)


def _commands_for(run: Run, dice: Random, step: Step) -> list[c.AnyCommand]:
    state = run.step(step.id)
    match step:
        case Decision():
            return [c.Answer(step.id, option, note="so it is") for option in dice.sample(list(step.options), len(step.options))]
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
        case _ if step.id in run.incident.added and run.incident.added[step.id].fills in run.incident.unknown:
            return [c.Fill({run.incident.added[step.id].fills or "": dice.choice(["Plant 4", True, ["fred"]])})]
        case _:
            untouched = [c.TickItem(step.id, entry.item) for entry in step.checklist if entry.item not in state.ticks]
            return [*untouched, c.CompleteStep(step.id)]


def _changed(run: Run, command: c.AnyCommand, actor: Actor) -> bool:
    before = run.incident.version
    run.attempt(command, by=actor)
    return run.incident.version > before
