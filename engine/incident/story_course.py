"""Sentences about the incident as a whole: its people, inputs, severity, milestones, holds and end."""

from collections.abc import Mapping
from typing import Final

from engine.incident import events as e
from engine.incident.labels import WAYS
from engine.incident.personal import Text, masked
from engine.incident.scene import Scene, Tell, joined, quoted, said, shown


def _declared(scene: Scene, event: e.Declared) -> str:
    begin = "Rehearsal declared" if event.mode == "rehearsal" else "Declared"
    linked = f", linked to {event.parent.key}" if event.parent else ""
    return f"{begin}: {scene.who} started {event.key} {quoted(event.title)} at {scene.level(event.severity)}{linked}"


def _question(scene: Scene, name: str) -> str:
    known = scene.world.plan.playbook.inputs.get(name)
    return quoted(known.label if known and known.label else name.replace("_", " "))


def _input_filled(scene: Scene, event: e.InputFilled) -> str:
    known = scene.world.plan.playbook.inputs.get(event.name)
    value = "[personal]" if known and known.is_personal else shown(event.value)
    return f"Filled in: {scene.who} answered {_question(scene, event.name)} with {value or 'nothing'}"


def _input_added(scene: Scene, event: e.InputAdded) -> str:
    added = joined(str(masked(item)) for item in event.added)
    return f"Added: {scene.who} added {added or 'nothing new'} to {_question(scene, event.name)}"


def _near_match(scene: Scene, event: e.NearMatchNoticed) -> str:
    return f"Check: a name given for {_question(scene, event.input)} is close to a colleague's; somebody must say whether it is them"


def _role_held(scene: Scene, event: e.RoleHeld) -> str:
    role, people = scene.role(event.role), scene.names(event.people) or "nobody"
    until = f", to acknowledge by {scene.clock(event.ack_by)}" if event.ack_by else ""
    note = _ending(event.note)
    match event.cause:
        case "assigned":
            return f"Assigned: {people} {'is' if len(event.people) == 1 else 'are'} {role}{until}"
        case "fallback":
            return f"Passed on: {people} is asked to be {role}{until}"
        case "recused":
            return f"Recused: {people} is {role} now, because who held it may not decide here{until}"
        case "named":
            return f"Named: {scene.who} made {people} {role}{until}"
        case "handed_over":
            return f"Handed over: {scene.who} handed {role} to {people}{note}"
        case "declined":
            return f"Passed on: {people} is {role} now, because it was declined{until}"


def _role_unfilled(scene: Scene, event: e.RoleUnfilled) -> str:
    return f"Nobody left: {scene.role(event.role)} has nobody who may hold it ({event.reason}); the lead must name somebody"


def _acknowledged(scene: Scene, event: e.RoleAcknowledged) -> str:
    via = f", acknowledged {WAYS.get(event.via, event.via)}" if event.via else ""
    return f"Acknowledged: {scene.name(event.person)} is there as {scene.role(event.role)}{via}"


def _called(scene: Scene, event: e.RoleCalled) -> str:
    about = f" about {scene.title(event.step)}" if event.step else ""
    way = WAYS.get(event.by, f"by {event.by}")
    return f"Called: {scene.names(event.people)} ({scene.role(event.role)}) {way}{about}, because nobody has acknowledged"


def _unanswered(scene: Scene, event: e.RoleUnanswered) -> str:
    return f"No answer: {scene.name(event.person)} has not acknowledged {scene.role(event.role)}, and nobody is left to ask"


def _metrics(scene: Scene, event: e.MetricsRecorded) -> str:
    known = scene.world.plan.playbook.metrics
    values = joined(f"{known[name].title if name in known else name}: {shown(value)}" for name, value in event.values.items())
    return f"Measured: {scene.who} recorded {values or 'nothing'}"


def _raised(scene: Scene, event: e.SeverityRaised) -> str:
    return f"Raised: {_severity(scene, 'raised')} from {event.was} to {scene.level(event.to)}{_ending(event.reason)}"


def _lowered(scene: Scene, event: e.SeverityLowered) -> str:
    return f"Lowered: {_severity(scene, 'lowered')} from {event.was} to {scene.level(event.to)}{_ending(event.reason)}"


def _severity(scene: Scene, verb: str) -> str:
    return f"severity was {verb}" if scene.by_engine else f"{scene.who} {verb} severity"


def _rules_read(scene: Scene, event: e.RaiseRulesRead) -> str:
    return f"Checked: {len(event.true) or 'none'} of the rules that raise severity {'applies' if len(event.true) == 1 else 'apply'} now"


def _milestone(scene: Scene, name: str) -> str:
    known = scene.world.plan.playbook.milestones.get(name)
    return quoted(known.title if known else name)


def _milestone_set(scene: Scene, event: e.MilestoneSet) -> str:
    return f"Milestone: {_milestone(scene, event.milestone)} is due {scene.clock(event.due_at)}"


def _milestone_reached(scene: Scene, event: e.MilestoneReached) -> str:
    state = scene.incident.milestones.get(event.milestone)
    due = state.due_at if state else None
    late = f", late: it was due {scene.clock(due)}" if due and due < scene.entry.at else ""
    return f"Reached: {_milestone(scene, event.milestone)}, by {scene.title(event.by_step)}{late}"


def _milestone_missed(scene: Scene, event: e.MilestoneMissed) -> str:
    state = scene.incident.milestones.get(event.milestone)
    due = f" by {scene.clock(state.due_at)}" if state and state.due_at else ""
    told = f"; told {scene.names(event.tell)}" if event.tell else ""
    return f"Missed: {_milestone(scene, event.milestone)} was not reached{due}{told}"


def _hold_placed(scene: Scene, event: e.HoldPlaced) -> str:
    return f"On hold: {scene.who} stopped everything that is said outside{_ending(event.reason)}"


def _hold_released(scene: Scene, event: e.HoldReleased) -> str:
    return f"Released: {scene.who} let what is said outside go on{_ending(event.reason)}"


def _task_added(scene: Scene, event: e.TaskAdded) -> str:
    due = f", due {scene.clock(event.due_at)}" if event.due_at else ""
    title, holder = quoted(said(event.title)), scene.held(event.role)
    return f"Task added: {title} for {holder}{due}" if scene.by_engine else f"Task added: {scene.who} asks {holder} for {title}{due}"


def _contained(scene: Scene, event: e.IncidentContained) -> str:
    return f"Contained: {_by(scene)}the incident is contained"


def _closed(scene: Scene, event: e.IncidentClosed) -> str:
    return f"Closed: {_by(scene)}the incident is closed; reviews and follow-ups remain"


def _reopened(scene: Scene, event: e.IncidentReopened) -> str:
    return f"Reopened: {scene.who} opened the incident again{_ending(event.reason)}"


def _restricted(scene: Scene, event: e.IncidentRestricted) -> str:
    return f"Closed to others: only those who take part may see the incident now{_ending(event.reason)}"


def _archived(scene: Scene, event: e.RoomArchived) -> str:
    return "Archived: the room of the incident is kept, but nobody writes in it any more"


def _cancelled(scene: Scene, event: e.IncidentCancelled) -> str:
    return f"Cancelled: {scene.who} cancelled the incident{_ending(event.reason)}"


def _merged(scene: Scene, event: e.IncidentMerged) -> str:
    return f"Merged: {scene.who} settled this incident as part of {event.into}{_ending(event.reason)}"


def _complete(scene: Scene, event: e.IncidentCompleted) -> str:
    return "Complete: every step, task and follow-up is settled"


def _by(scene: Scene) -> str:
    return "" if scene.by_engine else f"{scene.who} says that "


def _noted(scene: Scene, event: e.Noted) -> str:
    return f"Note: {scene.who} added{_ending(event.text)}"


def _invited(scene: Scene, event: e.PersonInvited) -> str:
    return f"Invited: {scene.who} let {scene.name(event.person)} take part"


def _migrated(scene: Scene, event: e.PlaybookMigrated) -> str:
    changed = [f"{len(steps)} {word}" for steps, word in ((event.appeared, "appeared"), (event.vanished, "vanished")) if steps]
    steps = f"; of its steps {joined(changed)}" if changed else ""
    return f"Moved: {scene.who} moved the incident to version {event.playbook.version} of its playbook{steps}"


def _ending(reason: Text | None) -> str:
    text = said(reason)
    return f": {text}" if text else ""


COURSE_STORIES: Final[Mapping[type, Tell]] = {
    e.Declared: _declared,
    e.InputFilled: _input_filled,
    e.InputAdded: _input_added,
    e.NearMatchNoticed: _near_match,
    e.RoleHeld: _role_held,
    e.RoleUnfilled: _role_unfilled,
    e.RoleAcknowledged: _acknowledged,
    e.RoleUnanswered: _unanswered,
    e.RoleCalled: _called,
    e.MetricsRecorded: _metrics,
    e.SeverityRaised: _raised,
    e.SeverityLowered: _lowered,
    e.RaiseRulesRead: _rules_read,
    e.MilestoneSet: _milestone_set,
    e.MilestoneReached: _milestone_reached,
    e.MilestoneMissed: _milestone_missed,
    e.HoldPlaced: _hold_placed,
    e.HoldReleased: _hold_released,
    e.TaskAdded: _task_added,
    e.IncidentContained: _contained,
    e.IncidentClosed: _closed,
    e.IncidentReopened: _reopened,
    e.IncidentRestricted: _restricted,
    e.RoomArchived: _archived,
    e.IncidentCancelled: _cancelled,
    e.IncidentMerged: _merged,
    e.IncidentCompleted: _complete,
    e.Noted: _noted,
    e.PersonInvited: _invited,
    e.PlaybookMigrated: _migrated,
}
