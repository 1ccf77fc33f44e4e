"""Turns a graph of needs into what CACAO can say: one thing after another, side by side, branches, loops.

Three passes. Steps are put in one order that keeps together what stands under the same atoms; equal atoms
become branches; what is left at each level is taken apart into series and parallel parts. A level that is
neither keeps its one order and is named in `serialised` (FB701).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.exchange.cacao.atom import Atom, atoms_of
from engine.language.graph import Graph
from engine.language.playbook import Approval, Playbook

DEEPEST: Final = 40
"""Series inside parallel inside series; what is nested deeper is put in one order."""


@dataclass(frozen=True, slots=True)
class Leaf:
    step: str


@dataclass(frozen=True, slots=True)
class Loop:
    """What is done again while an approval is refused; `body` ends with the approval."""

    approval: str
    body: "Tree"


@dataclass(frozen=True, slots=True)
class Branch:
    """What happens under an atom; several cases are answers of one decision that exclude each other."""

    cases: tuple[tuple[Atom, "Tree"], ...]


@dataclass(frozen=True, slots=True)
class Series:
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    parts: tuple["Tree", ...]


Tree = Leaf | Loop | Branch | Series | Parallel


@dataclass(frozen=True)
class _Item:
    """Something at one level: its steps, and what becomes of it."""

    steps: frozenset[str]
    tree: Tree


@dataclass
class Layout:
    """Lays a playbook out; afterwards `serialised` lists the groups of steps that had to be put in one order."""

    playbook: Playbook
    graph: Graph
    serialised: list[tuple[str, ...]] = field(default_factory=list)

    @staticmethod
    def of(playbook: Playbook) -> "tuple[Tree, list[tuple[str, ...]]]":
        """Give the layout of a playbook without circles, and the groups of steps whose needs it can't say."""
        layout = Layout(playbook, Graph.of(playbook))
        atoms = atoms_of(playbook, layout.graph)
        tree = layout._level(_scheduled(layout.graph, atoms), atoms, 0)
        return tree, layout.serialised

    def _level(self, steps: Sequence[str], atoms: Mapping[str, tuple[Atom, ...]], depth: int) -> Tree:
        items: list[_Item] = []
        for group in _grouped(steps, atoms, depth):
            if len(atoms[group[0]]) == depth:
                items.append(_Item(frozenset(group), Leaf(group[0])))
                continue
            branch = Branch(((atoms[group[0]][depth], self._level(group, atoms, depth + 1)),))
            items.append(_Item(frozenset(group), branch))
        return self._decomposed(self._looped(self._merged(items)))

    def _merged(self, items: list[_Item]) -> list[_Item]:
        """Put branches side by side that are different answers of one decision."""
        merged: list[_Item] = []
        for item in items:
            last = merged[-1] if merged else None
            if last is not None and _exclude_each_other(last.tree, item.tree) and not self._waits(item, last):
                assert isinstance(last.tree, Branch)
                assert isinstance(item.tree, Branch)
                merged[-1] = _Item(last.steps | item.steps, Branch(last.tree.cases + item.tree.cases))
            else:
                merged.append(item)
        return merged

    def _looped(self, items: list[_Item]) -> list[_Item]:
        """Put what an approval may send back into a loop with it, where that goes without a circle."""
        for item in items:
            step = self.graph.steps[item.tree.step] if isinstance(item.tree, Leaf) else None
            if isinstance(step, Approval):
                again = {step.on_reject.rework, step.id, *self.graph.between(step.on_reject.rework, step.id)}
                body = [each for each in items if isinstance(each.tree, Leaf) and each.tree.step in again]
                if len(body) == len(again) and step.on_reject.max > 0:
                    looped = _Item(frozenset(again), Loop(step.id, self._decomposed(body)))
                    items = self._ordered([*(each for each in items if each not in body), looped]) or items
        return items

    def _ordered(self, items: list[_Item]) -> list[_Item] | None:
        """Put items after those that they wait for, or give None when they wait for each other."""
        ordered: list[_Item] = []
        waiting = list(items)
        while waiting:
            ready = next((item for item in waiting if not any(self._waits(item, other) for other in waiting if other is not item)), None)
            if ready is None:
                return None
            ordered.append(ready)
            waiting.remove(ready)
        return ordered

    def _decomposed(self, items: list[_Item]) -> Tree:
        """Take apart items that stand in an order that holds."""
        before: list[set[int]] = []
        for later, item in enumerate(items):
            near = {earlier for earlier in range(later) if self._waits(item, items[earlier])}
            before.append(near.union(*(before[each] for each in near)))
        related = [before[index] | {later for later, each in enumerate(before) if index in each} for index in range(len(items))]
        return self._split(items, list(range(len(items))), related, 0)

    def _split(self, items: list[_Item], part: list[int], related: list[set[int]], depth: int) -> Tree:
        """Take apart some of the items; `related` are, for each, all that come before or after it, directly or not."""
        if len(part) == 1:
            return items[part[0]].tree
        known = set(part)
        for kind, edges in (
            (Parallel, {each: related[each] & known for each in part}),
            (Series, {each: known - related[each] for each in part}),
        ):
            groups = _components(edges)
            if len(groups) > 1 and depth < DEEPEST:
                return kind(tuple(self._split(items, group, related, depth + 1) for group in groups))
        steps = frozenset(name for each in part for name in items[each].steps)
        self.serialised.append(tuple(name for name in self.graph.steps if name in steps))
        return Series(tuple(items[each].tree for each in part))

    def _waits(self, later: _Item, earlier: _Item) -> bool:
        return any(not self.graph.ancestors(name).isdisjoint(earlier.steps) for name in later.steps)


def _exclude_each_other(one: Tree, other: Tree) -> bool:
    if not isinstance(one, Branch) or not isinstance(other, Branch):
        return False
    first = one.cases[0][0]
    added = other.cases[0][0]
    known = {option for atom, _ in one.cases for option in atom.options}
    return first.kind == added.kind == "decision" and first.source == added.source and known.isdisjoint(added.options)


def _scheduled(graph: Graph, atoms: Mapping[str, tuple[Atom, ...]]) -> list[str]:
    """Put steps after those that they wait for, staying under the same atoms for as long as something there is ready."""
    waiting = {name: len(graph.parents[name]) for name in graph.order}
    ready = [name for name in graph.order if not waiting[name]]
    done: list[str] = []
    here: tuple[Atom, ...] = ()
    place = {name: index for index, name in enumerate(graph.order)}
    while ready:
        chosen = min(ready, key=lambda name: (-_shared(here, atoms[name]), len(atoms[name]), place[name]))
        ready.remove(chosen)
        done.append(chosen)
        here = atoms[chosen]
        for child in graph.children[chosen]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return done


def _shared(one: tuple[Atom, ...], other: tuple[Atom, ...]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _grouped(steps: Sequence[str], atoms: Mapping[str, tuple[Atom, ...]], depth: int) -> Iterable[list[str]]:
    """Cut steps where the atom at this depth changes; a step without one stands alone."""
    groups: list[list[str]] = []
    before: Atom | None = None
    for name in steps:
        atom = atoms[name][depth] if len(atoms[name]) > depth else None
        if groups and atom is not None and atom == before:
            groups[-1].append(name)
        else:
            groups.append([name])
        before = atom
    return groups


def _components(edges: Mapping[int, set[int]]) -> list[list[int]]:
    """Cut numbers into groups that no edge joins, each in order, the group with the smallest number first."""
    seen: set[int] = set()
    found: list[list[int]] = []
    for start in edges:
        if start in seen:
            continue
        group, todo = {start}, [start]
        while todo:
            fresh = edges[todo.pop()] - group
            group |= fresh
            todo += fresh
        seen |= group
        found.append(sorted(group))
    return found
