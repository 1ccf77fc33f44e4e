"""One pass over a playbook: when each step can be done, skipped and blocked at the earliest.

Rules, as the engine keeps them (`engine.incident.judge`):

- A step opens when all that it needs is settled and one of these is done; it then takes what `takes` says.
- A branch that is not taken skips its steps as soon as the answer stands, and so does a subject that is skipped.
- A guard is read when the step would open. Time alone (`if_no_answer`) answers no sooner than people may.
- Counted from a step's end, what need not come after that step may have been settled long before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from engine.analysis.timing.anatomy import Anatomy
from engine.analysis.timing.certainty import Certainty
from engine.analysis.timing.moments import LONG_AGO, NEVER, START, Bounds, Moment, latest, soonest


@dataclass(frozen=True)
class Hands:
    """Where counting begins (`since`, else the declaration), and when each role has acknowledged (at once unless told)."""

    anatomy: Anatomy
    since: str | None = None
    roles: Mapping[str, float] = field(default_factory=dict)

    def is_before(self, name: str) -> bool:
        """Tell whether a step may have been settled long before the one that is counted from."""
        return self.since is not None and name != self.since and self.since not in self.anatomy.graph.ancestors(name)

    def at(self, name: str) -> float:
        """Give the moment from which enough people for a step have acknowledged."""
        if not self.roles or self.is_before(name) or name == self.since:
            return -inf
        roles, needed = self.anatomy.hands(name)
        moments = sorted(self.roles.get(role, 0.0) for role in roles)
        return moments[needed - 1] if 0 < needed <= len(moments) else -inf


class Course:
    """The bounds of steps, worked out parents first, under one set of certainties."""

    def __init__(self, anatomy: Anatomy, case: Certainty, hands: Hands) -> None:
        self._hands = hands
        self._anatomy = anatomy
        self._graph = anatomy.graph
        self._case = case
        self._found: dict[str, Bounds] = {}
        self.opened: dict[str, Moment] = {}

    def bounds(self, names: Sequence[str]) -> Mapping[str, Bounds]:
        """Give the bounds of steps named in the graph's order, their parents among them."""
        for name in names:
            self._found[name] = self._of(name)
        return self._found

    def _of(self, name: str) -> Bounds:
        if name == self._hands.since:
            self.opened[name] = START
            return Bounds(START)
        opened = self._opening(name)
        waited = max(self._hands.at(name) - opened.at, 0.0) if opened.at > -inf else 0.0
        self.opened[name] = opened
        found = Bounds(opened.after(name, self._anatomy.length[name] + waited))
        if name not in self._case.must:
            found = Bounds(found.done, self._skipped(name, opened), self._blocked(name, opened))
        return _long_ago(found) if self._hands.is_before(name) else found

    def _opening(self, name: str) -> Moment:
        """Give the moment when everything is settled that a step needs, one of it being done."""
        parents = self._graph.parents[name]
        survives = self._graph.steps[name].even_if_blocked
        settled = latest([self._need(name, parent, survives=survives) for parent in parents])
        if not parents or any(self._is_certain(name, parent) for parent in parents):
            return settled
        found = [self._found[parent] for parent in parents]
        first = soonest([moment for each in found for moment in (each.done, each.blocked if survives else NEVER)])
        return latest((settled, first))

    def _is_certain(self, name: str, parent: str) -> bool:
        return parent in self._case.must or parent == self._anatomy.subjects.get(name) or parent in self._graph.listed_by[name]

    def _need(self, name: str, parent: str, *, survives: bool) -> Moment:
        found = self._found[parent]
        if parent in self._graph.listed_by[name]:
            return found.done if self._case.answers(parent) & self._anatomy.opening(parent, name) else NEVER
        if parent == self._anatomy.subjects.get(name):
            return found.done
        return soonest((found.done, found.skipped, found.blocked if survives else NEVER))

    def _skipped(self, name: str, opened: Moment) -> Moment:
        ways = [opened] if name in self._anatomy.guarded else []
        for decision in self._graph.listed_by[name]:
            found = self._found[decision]
            turned = found.done if self._case.may_turn_away(decision, name) else NEVER
            ways += [found.skipped, found.blocked, turned]
        subject = self._anatomy.subjects.get(name)
        if subject is not None:
            ways.append(self._found[subject].skipped)
        parents = self._graph.parents[name]
        if parents:
            ways.append(latest([self._found[parent].skipped for parent in parents]))
        return soonest(ways)

    def _blocked(self, name: str, opened: Moment) -> Moment:
        ways = [opened] if name in self._anatomy.failing else []
        needed = [] if self._graph.steps[name].even_if_blocked else [self._found[parent] for parent in self._graph.parents[name]]
        if any(found.blocked.comes for found in needed):
            ways.append(latest([found.settled for found in needed]))
        subject = self._anatomy.subjects.get(name)
        causes = (*self._anatomy.keys_before.get(name, ()), *([subject] if subject is not None else []))
        return soonest([*ways, *(self._found[cause].blocked for cause in causes)])


def _long_ago(bounds: Bounds) -> Bounds:
    """Set whatever can come about to before the anchor, nobody knows how long."""
    done, skipped, blocked = (LONG_AGO if moment.comes else NEVER for moment in (bounds.done, bounds.skipped, bounds.blocked))
    return Bounds(done, skipped, blocked)
