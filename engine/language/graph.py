"""A playbook as a graph: who waits for whom. One place computes it, for rules, engine and verifier.

    parents(step)   = needs  +  decisions that list it under an option  +  `of`

"Before" always means ancestor in this graph, because a guard is read only after all needs settled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.language.playbook import Approval, Decision, Playbook, Publish, Step


@dataclass(frozen=True)
class Graph:
    """Steps by id in file order, and the edges between them; unknown names are left out."""

    steps: Mapping[str, Step]

    @staticmethod
    def of(playbook: Playbook) -> "Graph":
        return Graph({step.id: step for step in playbook.steps})

    @cached_property
    def listed_by(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the decisions that list it under at least one option."""
        found: dict[str, list[str]] = {name: [] for name in self.steps}
        for decision in self.decisions:
            for name in dict.fromkeys(name for option in decision.options.values() for name in option.then):
                if name in found:
                    found[name].append(decision.id)
        return {name: tuple(ids) for name, ids in found.items()}

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Everything a step waits for, each once: needs, then `of`, then deciding decisions."""
        return {
            name: tuple(dict.fromkeys(p for p in (*step.needs, *self._subject(step), *self.listed_by[name]) if p in self.steps))
            for name, step in self.steps.items()
        }

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {name: [] for name in self.steps}
        for name, parents in self.parents.items():
            for parent in parents:
                found[parent].append(name)
        return {name: tuple(ids) for name, ids in found.items()}

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(step for step in self.steps.values() if isinstance(step, Decision))

    @cached_property
    def approvals_of(self) -> Mapping[str, tuple[Approval, ...]]:
        """Approvals by the statement or step they approve."""
        found: dict[str, list[Approval]] = {name: [] for name in self.steps}
        for step in self.steps.values():
            if isinstance(step, Approval) and step.of in found:
                found[step.of].append(step)
        return {name: tuple(approvals) for name, approvals in found.items()}

    @cached_property
    def publishes_of(self) -> Mapping[str, tuple[Publish, ...]]:
        found: dict[str, list[Publish]] = {name: [] for name in self.steps}
        for step in self.steps.values():
            if isinstance(step, Publish) and step.of in found:
                found[step.of].append(step)
        return {name: tuple(publishes) for name, publishes in found.items()}

    @cached_property
    def _ancestors(self) -> Mapping[str, frozenset[str]]:
        return {name: _reach(self.parents, name) for name in self.steps}

    @cached_property
    def _descendants(self) -> Mapping[str, frozenset[str]]:
        return {name: _reach(self.children, name) for name in self.steps}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Steps with parents before children, otherwise in file order; steps in a circle come last."""
        placed: dict[str, None] = {}
        waiting = list(self.steps)
        while waiting:
            ready = [name for name in waiting if all(parent in placed for parent in self.parents[name])]
            if not ready:
                break
            placed.update(dict.fromkeys(ready))
            waiting = [name for name in waiting if name not in placed]
        return (*placed, *waiting)

    def ancestors(self, name: str) -> frozenset[str]:
        return self._ancestors[name]

    def descendants(self, name: str) -> frozenset[str]:
        return self._descendants[name]

    def between(self, first: str, last: str) -> frozenset[str]:
        """Steps on a path from `first` to `last`, both left out."""
        return self.descendants(first) & self.ancestors(last)

    @staticmethod
    def _subject(step: Step) -> Iterable[str]:
        return (step.of,) if isinstance(step, Approval | Publish) else ()


def _reach(edges: Mapping[str, tuple[str, ...]], start: str) -> frozenset[str]:
    seen: set[str] = set()
    todo = list(edges[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(edges[name])
    return frozenset(seen)
