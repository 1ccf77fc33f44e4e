"""Folds of what happens to any step: ready, taken, ticked, settled, re-opened, late."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from engine.incident import events as e
from engine.incident.evolve_people import needed
from engine.incident.state import NEW_STEP, Incident, Mark, StepState


def with_step(incident: Incident, name: str, **changes: Any) -> Incident:
    """Return the incident with some fields of one step changed; an unknown step changes nothing."""
    state = incident.steps.get(name)
    if state is None:
        return incident
    return replace(incident, steps={**incident.steps, name: replace(state, **changes)})


def _readied(incident: Incident, event: e.StepReadied, entry: e.Entry) -> Incident:
    return with_step(
        incident,
        event.step,
        state="ready",
        ready_at=entry.at,
        due_at=event.due_at,
        act_at=event.act_at,
        ends_at=event.ends_at,
        next_at=event.next_at,
        rungs=event.rungs,
        reminders=event.reminders,
        repeat_at=event.repeat_at,
        sources=event.sources,
    )


def _due_set(incident: Incident, event: e.DueSet, entry: e.Entry) -> Incident:
    return with_step(
        incident,
        event.step,
        due_at=event.due_at,
        act_at=event.act_at,
        rungs=event.rungs,
        reminders=event.reminders,
        repeat_at=event.repeat_at,
    )


def _started(incident: Incident, event: e.StepStarted, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(incident, event.step, state="doing", started_at=entry.at, assignee=event.person or step.assignee)


def _completed(incident: Incident, event: e.StepCompleted, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(
        incident,
        event.step,
        state="done",
        was_done=True,
        settled_at=entry.at,
        done_by=entry.by.name,
        result=event.result if event.result is not None else step.result,
        reference=event.link or step.reference,
        note=event.note if event.note is not None else step.note,
    )


def _skipped(incident: Incident, event: e.StepSkipped, entry: e.Entry) -> Incident:
    return with_step(
        incident, event.step, state="skipped", settled_at=entry.at, skip_cause=event.cause, reason=event.reason, done_by=entry.by.name
    )


def _blocked(incident: Incident, event: e.StepBlocked, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, state="blocked", settled_at=entry.at, block_cause=event.cause, reason=event.reason)


def _reopened(incident: Incident, event: e.StepReopened, entry: e.Entry) -> Incident:
    """What was said and what was done once outlives every round; approvals are asked for again unless kept."""
    step = incident.steps.get(event.step)
    if step is None:
        return incident
    again = StepState(
        round=step.round + 1,
        reason=event.reason,
        starts_at=step.starts_at,
        assignee=step.assignee,
        versions=step.versions,
        rejections=step.rejections,
        keys=tuple(key for key in step.keys if event.keeps_keys or key.decision == "reject"),
        was_done=step.was_done,
        frozen_version=step.frozen_version if step.receipts else None,
        returned_version=step.returned_version,
        receipts=step.receipts,
        items=step.items,
        sources=step.sources,
        checks=step.checks,
    )
    return replace(incident, steps={**incident.steps, event.step: again})


def _voided(incident: Incident, event: e.StepVoided, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(incident, event.step, void=True, reason=step.reason or event.reason)


def _unvoided(incident: Incident, event: e.StepUnvoided, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(incident, event.step, void=False, reason=None if step.state == "done" else step.reason)


def _assigned(incident: Incident, event: e.StepAssigned, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, assignee=event.person)


def _declined(incident: Incident, event: e.StepDeclined, entry: e.Entry) -> Incident:
    """A publish under way goes on without whoever can't do it; anything else is taken anew."""
    step = incident.steps.get(event.step, NEW_STEP)
    free: dict[str, Any] = {"assignee": None, "declined_by": (*step.declined_by, event.person)}
    if step.frozen_version is None:
        free |= {"state": "ready", "started_at": None}
    return with_step(incident, event.step, **free)


def _snoozed(incident: Incident, event: e.StepSnoozed, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, snoozed_until=event.until)


def _scheduled(incident: Incident, event: e.FollowUpScheduled, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, starts_at=event.at)


def _ticked(incident: Incident, event: e.ItemTicked, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    others = {item: mark for item, mark in step.ticks.items() if item != event.item}
    ticks = {**others, event.item: Mark(entry.by.name, entry.at)} if event.done else others
    return with_step(incident, event.step, ticks=ticks)


def _answered(incident: Incident, event: e.DecisionAnswered, entry: e.Entry) -> Incident:
    return with_step(
        incident,
        event.step,
        state="done",
        was_done=True,
        settled_at=entry.at,
        answer=event.option,
        note=event.note,
        done_by=entry.by.name,
    )


def _revised(incident: Incident, event: e.AnswerRevised, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, answer=event.option, note=event.reason, done_by=entry.by.name, settled_at=entry.at)


def _evidence(incident: Incident, event: e.EvidenceAdded, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(incident, event.step, items=(*step.items, event.item))


def _sources(incident: Incident, event: e.SourcesChanged, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, sources=event.sources)


def _doing(incident: Incident, event: e.TicketRequested | e.RequestMade | e.ChildRequested, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, state="doing", started_at=entry.at)


def _ticket_opened(incident: Incident, event: e.TicketOpened, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, reference=event.reference)


def _request_answered(incident: Incident, event: e.RequestAnswered, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, saved=event.saved, result=event.status)


def _child(incident: Incident, event: e.ChildStarted | e.ChildSettled, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, reference=event.key)


def _check_due(incident: Incident, event: e.CheckDue, entry: e.Entry) -> Incident:
    return with_step(incident, event.step, checks=event.count, next_at=event.next_at)


def _reminded(incident: Incident, event: e.Reminded, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    if event.name.startswith("repeat"):
        fired = step.fired if event.name in step.fired else (*step.fired, event.name)
        return with_step(incident, event.step, repeat_at=event.repeat_at, fired=fired)
    return with_step(incident, event.step, fired=(*step.fired, event.name))


def _escalated(incident: Incident, event: e.Escalated, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return needed(with_step(incident, event.step, fired=(*step.fired, f"rung:{event.rung}")), event.step, event.calls)


def _key_overdue(incident: Incident, event: e.KeyOverdue, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return needed(with_step(incident, event.step, fired=(*step.fired, "overdue")), event.step, event.calls)


def _default(incident: Incident, event: e.DefaultTaken, entry: e.Entry) -> Incident:
    step = incident.steps.get(event.step, NEW_STEP)
    return with_step(incident, event.step, fired=(*step.fired, "default"), rejections=step.rejections + 1)


STEP_FOLDS: Final[Mapping[type, Callable[[Incident, Any, e.Entry], Incident]]] = {
    e.StepReadied: _readied,
    e.DueSet: _due_set,
    e.StepStarted: _started,
    e.StepCompleted: _completed,
    e.StepSkipped: _skipped,
    e.StepBlocked: _blocked,
    e.StepReopened: _reopened,
    e.StepVoided: _voided,
    e.StepUnvoided: _unvoided,
    e.StepAssigned: _assigned,
    e.StepDeclined: _declined,
    e.StepSnoozed: _snoozed,
    e.FollowUpScheduled: _scheduled,
    e.ItemTicked: _ticked,
    e.DecisionAnswered: _answered,
    e.AnswerRevised: _revised,
    e.EvidenceAdded: _evidence,
    e.SourcesChanged: _sources,
    e.TicketRequested: _doing,
    e.RequestMade: _doing,
    e.ChildRequested: _doing,
    e.TicketOpened: _ticket_opened,
    e.RequestAnswered: _request_answered,
    e.ChildStarted: _child,
    e.ChildSettled: _child,
    e.CheckDue: _check_due,
    e.Reminded: _reminded,
    e.Escalated: _escalated,
    e.KeyOverdue: _key_overdue,
    e.DefaultTaken: _default,
}
