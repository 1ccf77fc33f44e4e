"""What a timer does when it fires."""

from collections.abc import Callable, Mapping
from typing import Final

from engine.incident.advance import advance
from engine.incident.calendar import add
from engine.incident.calling import calls_of, due_call, late_keys, pressed
from engine.incident.deadlines import repeat_span
from engine.incident.draft import Draft
from engine.incident.events import DefaultTaken, Escalated, KeyOverdue, MilestoneMissed, Reminded, RoleCalled, RoomArchived, StepCompleted
from engine.incident.holding import ask_next, fill_role, holders
from engine.incident.steps.approval import send_back
from engine.incident.steps.decision import take_default
from engine.incident.steps.monitor import check_due
from engine.incident.timers import Timer, TimerKind, pending
from engine.language.playbook import Approval, Decision, Monitor

MOST_AT_ONCE: Final = 10_000


def pass_time(draft: Draft) -> None:
    """Fire everything due by now in order, letting what follows follow before the next."""
    for _ in range(MOST_AT_ONCE):
        timers = pending(draft.world, draft.incident)
        if not timers or timers[0].at > draft.now:
            return
        FIRE[timers[0].kind](draft, timers[0])
        advance(draft)


def _ask_next(draft: Draft, timer: Timer) -> None:
    ask_next(draft, timer.name)


def _end(draft: Draft, timer: Timer) -> None:
    draft.follow(StepCompleted(timer.name, note="its time is up"))


def _open_by_itself(draft: Draft, timer: Timer) -> None:
    """A follow-up whose instant has come is opened by `advance`, as every step that waits."""


def _miss(draft: Draft, timer: Timer) -> None:
    tell = draft.world.plan.playbook.milestones[timer.name].tell or [draft.world.plan.lead_role]
    for role in tell:
        fill_role(draft, role)
    draft.follow(MilestoneMissed(timer.name, holders(draft.incident, tell)))


def _climb(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    rungs = draft.world.ladder(step) if step else []
    rung = rungs[timer.index] if timer.index < len(rungs) else None
    roles, by = (rung.roles, rung.by) if rung else ((draft.world.plan.lead_role,), "slack")
    for role in roles:
        fill_role(draft, role)
    state = draft.state(timer.name)
    draft.follow(
        Escalated(
            timer.name,
            rung=timer.index,
            roles=roles,
            people=holders(draft.incident, roles),
            by=by,
            late_since=state.due_at or timer.at,
            calls=pressed(draft, roles, by=by),
        )
    )


def _call(draft: Draft, timer: Timer) -> None:
    role = draft.incident.roles[timer.name]
    draft.follow(RoleCalled(timer.name, role.people, due_call(role, draft.now).by, step=role.about))


def _call_keys(draft: Draft, timer: Timer) -> None:
    """Call late key-holders; those of whom a reminder speaks at this very moment are not told twice."""
    state = draft.state(timer.name)
    is_told = timer.at in state.reminders
    roles = late_keys(draft.world, draft.incident, draft.step(timer.name), state)
    draft.follow(KeyOverdue(timer.name, {role: calls_of(draft, role, is_told=is_told) for role in roles}, late_since=timer.at))


def _remind(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    span = repeat_span(draft, step) if step and timer.kind == "repeat" else None
    following = add(draft.now, span, draft.world.clockwork(draft.incident)) if span and span.seconds else None
    in_room = any(name.startswith(("reminder", "repeat")) for name in draft.state(timer.name).fired)
    draft.follow(Reminded(timer.name, f"{timer.kind}:{timer.index}", repeat_at=following, in_room=in_room))


def _act_alone(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    if isinstance(step, Decision):
        take_default(draft, step)
    if isinstance(step, Approval):
        draft.follow(DefaultTaken(timer.name))
        send_back(draft, step, "nobody decided in time")


def _check(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    if isinstance(step, Monitor):
        check_due(draft, step)


def _archive(draft: Draft, timer: Timer) -> None:
    draft.follow(RoomArchived())


FIRE: Final[Mapping[TimerKind, Callable[[Draft, Timer], None]]] = {
    "ack": _ask_next,
    "milestone": _miss,
    "rung": _climb,
    "call": _call,
    "overdue": _call_keys,
    "reminder": _remind,
    "repeat": _remind,
    "default": _act_alone,
    "end": _end,
    "check": _check,
    "follow_up": _open_by_itself,
    "archive": _archive,
}
