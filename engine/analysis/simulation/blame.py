"""Which step held a milestone up: on the chain of steps that each waited for the one before, the one that overran most.

A step's share of the chain runs from when the last thing it waited for was settled to when it was settled itself;
its overrun is what that is beyond the work that it takes. A step that is still open when the run ends is to blame.
"""

from collections.abc import Iterator

from engine.analysis.simulation.course import Course
from engine.incident.scope import is_done
from engine.incident.state import NEW_STEP, OPEN


def blamed(course: Course, milestone: str) -> str | None:
    """Name the step that a late or missing milestone waited for most; None when nothing did."""
    steps = course.incident.steps
    by = course.setting.world.plan.playbook.milestones[milestone].reached_by
    done = [name for name in by if is_done(steps.get(name, NEW_STEP))]
    if not done:
        return next(_open_before(course, by), None)
    first = min(done, key=lambda name: _settled(course, name))
    overruns = dict(_overruns(course, first))
    return max(overruns, key=lambda name: overruns[name])


def _overruns(course: Course, last: str) -> Iterator[tuple[str, int]]:
    """Walk the chain backwards from its last step."""
    plan, assumed = course.setting.world.plan, course.setting.assumptions
    name: str | None = last
    while name is not None:
        before = [parent for parent in plan.graph.parents[name] if is_done(course.incident.steps[parent])]
        previous = max(before, key=lambda parent: _settled(course, parent), default=None)
        since = _settled(course, previous) if previous else 0
        yield name, _settled(course, name) - since - assumed.work(plan.steps[name])
        name = previous


def _open_before(course: Course, names: list[str]) -> Iterator[str]:
    graph, steps = course.setting.world.plan.graph, course.incident.steps
    before = {ancestor for name in names for ancestor in (name, *graph.ancestors(name))}
    return (name for name in graph.order if name in before and steps[name].state in OPEN)


def _settled(course: Course, name: str) -> int:
    at = course.incident.steps[name].settled_at
    return course.seconds(at) if at else course.now
