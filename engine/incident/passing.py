"""What a timer does when it fires."""

from typing import Final

from engine.incident.advance import advance
from engine.incident.calendar import add
from engine.incident.deadlines import repeat_span
from engine.incident.draft import Draft
from engine.incident.events import DefaultTaken, Escalated, MilestoneMissed, Reminded, StepCompleted
from engine.incident.holding import ask_next, fill_role, holders
from engine.incident.steps.approval import send_back
from engine.incident.steps.decision import take_default
from engine.incident.steps.monitor import check_due
from engine.incident.timers import Timer, pending
from engine.language.playbook import Approval, Decision, Monitor

MOST_AT_ONCE: Final = 10_000


def pass_time(draft: Draft) -> None:
    """Fire everything due by now in order, letting what follows follow before the next."""
    for _ in range(MOST_AT_ONCE):
        timers = pending(draft.world, draft.incident)
        if not timers or timers[0].at > draft.now:
            return
        _fire(draft, timers[0])
        advance(draft)


def _fire(draft: Draft, timer: Timer) -> None:
    match timer.kind:
        case "ack":
            ask_next(draft, timer.name)
        case "milestone":
            _miss(draft, timer.name)
        case "rung":
            _climb(draft, timer)
        case "reminder" | "repeat":
            _remind(draft, timer)
        case "default":
            _act_alone(draft, timer.name)
        case "end":
            draft.follow(StepCompleted(timer.name, note="its time is up"))
        case "check":
            _check(draft, timer.name)
        case "follow_up":
            return


def _miss(draft: Draft, name: str) -> None:
    tell = draft.world.plan.playbook.milestones[name].tell or [draft.world.plan.lead_role]
    for role in tell:
        fill_role(draft, role)
    draft.follow(MilestoneMissed(name, holders(draft.incident, tell)))


def _climb(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    rungs = draft.world.ladder(step) if step else []
    rung = rungs[timer.index] if timer.index < len(rungs) else None
    roles = rung.roles if rung else (draft.world.plan.lead_role,)
    for role in roles:
        fill_role(draft, role)
    state = draft.state(timer.name)
    draft.follow(
        Escalated(
            timer.name,
            rung=timer.index,
            roles=roles,
            people=holders(draft.incident, roles),
            by=rung.by if rung else "slack",
            late_since=state.due_at or timer.at,
        )
    )


def _remind(draft: Draft, timer: Timer) -> None:
    step = draft.step(timer.name)
    span = repeat_span(draft, step) if step and timer.kind == "repeat" else None
    following = add(draft.now, span, draft.world.clockwork(draft.incident)) if span and span.seconds else None
    draft.follow(Reminded(timer.name, f"{timer.kind}:{timer.index}", repeat_at=following))


def _act_alone(draft: Draft, name: str) -> None:
    step = draft.step(name)
    if isinstance(step, Decision):
        take_default(draft, step)
    if isinstance(step, Approval):
        draft.follow(DefaultTaken(name))
        send_back(draft, step, "nobody decided in time")


def _check(draft: Draft, name: str) -> None:
    step = draft.step(name)
    if isinstance(step, Monitor):
        check_due(draft, step)
