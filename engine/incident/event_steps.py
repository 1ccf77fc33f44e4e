"""What happened to a step: opened, taken, settled, re-opened, late, performed by a machine."""

from datetime import datetime
from typing import Literal

from engine.incident.event import Event
from engine.incident.personal import Text, Value
from engine.incident.state import BlockCause, Call, EvidenceItem, SkipCause


class StepReadied(Event, frozen=True):
    step: str
    due_at: datetime | None = None
    act_at: datetime | None = None
    ends_at: datetime | None = None
    next_at: datetime | None = None
    rungs: tuple[datetime, ...] = ()
    reminders: tuple[datetime, ...] = ()
    repeat_at: datetime | None = None
    sources: tuple[str, ...] = ()


class DueSet(Event, frozen=True):
    """What an open step's deadline counts from has happened: its times are known now."""

    step: str
    due_at: datetime | None = None
    act_at: datetime | None = None
    rungs: tuple[datetime, ...] = ()
    reminders: tuple[datetime, ...] = ()
    repeat_at: datetime | None = None


class StepStarted(Event, frozen=True):
    step: str
    person: str | None = None


class StepCompleted(Event, frozen=True):
    step: str
    result: Value = None
    link: str | None = None
    note: Text | None = None


class StepSkipped(Event, frozen=True):
    step: str
    cause: SkipCause
    reason: Text


class StepBlocked(Event, frozen=True):
    step: str
    cause: BlockCause
    reason: Text


class StepReopened(Event, frozen=True):
    """The step waits again (round + 1); what it was stays in the history."""

    step: str
    reason: Text
    keeps_keys: bool = False


class StepVoided(Event, frozen=True):
    """Settled under an answer that was revised: it stands as history and counts as skipped from now on."""

    step: str
    reason: Text


class StepUnvoided(Event, frozen=True):
    """The answer was revised back: what was done counts again."""

    step: str


class StepAssigned(Event, frozen=True):
    step: str
    person: str


class StepDeclined(Event, frozen=True):
    step: str
    person: str
    reason: Text


class StepSnoozed(Event, frozen=True):
    step: str
    until: datetime


class StepCommented(Event, frozen=True):
    step: str
    text: Text


class FollowUpScheduled(Event, frozen=True):
    step: str
    at: datetime | None


class ItemTicked(Event, frozen=True):
    step: str
    item: str
    done: bool = True


class EvidenceAdded(Event, frozen=True):
    step: str
    item: EvidenceItem


class SourcesChanged(Event, frozen=True):
    step: str
    sources: tuple[str, ...]


class CheckDue(Event, frozen=True):
    """A monitor's check number `count` is due; the next one at `next_at`."""

    step: str
    count: int
    next_at: datetime | None = None


class Reminded(Event, frozen=True):
    """A reminder of an open step went to its people; `name` is the timer's name in this round."""

    step: str
    name: str
    repeat_at: datetime | None = None
    in_room: bool = False
    """It is not the first one of this round, so the room hears it too."""


class Escalated(Event, frozen=True):
    """A rung of a ladder: `people` of `roles` are told that the step is late."""

    step: str
    rung: int
    roles: tuple[str, ...]
    people: tuple[str, ...]
    by: str
    late_since: datetime
    calls: dict[str, tuple[Call, ...]] = {}
    """By role: how its people are called from now on until they acknowledge."""


class KeyOverdue(Event, frozen=True):
    """An approval is late; those who have not turned their key are called until they acknowledge."""

    step: str
    calls: dict[str, tuple[Call, ...]]
    late_since: datetime


class DefaultTaken(Event, frozen=True):
    """`if_no_answer` or `on_overdue: reject` took effect."""

    step: str


class TicketRequested(Event, frozen=True):
    step: str
    system: str
    project: str
    text: Text


class TicketOpened(Event, frozen=True):
    step: str
    reference: str


class RequestMade(Event, frozen=True):
    """An `http` step asked for its request; the worker performs it."""

    step: str


class RequestAnswered(Event, frozen=True):
    step: str
    status: int
    saved: dict[str, Value] = {}


class DeliveryFailed(Event, frozen=True):
    """A delivery that a step waits for is dead; it can be retried by hand."""

    step: str
    delivery: str
    error: str


class ChildRequested(Event, frozen=True):
    """A linked incident is asked for; `inputs` as evaluated now."""

    step: str
    playbook: str
    title: str | None = None
    inputs: dict[str, Value] = {}


class ChildStarted(Event, frozen=True):
    step: str
    key: str


class ChildSettled(Event, frozen=True):
    step: str
    key: str
    status: Literal["closed", "cancelled"]
