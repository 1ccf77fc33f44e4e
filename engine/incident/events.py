"""What happened: one frozen value per fact, past tense, about intent.

History is read for ever: a field is only ever added, with a default. Every instant that a rule
computed (a deadline, a rung of a ladder) stands in the event, so that later time-zone data or a
changed organisation file changes nothing that was already said.
"""

from datetime import datetime
from typing import Literal

import msgspec

from engine.incident.actor import Actor
from engine.incident.personal import Text, Value
from engine.incident.state import BlockCause, EvidenceItem, Key, Parent, PlaybookRef, SkipCause


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag=True):
    """Common root; the tag is the class name."""


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


class RoleUnfilled(Event, frozen=True):
    """Nobody eligible is left for the role; the incident lead is told."""

    role: str
    reason: str


class RoleAcknowledged(Event, frozen=True):
    role: str
    person: str


class RoleUnanswered(Event, frozen=True):
    """Its holder did not acknowledge in time and nobody is left to ask; the holder stays."""

    role: str
    person: str


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


class StepVoided(Event, frozen=True):
    """Done under an answer that was revised: it stands as history and counts as skipped from now on."""

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


class DecisionAnswered(Event, frozen=True):
    step: str
    option: str
    note: Text | None = None
    by_default: bool = False


class AnswerRevised(Event, frozen=True):
    step: str
    option: str
    was: str
    reason: Text


class DraftSubmitted(Event, frozen=True):
    step: str
    number: int
    digest: str
    texts: dict[str, Text]


class KeyTurned(Event, frozen=True):
    """An approval or a rejection by one person for one role; `shown` is the digest of what they saw."""

    step: str
    key: Key
    shown: str | None = None


class KeysVoided(Event, frozen=True):
    """The approved thing changed, or its key-holder may not hold the key: these roles must turn again."""

    step: str
    roles: tuple[str, ...]
    reason: str


class KeyWithdrawn(Event, frozen=True):
    step: str
    role: str
    person: str
    version: str
    reason: Text


class ApprovalGranted(Event, frozen=True):
    step: str
    version: str


class ReworkAsked(Event, frozen=True):
    """A rejection sends `rework` back; `count` rejections so far."""

    step: str
    rework: str
    count: int


class ApprovalEscalated(Event, frozen=True):
    step: str
    role: str


class PublishStarted(Event, frozen=True):
    step: str
    version: str
    by_engine: bool = False


class PublishReturned(Event, frozen=True):
    step: str
    reason: Text


class ChannelConfirmed(Event, frozen=True):
    step: str
    channel: str
    link: str
    version: str
    text: Text | None = None
    differs: bool = False


class MessageSent(Event, frozen=True):
    """An automatic note; `to` as the playbook wrote it, `text` as rendered."""

    step: str
    to: tuple[str, ...]
    text: Text


class EvidenceAdded(Event, frozen=True):
    step: str
    item: EvidenceItem


class SourcesChanged(Event, frozen=True):
    step: str
    sources: tuple[str, ...]


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


class CheckDue(Event, frozen=True):
    """A monitor's check number `count` is due; the next one at `next_at`."""

    step: str
    count: int
    next_at: datetime | None = None


class RoundReported(Event, frozen=True):
    """A monitor's values were recorded and its note goes out."""

    step: str
    to: tuple[str, ...]
    text: Text


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


class Reminded(Event, frozen=True):
    """A reminder of an open step went to its people; `name` is the timer's name in this round."""

    step: str
    name: str
    repeat_at: datetime | None = None


class Escalated(Event, frozen=True):
    """A rung of a ladder: `people` of `roles` are told that the step is late."""

    step: str
    rung: int
    roles: tuple[str, ...]
    people: tuple[str, ...]
    by: str
    late_since: datetime


class DefaultTaken(Event, frozen=True):
    """`if_no_answer` or `on_overdue: reject` took effect."""

    step: str


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


class IncidentReopened(Event, frozen=True):
    reason: Text


class IncidentCancelled(Event, frozen=True):
    reason: Text


class IncidentMerged(Event, frozen=True):
    into: str


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


AnyEvent = (
    Declared
    | InputFilled
    | InputAdded
    | NearMatchNoticed
    | RoleHeld
    | RoleUnfilled
    | RoleAcknowledged
    | RoleUnanswered
    | StepReadied
    | DueSet
    | StepStarted
    | StepCompleted
    | StepSkipped
    | StepBlocked
    | StepReopened
    | StepVoided
    | StepUnvoided
    | StepAssigned
    | StepDeclined
    | StepSnoozed
    | StepCommented
    | FollowUpScheduled
    | ItemTicked
    | DecisionAnswered
    | AnswerRevised
    | DraftSubmitted
    | KeyTurned
    | KeysVoided
    | KeyWithdrawn
    | ApprovalGranted
    | ReworkAsked
    | ApprovalEscalated
    | PublishStarted
    | PublishReturned
    | ChannelConfirmed
    | MessageSent
    | EvidenceAdded
    | SourcesChanged
    | TicketRequested
    | TicketOpened
    | RequestMade
    | RequestAnswered
    | DeliveryFailed
    | ChildRequested
    | ChildStarted
    | ChildSettled
    | CheckDue
    | RoundReported
    | MetricsRecorded
    | SeverityRaised
    | SeverityLowered
    | RaiseRulesRead
    | MilestoneSet
    | MilestoneReached
    | MilestoneMissed
    | Reminded
    | Escalated
    | DefaultTaken
    | HoldPlaced
    | HoldReleased
    | TaskAdded
    | IncidentContained
    | IncidentClosed
    | IncidentReopened
    | IncidentCancelled
    | IncidentMerged
    | IncidentCompleted
    | Noted
    | PersonInvited
    | PlaybookMigrated
)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event with its instant and its author; the store adds the sequence number."""

    at: datetime
    by: Actor
    event: AnyEvent
