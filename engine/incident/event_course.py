"""What happened to the incident as a whole: start, facts, people, severity, milestones, end."""

from datetime import datetime
from typing import Literal

from engine.incident.event import Event
from engine.incident.personal import Text, Value
from engine.incident.state import Call, Parent, PlaybookRef


class Declared(Event, frozen=True):
    id: str
    key: str
    playbook: PlaybookRef
    title: str
    severity: str
    inputs: dict[str, Value] = {}
    unknown: tuple[str, ...] = ()
    mode: Literal["live", "rehearsal"] = "live"
    speed: int = 1
    visibility: Literal["organisation", "participants"] = "organisation"
    detected_at: datetime | None = None
    external_ref: str | None = None
    parent: Parent | None = None
    steps: tuple[str, ...] = ()


class InputFilled(Event, frozen=True):
    name: str
    value: Value


class InputAdded(Event, frozen=True):
    """People or links were added; `value` is the whole list after it."""

    name: str
    value: Value
    added: tuple[Text, ...] = ()


class NearMatchNoticed(Event, frozen=True):
    """A name in `input` is close to a colleague's name without being it."""

    input: str
    given: Text
    person: str


class RoleHeld(Event, frozen=True):
    """`people` hold the role from now on; `cause` says how they came to it."""

    role: str
    people: tuple[str, ...]
    cause: Literal["assigned", "fallback", "recused", "named", "handed_over", "declined"] = "assigned"
    ack_by: datetime | None = None
    note: Text | None = None
    calls: tuple[Call, ...] = ()


class RoleUnfilled(Event, frozen=True):
    """Nobody eligible is left for the role; the incident lead is told."""

    role: str
    reason: str
    calls: dict[str, tuple[Call, ...]] = {}
    """How the lead is called until they acknowledge."""


class RoleCalled(Event, frozen=True):
    """Its holders have not acknowledged, so they are called `by` this way; `step` is what needs them."""

    role: str
    people: tuple[str, ...]
    by: str
    step: str | None = None


class RoleAcknowledged(Event, frozen=True):
    """Its holder was reached; `via` says how, where they answered by e-mail, phone, text message or PagerDuty."""

    role: str
    person: str
    via: str | None = None


class RoleUnanswered(Event, frozen=True):
    """Its holder did not acknowledge in time and nobody is left to ask; the holder stays."""

    role: str
    person: str
    calls: dict[str, tuple[Call, ...]] = {}
    """How the lead is called until they acknowledge."""


class MetricsRecorded(Event, frozen=True):
    values: dict[str, bool | int | float]
    step: str | None = None


class SeverityRaised(Event, frozen=True):
    to: str
    was: str
    reason: Text


class SeverityLowered(Event, frozen=True):
    to: str
    was: str
    reason: Text


class IncidentRestricted(Event, frozen=True):
    """From now on only those who take part may see it; nothing opens it again."""

    reason: Text


class RaiseRulesRead(Event, frozen=True):
    """Indexes of the `raise` rules that are true now; a rule acts when it turns from false to true."""

    true: tuple[int, ...]


class MilestoneSet(Event, frozen=True):
    milestone: str
    due_at: datetime


class MilestoneReached(Event, frozen=True):
    milestone: str
    by_step: str


class MilestoneMissed(Event, frozen=True):
    """It was not reached in time; `tell` are the people who are told."""

    milestone: str
    tell: tuple[str, ...] = ()


class HoldPlaced(Event, frozen=True):
    reason: Text


class HoldReleased(Event, frozen=True):
    reason: Text


class TaskAdded(Event, frozen=True):
    task: str
    title: Text
    role: str
    due_at: datetime | None = None
    fills: str | None = None


class IncidentContained(Event, frozen=True):
    pass


class IncidentClosed(Event, frozen=True):
    pass


class RoomArchived(Event, frozen=True):
    """Its time was up: the room of an incident that is over is archived."""


class IncidentReopened(Event, frozen=True):
    reason: Text


class IncidentCancelled(Event, frozen=True):
    reason: Text


class IncidentMerged(Event, frozen=True):
    into: str
    reason: Text | None = None


class IncidentCompleted(Event, frozen=True):
    pass


class Noted(Event, frozen=True):
    text: Text


class PersonInvited(Event, frozen=True):
    person: str


class PlaybookMigrated(Event, frozen=True):
    playbook: PlaybookRef
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
