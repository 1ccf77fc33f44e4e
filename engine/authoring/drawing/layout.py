"""Where everything stands: cards in rows, arrows through the gaps between them, bands below one another.

All places are whole pixels. No two cards overlap and no arrow runs through a card: arrows cross rows only in
columns that are kept free for them, and a later band moves up only into room that is empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from engine.authoring.drawing.cards import Card, card, follow_up_card
from engine.authoring.drawing.columns import centres
from engine.authoring.drawing.links import Link, Links
from engine.authoring.drawing.measure import width
from engine.authoring.drawing.rows import Rows, arranged
from engine.authoring.paper.book import Book

GAP: Final = 20
DROP: Final = 48
"""Between two rows, for arrows and what stands on them."""
BEND: Final = 12
GATHERING: Final = 500
"""Width of the card of a step that waits for many."""
LABEL: Final = 18
"""Room for the words above a band."""
MARK_SIZE: Final = 11
_PORT: Final = 26


@dataclass(frozen=True, slots=True)
class Box:
    """A card with the place of its upper left corner."""

    card: Card
    x: int
    y: int

    @property
    def bottom(self) -> int:
        return self.y + self.card.height


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from point to point: straight down through rows, curved between them; its mark stands above its end."""

    link: Link
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture but for its heading and legend; `labels` stand above bands, with their places."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    labels: tuple[tuple[int, int, str], ...]
    width: int
    height: int


def laid_out(book: Book) -> Layout:
    """Lay out the steps of a playbook band by band, and its follow-ups below."""
    links = Links(book)
    parts = [_band(book, links, band) for band in sorted(set(links.bands.values()))]
    first = len(book.playbook.steps) + 1
    follow_ups = [follow_up_card(book, each, number) for number, each in enumerate(book.playbook.follow_ups, start=first)]
    if follow_ups:
        parts.append(_labelled(_placed(follow_ups, (), arranged(len(follow_ups), ())), "Looking again"))
    return _joined(*parts)


def mark_width(link: Link) -> int:
    """Give the width of what stands on an arrow; 0 when nothing does."""
    return round(width(link.mark, MARK_SIZE, bold=True)) + 12 if link.mark else 0


def _band(book: Book, links: Links, band: int) -> Layout:
    steps = [step for step in book.playbook.steps if links.bands[step.id] == band]
    wide = {True: GATHERING, False: card(book, steps[0]).width}
    cards = [card(book, step, wide=wide[step.id in links.gathering], listing=step.id in links.listing) for step in steps]
    places = {step.id: place for place, step in enumerate(steps)}
    inside = [link for link in links.drawn if link.start in places and link.end in places]
    layout = _placed(cards, inside, arranged(len(cards), [(places[link.start], places[link.end]) for link in inside]))
    return _labelled(layout, "Then") if band else layout


def _labelled(layout: Layout, words: str) -> Layout:
    return replace(layout, labels=((0, -8, words),))


def _placed(cards: Sequence[Card], links: Sequence[Link], found: Rows) -> Layout:
    bends = {number: BEND for row in found.rows for number in row if number >= found.cards}
    widths = {**bends, **{number: each.width for number, each in enumerate(cards)}}
    middles = {number: round(middle) for number, middle in centres(found, widths, GAP).items()}
    tops, bottoms = _heights(cards, found)
    boxes = {n: Box(cards[n], middles[n] - cards[n].width // 2, tops[n]) for row in found.rows for n in row if n < found.cards}
    routes = _Routes(boxes, middles, tops, bottoms, found, {each.step: n for n, each in enumerate(cards)})
    right = max((box.x + box.card.width for box in boxes.values()), default=0)
    right = max((right, *(middles[number] + BEND for number in bends)))
    ordered = tuple(boxes[number] for number in sorted(boxes))
    return Layout(ordered, tuple(routes.arrows(links)), (), right, max(bottoms.values(), default=0))


def _heights(cards: Sequence[Card], found: Rows) -> tuple[dict[int, int], dict[int, int]]:
    """Give the upper and lower end of the row that each card and bend stands in."""
    tops: dict[int, int] = {}
    bottoms: dict[int, int] = {}
    y = 0
    for row in found.rows:
        height = max((cards[number].height for number in row if number < found.cards), default=0)
        tops.update(dict.fromkeys(row, y))
        bottoms.update(dict.fromkeys(row, y + height))
        y += height + DROP
    return tops, bottoms


@dataclass(frozen=True)
class _Routes:
    boxes: Mapping[int, Box]
    middles: Mapping[int, int]
    tops: Mapping[int, int]
    bottoms: Mapping[int, int]
    found: Rows
    places: Mapping[str, int]

    def arrows(self, links: Sequence[Link]) -> Iterator[Arrow]:
        paths = {link: self.found.paths[self.places[link.start], self.places[link.end]] for link in links}
        leaving, entering = self._ports(paths, leaving=True), self._ports(paths, leaving=False)
        for link, path in paths.items():
            yield Arrow(link, tuple(self._points(path, leaving[link], entering[link])))

    def _points(self, path: tuple[int, ...], start: int, end: int) -> Iterator[tuple[int, int]]:
        yield start, self.boxes[path[0]].bottom
        yield start, self.bottoms[path[0]]
        for bend in path[1:-1]:
            yield self.middles[bend], self.tops[bend]
            yield self.middles[bend], self.bottoms[bend]
        yield end, self.tops[path[-1]]

    def _ports(self, paths: Mapping[Link, tuple[int, ...]], *, leaving: bool) -> dict[Link, int]:
        """Spread the ends of arrows along the cards' edges, in the order in which they come or go."""
        groups: dict[int, list[Link]] = {}
        for link, path in paths.items():
            groups.setdefault(path[0 if leaving else -1], []).append(link)
        found: dict[Link, int] = {}
        for number, group in groups.items():
            group.sort(key=lambda link: self.middles[paths[link][1 if leaving else -2]])
            rooms = [_PORT if leaving else max(_PORT, mark_width(link) + 6) for link in group]
            free = self.boxes[number].card.width - 24
            scale = min(1.0, free / sum(rooms))
            x = self.middles[number] - sum(rooms) * scale / 2
            for link, room in zip(group, rooms, strict=True):
                found[link] = round(x + room * scale / 2)
                x += room * scale
        return found


def _joined(first: Layout, *later: Layout) -> Layout:
    """Put later bands below the first, or beside its lower end where that is empty; never above an earlier band."""
    whole, lowest = first, 0
    places: list[tuple[Layout, int, int]] = []
    for part in later:
        x, lowest = _room(whole, part.width, lowest)
        places.append((part, x, lowest))
        whole = _with(whole, part, x, lowest)
    sink = first.height - max((y + part.height for part, _, y in places), default=first.height)
    whole = first
    for part, x, y in places:
        whole = _with(whole, part, x, y + max(0, sink))
    return whole


def _with(whole: Layout, part: Layout, x: int, y: int) -> Layout:
    return Layout(
        (*whole.boxes, *(Box(box.card, box.x + x, box.y + y) for box in part.boxes)),
        (*whole.arrows, *(Arrow(arrow.link, tuple((px + x, py + y) for px, py in arrow.points)) for arrow in part.arrows)),
        (*whole.labels, *((left + x, top + y, words) for left, top, words in part.labels)),
        max(whole.width, x + part.width),
        max(whole.height, y + part.height),
    )


def _room(whole: Layout, breadth: int, lowest: int) -> tuple[int, int]:
    """Find the highest place at which a block of this breadth has nothing beside or below it; the leftmost of these."""
    taken = [(box.x, box.x + box.card.width, box.bottom) for box in whole.boxes]
    for arrow in whole.arrows:
        for (x, y), (to_x, to_y) in pairwise(arrow.points):
            taken.append((min(x, to_x), max(x, to_x), max(y, to_y)))
    places = range(0, max(1, whole.width - breadth + 1), GAP)
    free = [
        (max([lowest, *(low + DROP + LABEL for left, right, low in taken if left < x + breadth + GAP and x < right + GAP)]), x)
        for x in places
    ]
    y, x = min(free)
    return x, y
