"""Fold one entry into an incident. Nothing here decides, refuses or computes a deadline.

An entry that says something about a step that is unknown (a newer playbook's, say) changes nothing
but the version. Folding the same entries always gives the same snapshot, bit for bit.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from engine.incident import events as e
from engine.incident.evolve_people import PEOPLE_FOLDS
from engine.incident.evolve_steps import STEP_FOLDS
from engine.incident.evolve_words import WORD_FOLDS
from engine.incident.state import AddedTask, Holding, Incident, MetricValue, MilestoneState, StepState

Fold = Callable[[Incident, Any, e.Entry], Incident]


def evolve(incident: Incident | None, entry: e.Entry) -> Incident:
    """Return what is true after `entry`; `incident` is None only before `Declared`."""
    if isinstance(entry.event, e.Declared):
        return _declared(entry.event, entry)
    if incident is None:
        raise ValueError(f"a history must begin with Declared, not {type(entry.event).__name__}")
    fold = FOLDS[type(entry.event)]
    after = fold(incident, entry.event, entry)
    return replace(after, version=incident.version + 1)


def replay(entries: Iterable[e.Entry]) -> Incident:
    """Fold a whole history; raises ValueError when it is empty or does not begin with `Declared`."""
    incident: Incident | None = None
    for entry in entries:
        incident = evolve(incident, entry)
    if incident is None:
        raise ValueError("a history must begin with Declared")
    return incident


def _declared(event: e.Declared, entry: e.Entry) -> Incident:
    return Incident(
        id=event.id,
        key=event.key,
        playbook=event.playbook,
        title=event.title,
        severity=event.severity,
        declared_at=entry.at,
        declared_by=entry.by.name,
        mode=event.mode,
        speed=event.speed,
        visibility=event.visibility,
        detected_at=event.detected_at,
        external_ref=event.external_ref,
        parent=event.parent,
        inputs=event.inputs,
        unknown=event.unknown,
        steps={name: StepState() for name in event.steps},
        version=1,
    )


def _input_filled(incident: Incident, event: e.InputFilled, entry: e.Entry) -> Incident:
    unknown = tuple(name for name in incident.unknown if name != event.name)
    return replace(incident, inputs={**incident.inputs, event.name: event.value}, unknown=unknown)


def _input_added(incident: Incident, event: e.InputAdded, entry: e.Entry) -> Incident:
    unknown = tuple(name for name in incident.unknown if name != event.name)
    return replace(incident, inputs={**incident.inputs, event.name: event.value}, unknown=unknown)


def _metrics(incident: Incident, event: e.MetricsRecorded, entry: e.Entry) -> Incident:
    recorded = {name: MetricValue(value, entry.at, entry.by.name) for name, value in event.values.items()}
    return replace(incident, metrics={**incident.metrics, **recorded})


def _severity(incident: Incident, event: e.SeverityRaised | e.SeverityLowered, entry: e.Entry) -> Incident:
    return replace(incident, severity=event.to)


def _rules_read(incident: Incident, event: e.RaiseRulesRead, entry: e.Entry) -> Incident:
    return replace(incident, raised=event.true)


def _milestone(incident: Incident, name: str, **changes: Any) -> Incident:
    state = incident.milestones.get(name, MilestoneState())
    return replace(incident, milestones={**incident.milestones, name: replace(state, **changes)})


def _milestone_set(incident: Incident, event: e.MilestoneSet, entry: e.Entry) -> Incident:
    return _milestone(incident, event.milestone, due_at=event.due_at)


def _milestone_reached(incident: Incident, event: e.MilestoneReached, entry: e.Entry) -> Incident:
    return _milestone(incident, event.milestone, reached_at=entry.at)


def _milestone_missed(incident: Incident, event: e.MilestoneMissed, entry: e.Entry) -> Incident:
    return _milestone(incident, event.milestone, missed_at=entry.at)


def _hold_placed(incident: Incident, event: e.HoldPlaced, entry: e.Entry) -> Incident:
    return replace(incident, hold=Holding(entry.by.name, entry.at, event.reason))


def _hold_released(incident: Incident, event: e.HoldReleased, entry: e.Entry) -> Incident:
    return replace(incident, hold=None)


def _task_added(incident: Incident, event: e.TaskAdded, entry: e.Entry) -> Incident:
    added = {**incident.added, event.task: AddedTask(event.title, event.role, event.fills, event.due_at)}
    return replace(incident, added=added, steps={**incident.steps, event.task: StepState()})


def _contained(incident: Incident, event: e.IncidentContained, entry: e.Entry) -> Incident:
    status = "contained" if incident.status == "active" else incident.status
    return replace(incident, status=status, contained_at=incident.contained_at or entry.at)


def _closed(incident: Incident, event: e.IncidentClosed, entry: e.Entry) -> Incident:
    return replace(incident, status="closed", closed_at=entry.at)


def _reopened(incident: Incident, event: e.IncidentReopened, entry: e.Entry) -> Incident:
    status = "contained" if incident.contained_at else "active"
    return replace(incident, status=status, closed_at=None, completed_at=None, archived_at=None)


def _restricted(incident: Incident, event: e.IncidentRestricted, entry: e.Entry) -> Incident:
    asked = tuple(person for person in incident.invited if person not in incident.joined)
    return replace(incident, visibility="participants", restricted_at=entry.at, invited=asked, joined=())


def _archived(incident: Incident, event: e.RoomArchived, entry: e.Entry) -> Incident:
    return replace(incident, archived_at=entry.at)


def _cancelled(incident: Incident, event: e.IncidentCancelled, entry: e.Entry) -> Incident:
    return replace(incident, status="cancelled", completed_at=entry.at)


def _merged(incident: Incident, event: e.IncidentMerged, entry: e.Entry) -> Incident:
    return replace(incident, merged_into=event.into)


def _completed(incident: Incident, event: e.IncidentCompleted, entry: e.Entry) -> Incident:
    return replace(incident, status="complete", completed_at=entry.at)


def _invited(incident: Incident, event: e.PersonInvited, entry: e.Entry) -> Incident:
    others = tuple(person for person in incident.joined if person != event.person)
    joined = (*others, event.person) if entry.by.person == event.person else others
    return replace(incident, invited=tuple(dict.fromkeys((*incident.invited, event.person))), joined=joined)


def _migrated(incident: Incident, event: e.PlaybookMigrated, entry: e.Entry) -> Incident:
    steps = {name: state for name, state in incident.steps.items() if name not in event.vanished}
    return replace(incident, playbook=event.playbook, steps={**steps, **{name: StepState() for name in event.appeared}})


def _only_history(incident: Incident, event: Any, entry: e.Entry) -> Incident:
    return incident


FOLDS: Final[Mapping[type, Fold]] = {
    **STEP_FOLDS,
    **WORD_FOLDS,
    **PEOPLE_FOLDS,
    e.InputFilled: _input_filled,
    e.InputAdded: _input_added,
    e.MetricsRecorded: _metrics,
    e.SeverityRaised: _severity,
    e.SeverityLowered: _severity,
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
    e.IncidentCompleted: _completed,
    e.PersonInvited: _invited,
    e.PlaybookMigrated: _migrated,
    e.NearMatchNoticed: _only_history,
    e.Noted: _only_history,
    e.StepCommented: _only_history,
    e.MessageSent: _only_history,
    e.RoundReported: _only_history,
    e.ReworkAsked: _only_history,
    e.DeliveryFailed: _only_history,
}
