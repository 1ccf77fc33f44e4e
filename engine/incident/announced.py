"""What an event says to somebody outside: the fields that are meant for readers, as one reader may see them.

Rules:
- Only what stands in `FIELDS` is ever said; an event that is not listed there is a mistake that a test finds.
- Of a step whose contents the reader may not read, nothing is said but the sentence that everybody may read.
- Personal values are plain for who takes part, and `[personal]` for everybody else, whatever the field.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.describe_values import MASK, instant_text
from engine.incident.personal import Personal
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.visibility import may_read, takes_part
from engine.language.playbook import Approval, Publish

_REASON: Final = ("reason",)
_PERSON: Final = ("person",)

FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    e.Declared: ("title", "severity", "inputs", "unknown", "mode", "visibility", "detected_at", "external_ref"),
    e.InputFilled: ("name", "value"),
    e.InputAdded: ("name", "value", "added"),
    e.NearMatchNoticed: ("input",),
    e.RoleHeld: ("role", "people", "cause", "ack_by", "note"),
    e.RoleUnfilled: ("role", "reason"),
    e.RoleCalled: ("role", "people", "by"),
    e.RoleAcknowledged: ("role", "person", "via"),
    e.RoleUnanswered: ("role", "person"),
    e.StepReadied: ("due_at",),
    e.DueSet: ("due_at",),
    e.StepStarted: _PERSON,
    e.StepCompleted: ("result", "link", "note"),
    e.StepSkipped: ("cause", "reason"),
    e.StepBlocked: ("cause", "reason"),
    e.StepReopened: _REASON,
    e.StepVoided: _REASON,
    e.StepUnvoided: (),
    e.StepAssigned: _PERSON,
    e.StepDeclined: ("person", "reason"),
    e.StepSnoozed: ("until",),
    e.StepCommented: ("text",),
    e.FollowUpScheduled: ("at",),
    e.ItemTicked: ("item", "done"),
    e.DecisionAnswered: ("option", "note", "by_default"),
    e.AnswerRevised: ("option", "was", "reason"),
    e.DraftSubmitted: ("number", "digest", "texts"),
    e.KeyTurned: ("key.role", "key.person", "key.decision", "key.version", "key.comment"),
    e.KeysVoided: ("roles", "reason"),
    e.KeyWithdrawn: ("role", "person", "version", "reason"),
    e.ApprovalGranted: ("version",),
    e.ReworkAsked: ("rework", "count"),
    e.ApprovalEscalated: ("role",),
    e.PublishStarted: ("version", "by_engine"),
    e.PublishReturned: _REASON,
    e.ChannelConfirmed: ("channel", "link", "version", "text", "differs"),
    e.MessageSent: ("to", "text"),
    e.EvidenceAdded: ("item.source", "item.sha256", "item.strength", "item.note"),
    e.SourcesChanged: ("sources",),
    e.TicketRequested: ("system", "project"),
    e.TicketOpened: ("reference",),
    e.RequestMade: (),
    e.RequestAnswered: ("status", "saved"),
    e.DeliveryFailed: ("delivery", "error"),
    e.ChildRequested: ("playbook",),
    e.ChildStarted: (),
    e.ChildSettled: ("status",),
    e.CheckDue: ("count", "next_at"),
    e.RoundReported: ("to", "text"),
    e.MetricsRecorded: ("values",),
    e.SeverityRaised: ("to", "was", "reason"),
    e.SeverityLowered: ("to", "was", "reason"),
    e.RaiseRulesRead: (),
    e.MilestoneSet: ("milestone", "due_at"),
    e.MilestoneReached: ("milestone", "by_step"),
    e.MilestoneMissed: ("milestone",),
    e.Reminded: (),
    e.KeyOverdue: ("late_since",),
    e.Escalated: ("rung", "roles", "people", "late_since"),
    e.DefaultTaken: (),
    e.HoldPlaced: _REASON,
    e.HoldReleased: _REASON,
    e.TaskAdded: ("task", "title", "role", "due_at"),
    e.IncidentContained: (),
    e.IncidentClosed: (),
    e.IncidentReopened: _REASON,
    e.IncidentRestricted: _REASON,
    e.RoomArchived: (),
    e.IncidentCancelled: _REASON,
    e.IncidentMerged: (),
    e.IncidentCompleted: (),
    e.Noted: ("text",),
    e.PersonInvited: _PERSON,
    e.PlaybookMigrated: ("playbook", "appeared", "vanished"),
}
"""What is said of each event beside its step. Other incidents are left out: the reader may not know of them."""


def changed(world: World, incident: Incident, entry: e.Entry, viewer: Actor) -> dict[str, Any]:
    """Give what an entry changed, as JSON; `incident` is as it stands now, because the reader is judged by it."""
    event = entry.event
    step = getattr(event, "step", None) or (event.task if isinstance(event, e.TaskAdded) else None)
    if step is not None and not _reads(world, incident, step, viewer):
        return {}
    clear = takes_part(world, incident, viewer)
    personal = _personal_inputs(world)
    if isinstance(event, e.InputFilled | e.InputAdded) and event.name in personal and not clear:
        return {"name": event.name}
    found = {path.rpartition(".")[2]: _plain(_value(event, path), clear=clear) for path in FIELDS[type(event)]}
    if isinstance(event, e.Declared) and not clear:
        found["inputs"] = {name: MASK if name in personal else value for name, value in found["inputs"].items()}
    return found


def _reads(world: World, incident: Incident, step: str, viewer: Actor) -> bool:
    """Say whether the reader may read a step, and the words that an approval or a publish is about."""
    known = world.step(incident, step)
    if isinstance(known, Approval | Publish) and not may_read(world, incident, known.of, viewer):
        return False
    return may_read(world, incident, step, viewer)


def _personal_inputs(world: World) -> frozenset[str]:
    return frozenset(name for name, each in world.plan.playbook.inputs.items() if each.is_personal)


def _value(event: e.AnyEvent, path: str) -> Any:
    value: Any = event
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _plain(value: Any, *, clear: bool) -> Any:
    """Write a value as JSON, masking what is personal wherever it stands."""
    match value:
        case Personal():
            return value.value if clear or value.erased else MASK
        case datetime():
            return instant_text(value)
        case dict():
            return {name: _plain(each, clear=clear) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each, clear=clear) for each in value]
        case msgspec.Struct():
            return {name: _plain(getattr(value, name), clear=clear) for name in value.__struct_fields__}
        case _:
            return value
