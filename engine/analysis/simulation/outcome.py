"""What is kept of one run: numbers only, no names of people, small enough to be sent between processes."""

from typing import Literal

import msgspec

from engine.analysis.simulation.blame import blamed
from engine.analysis.simulation.course import Course
from engine.analysis.simulation.lot import draw
from engine.analysis.simulation.setting import Setting
from engine.incident.scope import anchor_instant, is_done
from engine.incident.state import NEW_STEP, Incident, StepState

Fate = Literal["met", "late", "never", "not_needed"]
"""In time, after its time, not by the end of the run, or not asked for in this run."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """What became of a milestone or a deadline; `after` in seconds, of a milestone since what it counts from, of a step since declaring."""

    fate: Fate
    after: int | None = None
    blame: str | None = None
    """The step that a late milestone waited for most."""


class Effort(msgspec.Struct, frozen=True, array_like=True):
    """One piece of work that could not wait, in seconds."""

    role: str
    response: int
    """From when it came to its role until it was begun."""
    queued: int
    """How much of that its person was busy with something else."""
    attention: int


class RunOutcome(msgspec.Struct, frozen=True, array_like=True):
    """One run: `milestones` in the order of the playbook, `dues` of steps with a deadline that opened."""

    number: int
    ended: Literal["closed", "unfinished"]
    seconds: int
    """Until the last milestone was reached."""
    milestones: dict[str, Mark]
    dues: dict[str, Mark]
    efforts: list[Effort]
    refused: list[str]

    @property
    def is_all_met(self) -> bool:
        return all(mark.fate in ("met", "not_needed") for mark in self.milestones.values())


def run_once(setting: Setting, number: int) -> Course:
    """Make run `number`: the same setting and number always give the same run."""
    lot = draw(setting.world, setting.odds, setting.assumptions, people=setting.staff.hours, seed=setting.seed, number=number)
    return Course(setting, lot).run()


def outcome_of(setting: Setting, number: int) -> RunOutcome:
    """Make run `number` and keep what is measured."""
    course = run_once(setting, number)
    milestones = {name: _milestone(course, name) for name in setting.world.plan.playbook.milestones}
    reached = [state.reached_at for state in course.incident.milestones.values() if state.reached_at]
    return RunOutcome(
        number=number,
        ended="closed" if course.is_over else "unfinished",
        seconds=course.seconds(max(reached)) if reached else 0,
        milestones=milestones,
        dues=dict(_dues(course)),
        efforts=_efforts(course),
        refused=[refusal.code for refusal in course.refused],
    )


def _milestone(course: Course, name: str) -> Mark:
    world, incident = course.setting.world, course.incident
    definition, state = world.plan.playbook.milestones[name], incident.milestones.get(name)
    if state is not None and state.reached_at is not None:
        since = anchor_instant(world, incident, definition.from_) or incident.declared_at
        after = max(0, course.seconds(state.reached_at) - course.seconds(since))
        is_late = state.due_at is not None and state.reached_at > state.due_at
        return Mark("late", after, blamed(course, name)) if is_late else Mark("met", after)
    steps = [incident.steps.get(step, NEW_STEP) for step in definition.reached_by]
    if all(step.state == "skipped" or (step.state == "done" and not is_done(step)) for step in steps):
        return Mark("not_needed")
    return Mark("never", None, blamed(course, name))


def _dues(course: Course) -> list[tuple[str, Mark]]:
    incident = course.incident
    names = [name for name, step in course.setting.world.plan.steps.items() if step.due is not None]
    return [(name, mark) for name in names if (mark := _due(course, incident, incident.steps[name])) is not None]


def _due(course: Course, incident: Incident, state: StepState) -> Mark | None:
    if state.due_at is None or state.state in ("skipped", "blocked", "waiting"):
        return None
    if state.settled_at is None:
        return Mark("never") if course.seconds(state.due_at) <= course.now else None
    return Mark("met" if state.settled_at <= state.due_at else "late", course.seconds(state.settled_at))


def _efforts(course: Course) -> list[Effort]:
    can_wait = course.setting.assumptions.can_wait
    return [
        Effort(each.role, each.begun_at - each.came_at, max(0, each.begun_at - each.begin_from), each.free_at - each.begun_at)
        for each in course.sittings
        if each.begun_at is not None and each.wanted_by - each.came_at <= can_wait
    ]
