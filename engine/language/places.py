"""Where everything stood: a tree that keeps, for every key and value of a YAML file, its place in the text.

Lines, columns and offsets of a `Place` count from 0, in characters; only a `Diagnostic` counts from 1.
A path that leads nowhere (a field that is missing) is placed at the nearest thing that exists.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from engine.language.diagnostic import Level, Path

BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What the YAML reader counts as the end of a line."""


class Mark(Protocol):
    """A point in the text, as PyYAML gives it."""

    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the text, from `start` up to `end`."""

    line: int
    column: int
    start: int
    end: int

    @staticmethod
    def between(start: Mark, end: Mark) -> "Place":
        return Place(start.line, start.column, start.index, end.index)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file with its place; maps and lists also hold their parts by key or index."""

    value: object
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    parts: dict[str | int, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the file itself, before it means anything; `inside` names what it stands in."""

    code: str
    message: str
    place: Place
    inside: Path = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    level: Level | None = None


def below(value: object, part: str | int) -> object:
    """Give the entry of a map or list, or None where there is none."""
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def find(root: Node, path: Path, *, at: Literal["key", "value"] = "value") -> Place:
    """Give the place of a path's key or value, or of the nearest enclosing value that exists."""
    node = root
    for depth, part in enumerate(path):
        below = node.parts.get(part)
        last = depth == len(path) - 1
        if isinstance(part, str) and part in node.keys and (below is None or (last and at == "key")):
            return node.keys[part]
        if below is None:
            return node.place
        node = below
    return node.place


def within(text: str, place: Place, word: str) -> Place:
    """Narrow a place to a word inside it, or give it back when the word is not there."""
    inside = text[place.start : place.end]
    match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", inside)
    if match is None or not word:
        return place
    before = BREAK.split(inside[: match.start()])
    column = len(before[-1]) + (place.column if len(before) == 1 else 0)
    return Place(place.line + len(before) - 1, column, place.start + match.start(), place.start + match.end())
