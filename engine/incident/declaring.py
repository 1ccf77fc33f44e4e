"""Starting an incident: inputs checked, unknown ones turned into tasks; declaring never waits for facts."""

from datetime import datetime
from typing import Any

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.calendar import add
from engine.incident.draft import Draft, mentioned, naming, new_id, without
from engine.incident.events import Declared, InputAdded, InputFilled, MilestoneSet, NearMatchNoticed, TaskAdded
from engine.incident.people import identify, is_guest, person_name
from engine.incident.personal import Personal, Text, Value, plain, subjects
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.scope import anchor_instant
from engine.incident.severity import is_for_participants
from engine.incident.state import Incident, PlaybookRef
from engine.incident.values import read_value
from engine.incident.visibility import is_stranger
from engine.language.duration import Duration
from engine.language.organisation import Organisation
from engine.language.playbook import Input, Playbook
from engine.language.suggest import listed

MAX_TITLE = 200
FILL_WITHIN = Duration(15, "m")
"""How soon somebody is asked for an input that was unknown at the start (`language.md`, Semantics)."""


def declared(world: World, command: c.Declare, *, actor: Actor, now: datetime) -> Declared | Refusal:
    """The first event, or what is wrong with the start."""
    playbook = world.plan.playbook
    refused = _not_theirs(world, actor) or _not_startable(playbook, command) or _unproved(world, command) or _bad_start(world, command, now)
    if refused:
        return refused
    inputs = _start_inputs(playbook, command)
    if isinstance(inputs, Refusal):
        return inputs
    return Declared(
        id=command.id,
        key=command.key,
        playbook=PlaybookRef(playbook.id, playbook.version, world.plan.digest),
        title=_title(playbook, command, inputs),
        severity=command.severity or world.plan.start_level,
        inputs=_with_mentions(playbook, inputs),
        unknown=tuple(dict.fromkeys(command.unknown)),
        mode=command.mode,
        speed=command.speed,
        visibility=_visibility(playbook, command, command.severity or world.plan.start_level),
        detected_at=command.detected_at,
        external_ref=command.external_ref,
        parent=command.parent,
        steps=tuple(world.plan.steps),
    )


def may_start(organisation: Organisation, actor: Actor, playbook: str) -> bool:
    """Say whether a playbook is the actor's to start."""
    return playbook in organisation.anyone_may_start or not (is_stranger(actor) or is_guest(organisation, actor.person))


def open_the_start(draft: Draft) -> None:
    """What follows a declaration at once: tasks for the unknown, milestones, questions about names."""
    playbook = draft.world.plan.playbook
    for name in draft.incident.unknown:
        due_at = add(draft.now, FILL_WITHIN, draft.world.clockwork(draft.incident))
        label = playbook.inputs[name].label or name
        draft.follow(TaskAdded(new_id(draft, f"fill_{name}"), f"Find out: {label}"[:300], draft.world.plan.lead_role, due_at, fills=name))
    set_milestones(draft)
    for name in draft.incident.inputs:
        _notice_near(draft, name, subjects(draft.incident.inputs[name]))


def set_milestones(draft: Draft) -> None:
    """Give milestones their instant once what they count from has happened."""
    for name, milestone in draft.world.plan.playbook.milestones.items():
        start = anchor_instant(draft.world, draft.incident, milestone.from_)
        known = draft.incident.milestones.get(name)
        if start is not None and (known is None or known.due_at is None):
            due_at = add(start, milestone.within, draft.world.clockwork(draft.incident))
            draft.follow(MilestoneSet(name, due_at))


def fill(draft: Draft, command: c.Fill) -> Refusal | None:
    """Give values to inputs that were unknown or are asked later."""
    values: dict[str, Value] = {}
    for name, given in command.values.items():
        declared_input = draft.world.plan.playbook.inputs.get(name)
        if declared_input is None:
            return _unknown_input(draft.world.plan.playbook, name)
        refused = _not_fillable(draft.incident, name, declared_input)
        if refused:
            return refused
        value = _read(name, declared_input, given)
        if isinstance(value, Refusal):
            return value
        values[name] = value
    for name, value in values.items():
        draft.add(InputFilled(name, draft.mark(value) if isinstance(value, str) else value))
        _notice_near(draft, name, subjects(value))
    return None


def _not_fillable(incident: Incident, name: str, declared_input: Input) -> Refusal | None:
    """What was asked at the start stays as it was answered then, left empty included: guards have read it."""
    if incident.inputs.get(name) is not None:
        return Refusal("bad_value", f"'{name}' is known; add to it, or note what changed", field=name, allowed=("add", "note"))
    if name in incident.unknown or declared_input.ask == "later" or declared_input.type in ("people", "url_list"):
        return None
    return Refusal("bad_value", f"'{name}' was asked at the start and left empty; note what you know", field=name, allowed=("note",))


def add_to(draft: Draft, command: c.Add) -> Refusal | None:
    """Add people or links; recusal and evidence see them at once."""
    for name, given in command.values.items():
        declared_input = draft.world.plan.playbook.inputs.get(name)
        if declared_input is None:
            return _unknown_input(draft.world.plan.playbook, name)
        if declared_input.type not in ("people", "url_list"):
            return Refusal("bad_value", f"'{name}' does not grow; only people and links do", field=name)
        refused = _grow(draft, name, declared_input, given)
        if refused:
            return refused
    return None


def _grow(draft: Draft, name: str, declared_input: Input, given: list[str]) -> Refusal | None:
    more = _read(name, declared_input, given)
    if isinstance(more, Refusal):
        return more
    before = draft.incident.inputs.get(name)
    have = before if isinstance(before, list) else []
    known = {plain(item) for item in have}
    added: list[Text] = [item for item in more if plain(item) not in known] if isinstance(more, list) else []
    if added:
        draft.add(InputAdded(name, [*have, *added], tuple(added)))
        _notice_near(draft, name, subjects([*added]))
    return None


def _not_theirs(world: World, actor: Actor) -> Refusal | None:
    """Guests, and people whom only Slack knows, start what the organisation lets everyone start."""
    playbook = world.plan.playbook.id
    if may_start(world.organisation, actor, playbook):
        return None
    return Refusal("not_you", f"only people of the organisation start '{playbook}'")


def _not_startable(playbook: Playbook, command: c.Declare) -> Refusal | None:
    if playbook.status == "retired":
        return Refusal("not_startable", f"playbook '{playbook.id}' is retired")
    if playbook.status == "draft" and command.mode == "live":
        return Refusal("not_startable", f"playbook '{playbook.id}' is a draft; it can be started in rehearsal only")
    return None


def _unproved(world: World, command: c.Declare) -> Refusal | None:
    """What could break a policy is not run for real; in a rehearsal nothing leaves the house."""
    if not world.unproved or command.mode != "live":
        return None
    names = ", ".join(f"'{policy}'" for policy in world.unproved)
    reason = f"playbook '{world.plan.playbook.id}' can break the polic{'y' if len(world.unproved) == 1 else 'ies'} {names}"
    return Refusal("not_startable", f"{reason}; 'firebreak verify' tells how", policy=world.unproved[0])


def _bad_start(world: World, command: c.Declare, now: datetime) -> Refusal | None:
    if command.severity is not None and command.severity not in world.plan.levels:
        reason = f"there is no severity '{command.severity}'; there are {listed(world.plan.levels, like=command.severity)}"
        return Refusal("unknown_level", reason, field="severity")
    if not 1 <= command.speed <= 3600:
        return Refusal("bad_value", "speed is a whole number from 1 to 3600", field="speed")
    if command.speed > 1 and command.mode != "rehearsal":
        return Refusal("bad_value", "only a rehearsal can be sped up", field="speed")
    if len(command.title or "") > MAX_TITLE:
        return Refusal("bad_value", f"a title has {MAX_TITLE} characters at most", field="title")
    if command.detected_at is not None and command.detected_at.tzinfo is None:
        return Refusal("bad_value", "'detected_at' needs its time zone; write 2026-11-23T14:30:00Z", field="detected_at")
    if command.detected_at is not None and command.detected_at > now:
        return Refusal("bad_value", "it can't have been detected in the future", field="detected_at")
    return None


def _start_inputs(playbook: Playbook, command: c.Declare) -> dict[str, Value] | Refusal:
    for name in (*command.inputs, *command.unknown):
        if name not in playbook.inputs:
            return _unknown_input(playbook, name)
    values: dict[str, Value] = {}
    for name, declared_input in playbook.inputs.items():
        value = _start_value(name, declared_input, command)
        if isinstance(value, Refusal):
            return value
        if value is not None:
            values[name] = value
    return values


def _start_value(name: str, declared_input: Input, command: c.Declare) -> Value | Refusal:
    given = command.inputs.get(name)
    if given is None or given == "" or given == []:
        if declared_input.default is not None and name not in command.unknown:
            return _read(name, declared_input, declared_input.default)
        if declared_input.required and name not in command.unknown:
            reason = f"'{name}' ({declared_input.label or declared_input.type}) is required; give it, or name it in 'unknown'"
            return Refusal("missing_input", reason, field=name)
        return None
    if name in command.unknown:
        return Refusal("bad_value", f"'{name}' is given and named as unknown", field=name)
    return _read(name, declared_input, given)


def _read(name: str, declared_input: Input, given: Any) -> Value | Refusal:
    value = given if _is_marked(given) else read_value(declared_input, given, personal=declared_input.is_personal)
    if isinstance(value, Refusal):
        return Refusal(value.code, f"{name}: {value.reason}", field=name)
    return value


def _is_marked(given: Any) -> bool:
    """A linked incident gets its values from its parent, which has read and marked them."""
    return isinstance(given, Personal) or (isinstance(given, list) and any(isinstance(item, Personal) for item in given))


def _with_mentions(playbook: Playbook, inputs: dict[str, Value]) -> dict[str, Value]:
    """Mark texts that name somebody who is listed as personal in another input."""
    named = naming(playbook, inputs)
    return {name: _mention(named, value) if isinstance(value, str) else value for name, value in inputs.items()}


def _mention(named: dict[str, Value], value: str) -> Value:
    subject = mentioned(named, value)
    return Personal(value, subject) if subject else value


def _title(playbook: Playbook, command: c.Declare, inputs: dict[str, Value]) -> str:
    """A title stands everywhere, unsealed: personal values that it names are masked."""
    title = without(naming(playbook, inputs), (command.title or "").strip())
    return title or playbook.title


def _visibility(playbook: Playbook, command: c.Declare, level: str) -> Any:
    parent = command.parent
    if (parent and parent.visibility == "participants") or is_for_participants(playbook.severity, level):
        return "participants"
    return playbook.settings.visibility


def _unknown_input(playbook: Playbook, name: str) -> Refusal:
    return Refusal("unknown_input", f"there is no input '{name}'; there are {listed(playbook.inputs, like=name)}", field=name)


def _notice_near(draft: Draft, name: str, given: Any) -> None:
    """Ask about a name that is close to a colleague's: recusal needs certainty."""
    for text in given:
        match = identify(draft.world.organisation, text)
        if match is None or match.certain:
            continue
        draft.follow(NearMatchNoticed(name, Personal(text, text), match.person))
        task = f"confirm_{match.person.replace('-', '_')}"[:48]
        if task not in draft.incident.added:
            colleague = person_name(draft.world.organisation, match.person)
            question = f"Is {text[:100]} (under {name}) our colleague {colleague[:40]}? If so, add {match.person} to {name}"
            due_at = add(draft.now, FILL_WITHIN, draft.world.clockwork(draft.incident))
            draft.follow(TaskAdded(new_id(draft, task), Personal(question[:300], text), draft.world.plan.lead_role, due_at))
