"""Timers as data: what time itself will do, derived from the state.

`pending` lists every timer of an incident. An incident has one alarm, the earliest of them
(`next_alarm`); when it rings, `Tick` fires all that are due, in order, each once, because firing
changes the state that the timer came from. After hours of darkness the overdue ones fire in the order
of their instants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from engine.incident.calendar import add
from engine.incident.calling import CALM, last_touch, late_keys, next_call
from engine.incident.plan import World
from engine.incident.policy import forbids_act
from engine.incident.rooms import has_own_room
from engine.incident.scope import is_done
from engine.incident.state import NEW_STEP, OPEN, Incident, StepState
from engine.language.playbook import Approval, Decision, Monitor, Wait

LOOK_AGAIN: Final = timedelta(minutes=5)
"""How often an `until` or a timed `raise` rule is read while nothing happens: `elapsed` changes without events."""

TimerKind = Literal["follow_up", "end", "check", "default", "ack", "reminder", "repeat", "milestone", "rung", "archive", "call", "overdue"]


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    """At `at`, `kind` happens to `name` (a step, role or milestone); `index` of its rungs or reminders."""

    at: datetime
    kind: TimerKind
    name: str
    index: int = 0


def pending(world: World, incident: Incident) -> tuple[Timer, ...]:
    """All timers of an incident, earliest first."""
    if incident.status in ("cancelled", "complete"):
        return tuple(_of_room(world, incident))
    timers = [*_of_roles(world, incident), *_of_milestones(world, incident)]
    for name, state in incident.steps.items():
        if state.state in OPEN or state.starts_at is not None:
            timers += _of_step(world, incident, name, state)
    return tuple(sorted(timers))


def next_alarm(world: World, incident: Incident, now: datetime) -> datetime | None:
    """The earliest instant at which time must act; None when nothing is ahead."""
    timers = pending(world, incident)
    look = _next_look(world, incident, now) if incident.status not in ("cancelled", "complete") else None
    instants = [at for at in (timers[0].at if timers else None, look) if at is not None]
    return min(instants, default=None)


def _of_room(world: World, incident: Incident) -> Iterator[Timer]:
    """The room of an incident that is over is archived after a while, if it is its own."""
    after = world.organisation.defaults.archive_room
    if after is None or incident.completed_at is None or incident.archived_at is not None or not has_own_room(incident):
        return
    yield Timer(add(incident.completed_at, after, world.clockwork(incident)), "archive", "room")


def _next_look(world: World, incident: Incident, now: datetime) -> datetime | None:
    rules = world.plan.timed_rules - set(incident.raised) if incident.closed_at is None else frozenset()
    waits = any(name in incident.steps and incident.steps[name].state in OPEN for name in world.plan.endings)
    return now + max(LOOK_AGAIN / incident.speed, timedelta(seconds=1)) if rules or waits else None


def _of_roles(world: World, incident: Incident) -> Iterator[Timer]:
    for name, role in incident.roles.items():
        if role.ack_by is not None and role.people:
            yield Timer(role.ack_by, "ack", name)
        call = next_call(world, incident, role, name) if role.calls else None
        if call is not None:
            yield Timer(call, "call", name)


def _of_milestones(world: World, incident: Incident) -> Iterator[Timer]:
    for name, state in incident.milestones.items():
        definition = world.plan.playbook.milestones.get(name)
        if definition is None or state.due_at is None or state.reached_at or state.missed_at:
            continue
        if not _is_inapplicable(incident, definition.reached_by):
            yield Timer(state.due_at, "milestone", name)


def _is_inapplicable(incident: Incident, steps: list[str]) -> bool:
    """Never missed when all that could reach it were skipped."""
    states = [incident.steps.get(step, NEW_STEP) for step in steps]
    return all(state.state == "skipped" or (state.state == "done" and not is_done(state)) for state in states)


def _of_step(world: World, incident: Incident, name: str, state: StepState) -> Iterator[Timer]:
    if state.state == "waiting" and state.starts_at is not None:
        yield Timer(state.starts_at, "follow_up", name)
    if state.state not in OPEN:
        return
    yield from _of_kind(world, incident, name, state)
    for index, at in enumerate(state.rungs):
        if f"rung:{index}" not in state.fired:
            yield Timer(at, "rung", name, index)
    for index, at in enumerate(state.reminders):
        if f"reminder:{index}" not in state.fired:
            yield Timer(_awake(incident, state, at), "reminder", name, index)
    if state.repeat_at is not None:
        yield Timer(_awake(incident, state, state.repeat_at), "repeat", name)


def _of_kind(world: World, incident: Incident, name: str, state: StepState) -> Iterator[Timer]:
    """What time does to a kind of step; what a policy refuses people, time does not do either until it may."""
    step = world.plan.steps.get(name)
    acts_alone = state.act_at is not None and isinstance(step, Decision | Approval) and "default" not in state.fired
    if acts_alone and state.act_at and (isinstance(step, Approval) or _may_happen(world, incident, name)):
        yield Timer(state.act_at, "default", name)
    if state.due_at is not None and late_keys(world, incident, step, state):
        yield Timer(state.due_at, "overdue", name)
    if state.ends_at is not None and isinstance(step, Wait | Monitor) and _may_happen(world, incident, name):
        yield Timer(state.ends_at, "end", name)
    if state.next_at is not None and isinstance(step, Monitor):
        yield Timer(state.next_at, "check", name)


def _may_happen(world: World, incident: Incident, name: str) -> bool:
    return forbids_act(world, incident, name, None) is None


def _awake(incident: Incident, state: StepState, at: datetime) -> datetime:
    """Move a reminder behind a snooze, and away from the moment at which somebody worked on its step."""
    touched = last_touch(state)
    calm = touched + CALM / incident.speed if touched is not None else at
    return max(at, calm, state.snoozed_until or at)
