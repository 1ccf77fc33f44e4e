"""FB315: no role has more to do at the same time than its people can do one after the other.

A step's window lies between its earliest opening and its deadline. Where the work that lies wholly between two
moments is longer than the people of a role have time there, it can't be done, whatever the order. Counted are
steps with a deadline from the declaration that can happen on one run. Steps with a guard are left out, because
guards often exclude each other, and so are steps that would be late alone (FB311). People are as many as the
role's `min` asks for, and each does one thing at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.analysis.feasibility import NOW
from engine.analysis.timing.earliest import Earliest
from engine.analysis.timing.spans import at_most, written
from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import Step
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.rules.unreachable import Answers
from engine.language.suggest import quoted


@dataclass(frozen=True, slots=True)
class Window:
    """Work of a role that must be done between two moments, in seconds from the declaration."""

    step: str
    opens: float
    due: float
    length: float
    taken: Answers


def roles_have_time(checked: Checked) -> Iterator[Finding]:
    """Find roles whose work can't be done in the time that their deadlines leave, once for each role."""
    if waiting_for_themselves(checked.graph):
        return
    for role, windows in _windows(checked).items():
        people = checked.playbook.roles[role].min
        tight = _tightest(windows, people)
        if tight is not None:
            yield Finding("FB315", _sentence(role, tight, people), ("roles", role), at="key", help=_advice(people))


def _windows(checked: Checked) -> dict[str, list[Window]]:
    found: dict[str, list[Window]] = {}
    earliest = Earliest(checked)
    anatomy = earliest.anatomy
    for step in checked.playbook.steps:
        due = _due_from_declared(checked, step)
        length = anatomy.length[step.id]
        if due is None or not length or step.when is not None:
            continue
        opens = earliest.opens(step.id)
        roles, needed = anatomy.hands(step.id)
        if opens.at + length > due or needed < len(roles):
            continue
        for role in roles:
            if role in checked.playbook.roles:
                found.setdefault(role, []).append(Window(step.id, opens.at, due, length, anatomy.taken(step.id)))
    return found


def _due_from_declared(checked: Checked, step: Step) -> float | None:
    """Give the deadline in seconds from the declaration; None where it counts from something else."""
    if step.due is None:
        return None
    is_first = step.due.anchor is None and not checked.graph.parents[step.id]
    return float(at_most(step.due.after, checked.organisation)) if is_first or step.due.anchor in NOW else None


def _tightest(windows: Sequence[Window], people: int) -> list[Window] | None:
    """Give the work between the two moments that lacks the most time, or None where there is time enough."""
    worst, found = 0.0, None
    for opens in sorted({window.opens for window in windows}):
        for due in sorted({window.due for window in windows if window.due > opens}):
            inside = _together([window for window in windows if window.opens >= opens and window.due <= due])
            lacking = sum(window.length for window in inside) - (due - opens) * people
            if len(inside) > people and lacking > worst:
                worst, found = lacking, inside
    return found


def _together(windows: Sequence[Window]) -> list[Window]:
    """Keep work that can happen on one run: the longest first, as long as its answers agree."""
    kept: list[Window] = []
    allowed: dict[str, frozenset[str]] = {}
    for window in sorted(windows, key=lambda window: -window.length):
        merged = {decision: allowed.get(decision, options) & options for decision, options in window.taken.items()}
        if all(merged.values()):
            allowed |= merged
            kept.append(window)
    return sorted(kept, key=lambda window: (window.opens, window.due))


def _sentence(role: str, windows: Sequence[Window], people: int) -> str:
    opens, due = min(window.opens for window in windows), max(window.due for window in windows)
    work = " + ".join(f"{window.step} {written(window.length)}" for window in windows)
    total = written(sum(window.length for window in windows))
    hands = "one person" if people == 1 else f"{people} people"
    return f"role {quoted(role)} has {total} of work ({work}) between {written(opens)} and {written(due)} from declared, for {hands}"


def _advice(people: int) -> str:
    return f"give the role more people (min: {people + 1}), a step to another role, or a deadline more time"
