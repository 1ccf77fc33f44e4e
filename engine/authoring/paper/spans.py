"""Spans and deadlines as people say them: `30 minutes`, `within 2 hours of being asked`, `90 days after closing`."""

from collections.abc import Mapping
from typing import Final

from engine.authoring.paper.book import Book
from engine.language.duration import Due, Duration
from engine.language.playbook import Step

_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "s": ("second", "sec"),
    "m": ("minute", "min"),
    "h": ("hour", "h"),
    "d": ("day", "d"),
    "w": ("week", "weeks"),
    "bd": ("working day", "working days"),
}
_ANCHORS: Final[Mapping[str, str]] = {"declared": "the start", "detected": "the moment it was noticed", "closed": "closing"}


def span(duration: Duration) -> str:
    """Write a span out: `1 hour`, `3 working days`."""
    unit = _UNITS[duration.unit][0]
    return f"{duration.amount} {unit}{'' if duration.amount == 1 else 's'}"


def short(duration: Duration) -> str:
    """Write a span for a small box: `30 min`, `3 working days`."""
    unit = _UNITS[duration.unit][1]
    return f"{duration.amount} {unit.removesuffix('s') if duration.amount == 1 else unit}"


def anchor(book: Book, name: str) -> str:
    """Name a moment that a deadline counts from."""
    if name in _ANCHORS:
        return _ANCHORS[name]
    if name in book.playbook.milestones and name not in book.graph.steps:
        return f"the milestone “{book.playbook.milestones[name].title}”"
    return f"the end of {book.title(name)}"


def deadline(book: Book, due: Due) -> str:
    """Say by when: `within 30 minutes of the start`; without an anchor it counts from when a step is asked for."""
    return f"within {span(due.after)} of {anchor(book, due.anchor) if due.anchor else 'being asked'}"


def by_when(book: Book, step: Step) -> str:
    """Say by when a step is wanted, whether or not it has a deadline."""
    if step.due:
        return deadline(book, step.due)
    return "straight away" if book.graph.parents[step.id] else "at once"


def short_deadline(book: Book, due: Due) -> str:
    """Say by when, for a small box: `due 30 min from start`."""
    if due.anchor is None:
        return f"due {short(due.after)} after being asked"
    if due.anchor in ("declared", "detected", "closed"):
        return f"due {short(due.after)} from {'start' if due.anchor == 'declared' else 'notice' if due.anchor == 'detected' else 'closing'}"
    return f"due {short(due.after)} from {anchor(book, due.anchor)}"


def later(book: Book, due: Due) -> str:
    """Say when a follow-up comes: `30 days after closing`."""
    return f"{span(due.after)} after {anchor(book, due.anchor or 'closed')}"
