"""The earliest moment at which a step can be done, over all runs on which it is done.

    Earliest(checked).done("ok_holding").at       4200.0 seconds after the declaration
    Earliest(checked).done("ok_holding").chain    (("facts", 3000.0), ("real", 300.0), …)

It is a lower bound: no run is faster, whatever is answered and skipped by its branch, its guard or its severity.
It is sought in three steps, each only where the one before may be too low: one pass over the playbook for all
steps at once (`Course`), one for the step with all that must then be done (`Certainty`), and one for each
combination of answers on the way to it. A bound that has cost too much stays as it is, which is low but true.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import inf, prod
from typing import Final

from engine.analysis.timing.anatomy import Anatomy
from engine.analysis.timing.certainty import Allowed, Certainty
from engine.analysis.timing.course import Course, Hands
from engine.analysis.timing.moments import NEVER, Bounds, Moment, soonest
from engine.language.checked import Checked

MOST_TRIED: Final = 64
"""Combinations of answers that are tried for one step; with more, the rest of the decisions stay open."""
MOST_WORK: Final = 10_000
"""Looks at a step for single targets and combinations, over all questions to one playbook: about a quarter of a second."""
MOST_ROUNDS: Final = 8
"""Rounds in which the acknowledging of one role may delay the asking of another."""


class Earliest:
    """Answers for one playbook, each worked out once; with `ack`, roles take all their time to acknowledge."""

    def __init__(self, checked: Checked, *, ack: bool = False, anatomy: Anatomy | None = None) -> None:
        self.anatomy = anatomy or Anatomy(checked)
        self._graph = checked.graph
        self._ack = ack
        self._work = 0
        self._known: dict[tuple[str, str | None, float | None], Moment] = {}
        self._fronts: dict[str | None, _Front] = {}

    def done(self, target: str, since: str | None = None, *, limit: float | None = None) -> Moment | None:
        """Give the earliest end of a step, counted in seconds from the declaration or from the end of a step before it.

        With a `limit`, only what decides whether it can be kept is worked out. None when it counts from a step
        that need not come before: then nothing is certain.
        """
        if since is not None and not self._comes_before(since, target):
            return None
        key = (target, since, limit)
        if key not in self._known:
            self._known[key] = self._soonest_end(target, since, limit)
        moment = self._known[key]
        return moment if moment.at > -inf else None

    def opens(self, name: str) -> Moment:
        """Give a moment before which a step does not open, counted from the declaration; the roughest bound."""
        return self._front(None).opened[name]

    def _comes_before(self, since: str, target: str) -> bool:
        """Tell whether a step that is done at all is done before another: not if severity may bring it back later."""
        if since not in self._graph.ancestors(target):
            return False
        if not self.anatomy.rising & {since, *self._graph.ancestors(since)}:
            return True
        return since in Certainty.of(self.anatomy, self._way(target), {target}, {}).must

    def _way(self, target: str) -> list[str]:
        """Give a step and all before it, in the graph's order."""
        ancestors = self._graph.ancestors(target)
        return [name for name in self._graph.order if name in ancestors or name == target]

    def _soonest_end(self, target: str, since: str | None, limit: float | None) -> Moment:
        front = self._front(since)
        first, longest = front.bounds[target].done, front.longest[target]
        is_kept = limit is not None and longest <= limit
        if is_kept or _is_settled(first, longest, None) or self._work >= MOST_WORK:
            return first
        names = self._way(target)
        self._work += len(names)
        known = Certainty.of(self.anatomy, names, {target} if since is None else {target, since}, {})
        better = self._end(names, known, front)
        if _is_settled(better, longest, limit):
            return better
        tried = [
            self._end(names, case, front) for answers in self._cases(names, known) if (case := known.with_answers(answers)).is_possible
        ]
        return soonest(tried) if self._work < MOST_WORK else better

    def _end(self, names: Sequence[str], case: Certainty, front: "_Front") -> Moment:
        if not case.is_possible:
            return NEVER
        self._work += 2 * len(names)
        return Course(self.anatomy, case, front.hands).bounds(names)[names[-1]].done

    def _cases(self, names: Sequence[str], known: Certainty) -> Iterator[Allowed]:
        """Yield answers to as many of the decisions on the way as can be tried, the first ones first."""
        tried: dict[str, list[frozenset[str]]] = {}
        for name in names:
            kinds = self._kinds_of_answer(name, known, names) if self.anatomy.options(name) else []
            if len(kinds) > 1 and prod(map(len, tried.values())) * len(kinds) <= MOST_TRIED:
                tried[name] = kinds
        for answers in product(*tried.values()):
            if self._work < MOST_WORK:
                yield dict(zip(tried, answers, strict=True))

    def _kinds_of_answer(self, decision: str, known: Certainty, names: Sequence[str]) -> list[frozenset[str]]:
        """Give the answers that a decision may have, those together that open the same of these steps."""
        kinds: dict[frozenset[str], set[str]] = {}
        listed = [name for name in names if decision in self._graph.listed_by[name]]
        for answer in sorted(known.answers(decision)):
            opened = frozenset(name for name in listed if answer in self.anatomy.opening(decision, name))
            kinds.setdefault(opened, set()).add(answer)
        return [frozenset(answers) for answers in kinds.values()]

    def _front(self, since: str | None) -> "_Front":
        if since not in self._fronts:
            self._fronts[since] = _Front(self.anatomy, since, ack=self._ack)
        return self._fronts[since]


class _Front:
    """What one pass over all steps tells, counted from one moment: lower bounds, upper bounds, and who is at hand."""

    def __init__(self, anatomy: Anatomy, since: str | None, *, ack: bool) -> None:
        self._anatomy = anatomy
        self._case = Certainty.of(anatomy, anatomy.graph.order, (), {})
        self.hands = Hands(anatomy, since)
        self.opened: Mapping[str, Moment] = {}
        self.bounds = self._pass()
        for _ in range(MOST_ROUNDS if ack else 0):
            roles = self._acknowledged()
            if roles == self.hands.roles:
                break
            self.hands = Hands(anatomy, since, roles)
            self.bounds = self._pass()
        self.longest = self._longest()

    def _pass(self) -> Mapping[str, Bounds]:
        course = Course(self._anatomy, self._case, self.hands)
        bounds = course.bounds(self._anatomy.graph.order)
        self.opened = course.opened
        return bounds

    def _acknowledged(self) -> dict[str, float]:
        """Find when each role has acknowledged: its `ack` after the first step that may ask for it."""
        found: dict[str, float] = {}
        for name, opened in self.opened.items():
            for role in self._anatomy.hands(name)[0]:
                asked = -inf if self.hands.is_before(name) else opened.at + self._anatomy.patience(role)
                found[role] = min(found.get(role, inf), asked)
        return found

    def _longest(self) -> Mapping[str, float]:
        """Give each step's end as if all before it had to be done: no bound is higher."""
        ends: dict[str, float] = {}
        for name in self._anatomy.graph.order:
            is_past = self.hands.is_before(name) or name == self.hands.since
            start = max((ends[parent] for parent in self._anatomy.graph.parents[name]), default=0.0)
            ends[name] = 0.0 if is_past else max(start, self.hands.at(name)) + self._anatomy.length[name]
        return ends


def _is_settled(bound: Moment, longest: float, limit: float | None) -> bool:
    """Tell whether a bound is exact, or says all that a limit asks."""
    if not bound.comes or bound.at >= longest:
        return True
    return limit is not None and not bound.at <= limit < longest
