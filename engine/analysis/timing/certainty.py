"""What else must be done on every run on which some step is done, and which answers its decisions may have.

    if `post` is done: its decision chose it, its draft is done, and its approval too, unless that may be skipped

This is what makes "cannot be met" exact where branches share steps: a need that is skipped on other branches
only is no way around it. Hand skips don't count: they are no way to plan for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.analysis.timing.anatomy import Anatomy

Allowed = Mapping[str, frozenset[str]]
"""The answers that a decision may have when it is done; any answer where it is not named."""


@dataclass
class Certainty:
    """Grows from what is known to be done (`must`, `allowed`) over some steps, parents first."""

    anatomy: Anatomy
    names: Sequence[str]
    must: set[str]
    allowed: dict[str, frozenset[str]]
    skippable: set[str] = field(default_factory=set)
    blockable: set[str] = field(default_factory=set)

    @staticmethod
    def of(anatomy: Anatomy, names: Sequence[str], done: Iterable[str], answers: Allowed) -> "Certainty":
        """Find all that follows from steps being done, with these answers wherever their decision is done."""
        known = Certainty(anatomy, names, set(done), dict(answers))
        for name in tuple(known.must):
            for decision, options in anatomy.taken(name).items():
                known.must.add(decision)
                known._restrict(decision, options)
        while known._grow():
            pass
        return known

    def with_answers(self, answers: Allowed) -> "Certainty":
        """Find what follows where decisions have these answers, whenever they are done."""
        known = Certainty(self.anatomy, self.names, set(self.must), dict(self.allowed))
        for decision, options in answers.items():
            known._restrict(decision, options)
        while known._grow():
            pass
        return known

    @property
    def is_possible(self) -> bool:
        return all(self.allowed.get(name, True) for name in self.must)

    def answers(self, decision: str) -> frozenset[str]:
        """Give the answers that a decision may have."""
        return self.allowed.get(decision, self.anatomy.options(decision))

    def may_turn_away(self, decision: str, step: str) -> bool:
        """Tell whether an answer that a decision may have leads away from a step."""
        return not self.answers(decision) <= self.anatomy.opening(decision, step)

    def _grow(self) -> bool:
        """Draw every conclusion that can be drawn now; tell whether there was a new one."""
        self._find_ways_out()
        before = len(self.must), sum(map(len, self.allowed.values()))
        for name in tuple(self.must):
            self._conclude(name)
        return before != (len(self.must), sum(map(len, self.allowed.values())))

    def _conclude(self, name: str) -> None:
        graph = self.anatomy.graph
        for decision in graph.listed_by[name]:
            self.must.add(decision)
            self._restrict(decision, self.anatomy.opening(decision, name))
        subject = self.anatomy.subjects.get(name)
        if subject is not None:
            self.must.add(subject)
        survives = graph.steps[name].even_if_blocked
        self.must |= {
            parent for parent in graph.parents[name] if parent not in self.skippable and not (survives and parent in self.blockable)
        }

    def _restrict(self, decision: str, options: frozenset[str]) -> None:
        self.allowed[decision] = self.answers(decision) & options

    def _find_ways_out(self) -> None:
        """Find, parents first, what may still be skipped or blocked although all that must be done is done."""
        self.skippable, self.blockable = set(), set()
        for name in self.names:
            if name in self.must:
                continue
            if self._may_be_skipped(name):
                self.skippable.add(name)
            if self._may_be_blocked(name):
                self.blockable.add(name)

    def _may_be_skipped(self, name: str) -> bool:
        parents = self.anatomy.graph.parents[name]
        if name in self.anatomy.guarded or self.anatomy.subjects.get(name) in self.skippable:
            return True
        if parents and all(parent in self.skippable for parent in parents):
            return True
        deciding = self.anatomy.graph.listed_by[name]
        return any(d in self.skippable or d in self.blockable or self.may_turn_away(d, name) for d in deciding)

    def _may_be_blocked(self, name: str) -> bool:
        graph = self.anatomy.graph
        upstream = () if graph.steps[name].even_if_blocked else graph.parents[name]
        causes = (*upstream, self.anatomy.subjects.get(name), *self.anatomy.keys_before.get(name, ()))
        return name in self.anatomy.failing or any(cause in self.blockable for cause in causes)
