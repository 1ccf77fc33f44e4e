"""The run that stands for the others, and what happened in it, by step and role.

Of the runs that ended as most did (the same milestones met, late and not needed), it is the one whose last
milestone came neither early nor late: the median.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.analysis.simulation.course import Course
from engine.analysis.simulation.outcome import RunOutcome
from engine.analysis.simulation.sitting import Sitting
from engine.analysis.simulation.wanted import NAMING


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work in seconds since declaring: it came, was begun, was done."""

    step: str
    title: str
    role: str
    came_at: int
    begun_at: int
    done_at: int


def typical_number(outcomes: Sequence[RunOutcome]) -> int:
    """The number of the run that stands for the others."""
    counted = Counter(_ending(outcome) for outcome in outcomes)
    usual = max(counted, key=lambda ending: (counted[ending], ending))
    alike = sorted((outcome.seconds, outcome.number) for outcome in outcomes if _ending(outcome) == usual)
    return alike[(len(alike) - 1) // 2][1]


def spans_of(course: Course) -> list[Span]:
    """What people did in a run, in the order in which it came to them."""
    return sorted(_spans(course), key=lambda span: (span.came_at, span.begun_at, span.step, span.role))


def _spans(course: Course) -> Iterator[Span]:
    roles = course.setting.world.plan.playbook.roles
    for sitting in course.sittings:
        role = roles.get(sitting.role)
        if sitting.begun_at is not None:
            title = _title(course, sitting)
            yield Span(sitting.step, title, role.title if role else sitting.role, sitting.came_at, sitting.begun_at, sitting.done_at)


def _title(course: Course, sitting: Sitting) -> str:
    if sitting.step.startswith(NAMING):
        return "Name somebody for a role"
    step = course.setting.world.step(course.incident, sitting.step)
    return step.title if step else sitting.step


def _ending(outcome: RunOutcome) -> tuple[tuple[str, str], ...]:
    return tuple((name, mark.fate) for name, mark in outcome.milestones.items())
