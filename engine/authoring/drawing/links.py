"""Which arrows are drawn: those that do not follow from others, and none into a step that waits for many.

A step that gathers more than `MOST_ARROWS` others names them by number instead, and everything from it on
stands below all that came before: its band. No arrow leads from one band into another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from engine.authoring.drawing.cards import lettered
from engine.authoring.paper.book import Book
from engine.language.playbook import Decision

MOST_ARROWS: Final = 5
_SHORT: Final = 14


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from a step to one that waits for it, with the letters and labels of the answers that lead there."""

    start: str
    end: str
    letters: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """Give what stands on the arrow: the letters, and the words where they are few."""
        is_short = len(self.labels) == 1 and len(self.labels[0]) <= _SHORT
        return f"{self.letters[0]}  {self.labels[0]}" if is_short else ", ".join(self.letters)


@dataclass(frozen=True)
class Links:
    """The arrows of a playbook, and its bands."""

    book: Book

    @cached_property
    def drawn(self) -> tuple[Link, ...]:
        """Give the arrows inside bands, in file order of the steps they lead to."""
        names = [name for name in self.book.graph.steps if name not in self.listing]
        return tuple(link for name in names for link in self.into(name))

    @cached_property
    def listing(self) -> frozenset[str]:
        """Name the steps that say in words what they wait for."""
        across = (name for name in self.book.graph.steps if any(self.bands[link.start] != self.bands[name] for link in self.into(name)))
        return frozenset((*across, *self.gathering))

    @cached_property
    def gathering(self) -> frozenset[str]:
        return frozenset(name for name in self.book.graph.steps if len(self.into(name)) > MOST_ARROWS)

    @cached_property
    def bands(self) -> Mapping[str, int]:
        """Count for each step the gathering steps between the start and its own end, along the longest way."""
        bands: dict[str, int] = {}
        for name in self.book.graph.order:
            above = max((bands[parent] for parent in self.book.graph.parents[name]), default=0)
            bands[name] = above + (name in self.gathering)
        return bands

    def into(self, name: str) -> tuple[Link, ...]:
        """Give all arrows into a step that say something: answers, and whatever else does not follow from another."""
        listing, nearest = self.book.graph.listed_by[name], self.book.nearest[name]
        starts = [parent for parent in self.book.graph.parents[name] if parent in nearest or parent in listing]
        return tuple(self._link(start, name) for start in starts)

    def _link(self, start: str, end: str) -> Link:
        decision = self.book.graph.steps[start]
        if not isinstance(decision, Decision):
            return Link(start, end)
        chosen = [(letter, decision.options[name].label) for name, letter in lettered(decision) if end in decision.options[name].then]
        return Link(start, end, tuple(letter for letter, _ in chosen), tuple(label for _, label in chosen))
