"""Rows of a layered picture: which cards and which passing arrows stand side by side, in an order with few crossings.

The order comes from Sugiyama's method (the `fast_sugiyama` package). It is asked with the numbers 0, 1, 2, …
only: names would be shuffled by Python's hash seed, and the same playbook must give the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fast_sugiyama import from_edges

WIDEST: Final = 7
"""Cards in a row; steps that nothing waits for move down when there are more, so that the picture fits a page."""
_SPACING: Final = 100.0

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rows:
    """Numbers below `cards` are cards, the others bends of long arrows; `paths` follow each edge from row to row."""

    cards: int
    rows: tuple[tuple[int, ...], ...]
    paths: Mapping[Edge, tuple[int, ...]]


def arranged(cards: int, edges: Sequence[Edge]) -> Rows:
    """Arrange cards so that every edge leads down; cards without edges fill up the rows from the top."""
    stretch: dict[Edge, int] = {}
    found = _solved(cards, edges, stretch)
    for _ in range(cards):
        leaf = _movable(found, edges)
        if leaf is None:
            break
        stretch.update({edge: stretch.get(edge, 0) + 1 for edge in edges if edge[1] == leaf})
        found = _solved(cards, edges, stretch)
    return Rows(cards, tuple(_filled(found.rows, cards)), found.paths)


def _movable(found: Rows, edges: Sequence[Edge]) -> int | None:
    """Find a card that can leave a row that is too wide without taking others along."""
    starts, ends = {start for start, _ in edges}, {end for _, end in edges}
    for row in found.rows:
        standing = [number for number in row if number < found.cards]
        leaves = [number for number in standing if number not in starts and number in ends]
        if len(standing) > WIDEST and leaves:
            return leaves[-1]
    return None


def _solved(cards: int, edges: Sequence[Edge], stretch: Mapping[Edge, int]) -> Rows:
    if not edges:
        return Rows(cards, (), {})
    chains = list(_chains(cards, edges, stretch))
    names = sorted({number for chain in chains for number in chain})
    places = {name: place for place, name in enumerate(names)}
    steps = [(places[start], places[end]) for chain in chains for start, end in pairwise(chain)]
    bends = max(names) + 1 - len(names)
    layers: dict[int, list[tuple[float, int]]] = {}
    follow: list[Edge] = []
    shift = 0.0
    for positions, breadth, height, solved in from_edges(steps, vertex_spacing=_SPACING, dummy_vertices=True, check_layout=False):
        for place, (x, y) in positions:
            layers.setdefault(round((height - y) / _SPACING), []).append((x + shift, _name(int(place), names, bends)))
        follow += [(_name(int(start), names, bends), _name(int(end), names, bends)) for start, end in solved or ()]
        shift += breadth + _SPACING
    rows = tuple(tuple(name for _, name in sorted(layers[layer])) for layer in sorted(layers))
    return Rows(cards, rows, _paths(edges, follow, cards))


def _name(place: int, names: Sequence[int], bends: int) -> int:
    """Give back our number; what the solver added is numbered above all of ours."""
    return names[place] if place < len(names) else place + bends


def _chains(cards: int, edges: Sequence[Edge], stretch: Mapping[Edge, int]) -> Iterable[tuple[int, ...]]:
    virtual = cards
    for start, end in edges:
        more = stretch.get((start, end), 0)
        yield (start, *range(virtual, virtual + more), end)
        virtual += more


def _paths(edges: Sequence[Edge], follow: Sequence[Edge], cards: int) -> dict[Edge, tuple[int, ...]]:
    following: dict[int, list[int]] = {}
    for start, end in follow:
        following.setdefault(start, []).append(end)
    paths: dict[Edge, tuple[int, ...]] = {}
    for start in dict.fromkeys(start for start, _ in edges):
        for number in following[start]:
            path = [start, number]
            while path[-1] >= cards:
                path.append(following[path[-1]][0])
            paths[start, path[-1]] = tuple(path)
    return paths


def _filled(rows: Sequence[tuple[int, ...]], cards: int) -> Iterable[tuple[int, ...]]:
    """Put the cards that stand nowhere before the others of the first rows with room."""
    placed = {number for row in rows for number in row}
    lonely = [number for number in range(cards) if number not in placed]
    for row in rows:
        room = max(0, WIDEST - sum(number < cards for number in row))
        yield (*lonely[:room], *row)
        del lonely[:room]
    while lonely:
        yield tuple(lonely[:WIDEST])
        del lonely[:WIDEST]
