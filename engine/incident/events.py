"""What happened: one frozen value per fact, past tense, about intent.

History is read for ever: a field is only ever added, with a default. Every instant that a rule
computed (a deadline, a rung of a ladder) stands in the event, so that later time-zone data or a
changed organisation file changes nothing that was already said.
"""

from datetime import datetime

import msgspec

from engine.incident.actor import Actor
from engine.incident.event_course import (
    Declared,
    HoldPlaced,
    HoldReleased,
    IncidentCancelled,
    IncidentClosed,
    IncidentCompleted,
    IncidentContained,
    IncidentMerged,
    IncidentReopened,
    IncidentRestricted,
    InputAdded,
    InputFilled,
    MetricsRecorded,
    MilestoneMissed,
    MilestoneReached,
    MilestoneSet,
    NearMatchNoticed,
    Noted,
    PersonInvited,
    PlaybookMigrated,
    RaiseRulesRead,
    RoleAcknowledged,
    RoleCalled,
    RoleHeld,
    RoleUnanswered,
    RoleUnfilled,
    RoomArchived,
    SeverityLowered,
    SeverityRaised,
    TaskAdded,
)
from engine.incident.event_steps import (
    CheckDue,
    ChildRequested,
    ChildSettled,
    ChildStarted,
    DefaultTaken,
    DeliveryFailed,
    DueSet,
    Escalated,
    EvidenceAdded,
    FollowUpScheduled,
    ItemTicked,
    KeyOverdue,
    Reminded,
    RequestAnswered,
    RequestMade,
    SourcesChanged,
    StepAssigned,
    StepBlocked,
    StepCommented,
    StepCompleted,
    StepDeclined,
    StepReadied,
    StepReopened,
    StepSkipped,
    StepSnoozed,
    StepStarted,
    StepUnvoided,
    StepVoided,
    TicketOpened,
    TicketRequested,
)
from engine.incident.event_words import (
    AnswerRevised,
    ApprovalEscalated,
    ApprovalGranted,
    ChannelConfirmed,
    DecisionAnswered,
    DraftSubmitted,
    KeysVoided,
    KeyTurned,
    KeyWithdrawn,
    MessageSent,
    PublishReturned,
    PublishStarted,
    ReworkAsked,
    RoundReported,
)

AnyEvent = (
    Declared
    | InputFilled
    | InputAdded
    | NearMatchNoticed
    | RoleHeld
    | RoleUnfilled
    | RoleAcknowledged
    | RoleCalled
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
    | KeyOverdue
    | Escalated
    | DefaultTaken
    | HoldPlaced
    | HoldReleased
    | TaskAdded
    | IncidentContained
    | IncidentClosed
    | IncidentReopened
    | IncidentRestricted
    | RoomArchived
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


__all__ = [
    "AnswerRevised",
    "AnyEvent",
    "ApprovalEscalated",
    "ApprovalGranted",
    "ChannelConfirmed",
    "CheckDue",
    "ChildRequested",
    "ChildSettled",
    "ChildStarted",
    "DecisionAnswered",
    "Declared",
    "DefaultTaken",
    "DeliveryFailed",
    "DraftSubmitted",
    "DueSet",
    "Entry",
    "Escalated",
    "EvidenceAdded",
    "FollowUpScheduled",
    "HoldPlaced",
    "HoldReleased",
    "IncidentCancelled",
    "IncidentClosed",
    "IncidentCompleted",
    "IncidentContained",
    "IncidentMerged",
    "IncidentReopened",
    "IncidentRestricted",
    "InputAdded",
    "InputFilled",
    "ItemTicked",
    "KeyOverdue",
    "KeyTurned",
    "KeyWithdrawn",
    "KeysVoided",
    "MessageSent",
    "MetricsRecorded",
    "MilestoneMissed",
    "MilestoneReached",
    "MilestoneSet",
    "NearMatchNoticed",
    "Noted",
    "PersonInvited",
    "PlaybookMigrated",
    "PublishReturned",
    "PublishStarted",
    "RaiseRulesRead",
    "Reminded",
    "RequestAnswered",
    "RequestMade",
    "ReworkAsked",
    "RoleAcknowledged",
    "RoleCalled",
    "RoleHeld",
    "RoleUnanswered",
    "RoleUnfilled",
    "RoomArchived",
    "RoundReported",
    "SeverityLowered",
    "SeverityRaised",
    "SourcesChanged",
    "StepAssigned",
    "StepBlocked",
    "StepCommented",
    "StepCompleted",
    "StepDeclined",
    "StepReadied",
    "StepReopened",
    "StepSkipped",
    "StepSnoozed",
    "StepStarted",
    "StepUnvoided",
    "StepVoided",
    "TaskAdded",
    "TicketOpened",
    "TicketRequested",
]
