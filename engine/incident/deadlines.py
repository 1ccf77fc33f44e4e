"""Instants of a step that becomes ready: deadline, default, ladder, reminders, end, next check.

All are computed once and stored in the event. A step that is late when it is born still gets its time:
ladders count from the later of its deadline and its start.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.incident.calendar import Clockwork, add, after_quiet
from engine.incident.draft import Draft
from engine.incident.events import DueSet, StepReadied
from engine.incident.scope import anchor_instant
from engine.language.duration import Due, Duration, Reminder
from engine.language.playbook import Approval, Decision, Monitor, Step, Wait

SHORTEST: Final = Duration(5, "m")
FAR: Final = timedelta(hours=12)
"""Reminders of steps due later than this keep quiet hours (`language.md`, settings)."""


@dataclass(frozen=True, slots=True)
class Times:
    """What follows from a deadline."""

    due_at: datetime | None = None
    act_at: datetime | None = None
    rungs: tuple[datetime, ...] = ()
    reminders: tuple[datetime, ...] = ()
    repeat_at: datetime | None = None


def instant_of(draft: Draft, due: Due, ready_at: datetime) -> datetime | None:
    """The instant of a deadline; None while its anchor has not happened."""
    start = ready_at if due.anchor is None else anchor_instant(draft.world, draft.incident, due.anchor)
    return add(start, due.after, draft.world.clockwork(draft.incident)) if start else None


def ready_event(draft: Draft, step: Step, sources: tuple[str, ...]) -> StepReadied:
    """The event that opens `step` now, with all its instants."""
    added = draft.incident.added.get(step.id)
    due_at = instant_of(draft, step.due, draft.now) if step.due else added.due_at if added else None
    clockwork = draft.world.clockwork(draft.incident)
    times = times_of(draft, step, due_at, draft.now)
    return StepReadied(
        step.id,
        due_at=times.due_at,
        act_at=times.act_at,
        ends_at=_ends_at(step, draft.now, clockwork),
        next_at=add(draft.now, round_of(step), clockwork) if isinstance(step, Monitor) else None,
        rungs=times.rungs,
        reminders=times.reminders,
        repeat_at=times.repeat_at,
        sources=sources,
    )


def round_of(monitor: Monitor) -> Duration:
    """How often a monitor looks: as it says, but never more often than every five minutes (FB314)."""
    return monitor.every if monitor.every.seconds >= SHORTEST.seconds else SHORTEST


def set_late_anchors(draft: Draft) -> None:
    """Give open steps their times once what they count from has happened."""
    for name, state in draft.incident.steps.items():
        if state.state not in ("ready", "doing") or state.due_at or state.ready_at is None:
            continue
        step = draft.step(name)
        if step is None or step.due is None:
            continue
        due_at = instant_of(draft, step.due, state.ready_at)
        if due_at is not None:
            times = times_of(draft, step, due_at, state.ready_at)
            draft.follow(
                DueSet(name, times.due_at, act_at=times.act_at, rungs=times.rungs, reminders=times.reminders, repeat_at=times.repeat_at)
            )


def times_of(draft: Draft, step: Step, due_at: datetime | None, ready_at: datetime) -> Times:
    """Everything that a deadline brings with it; nothing without one."""
    if due_at is None:
        return Times()
    clockwork = draft.world.clockwork(draft.incident)
    late_from = max(due_at, ready_at)
    return Times(
        due_at=due_at,
        act_at=max(due_at, add(ready_at, _grace(draft, step), clockwork)) if _acts_alone(step) else None,
        rungs=tuple(add(late_from, rung.late, clockwork) for rung in draft.world.ladder(step)),
        reminders=_fixed_reminders(draft, step, due_at, clockwork),
        repeat_at=_repeat_at(draft, step, due_at, clockwork),
    )


def repeat_span(draft: Draft, step: Step) -> Duration | None:
    """How often a late step is called to mind, if it is."""
    return next((reminder.span for reminder in _reminders(draft, step) if reminder.moment == "every"), None)


def _reminders(draft: Draft, step: Step) -> list[Reminder]:
    return step.remind if step.remind is not None else draft.world.organisation.defaults.remind


def _fixed_reminders(draft: Draft, step: Step, due_at: datetime, clockwork: Clockwork) -> tuple[datetime, ...]:
    fixed = [reminder for reminder in _reminders(draft, step) if reminder.moment != "every"]
    instants = [due_at - reminder.span.span / draft.incident.speed for reminder in fixed]
    return tuple(sorted(_politely(at, due_at, clockwork) for at in instants if at >= draft.now))


def _repeat_at(draft: Draft, step: Step, due_at: datetime, clockwork: Clockwork) -> datetime | None:
    span = repeat_span(draft, step)
    return add(max(due_at, draft.now), span, clockwork) if span else None


def _politely(at: datetime, due_at: datetime, clockwork: Clockwork) -> datetime:
    return after_quiet(at, clockwork) if due_at - at > FAR else at


def _acts_alone(step: Step) -> bool:
    match step:
        case Decision():
            return step.if_no_answer is not None
        case Approval():
            return step.on_overdue == "reject"
        case _:
            return False


def _grace(draft: Draft, step: Step) -> Duration:
    if step.grace is not None:
        return step.grace
    default = draft.world.organisation.defaults.grace
    return step.takes if step.takes.seconds > default.seconds else default


def _ends_at(step: Step, now: datetime, clockwork: Clockwork) -> datetime | None:
    match step:
        case Wait():
            span = step.for_ or step.for_at_most
        case Monitor():
            span = step.for_at_most
        case _:
            return None
    return add(now, span, clockwork) if span else None
