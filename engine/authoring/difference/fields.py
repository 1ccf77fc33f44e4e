"""Differences between two mappings of plain values, field by field, in the words of the file.

`quorum all -> any`; a list says what it gained and lost; a longer text is shown as a unified diff, a sentence a line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any, Final

LONGEST: Final = 60
"""Characters of a text that is still quoted whole on one line."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Differing:
    """One field that differs; `words` say how, `lines` hold the unified diff of a text."""

    field: str
    words: str
    before: Any
    after: Any
    lines: tuple[str, ...] = ()


def differing(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[Differing]:
    """Compare field by field, in the order of the fields; what one side lacks counts as nothing."""
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if old != new:
            yield from _compared(f"{path}{field}", old, new)


def text_lines(before: str, after: str) -> tuple[str, ...]:
    """Give the unified diff of two texts, without its heading; every sentence is a line."""
    return tuple(unified_diff(_sentences(before), _sentences(after), lineterm="", n=1))[2:]


def shown(value: Any) -> str:
    """Write a value as an author would recognise it."""
    match value:
        case None | [] | "":
            return "none"
        case True | False:
            return str(value).lower()
        case {"item": str() as item}:
            return f'"{item}"{" (optional)" if value.get("optional") else ""}'
        case Mapping():
            return ", ".join(f"{key} {shown(each)}" for key, each in value.items() if each not in (None, [], {}, False)) or "none"
        case str():
            return f'"{value}"' if " " in value else value
        case Sequence():
            return ", ".join(shown(each) for each in value)
        case _:
            return str(value)


def _compared(field: str, old: Any, new: Any) -> Iterator[Differing]:
    match old, new:
        case Mapping(), Mapping():
            yield from differing(old, new, f"{field}.")
        case list(), list():
            yield Differing(field, _list_words(field, old, new), old, new)
        case str(), str() if max(len(old), len(new)) > LONGEST or "\n" in old + new:
            yield Differing(field, f"{field} reads differently", old, new, text_lines(old, new))
        case _:
            yield Differing(field, f"{field} {shown(old)} -> {shown(new)}", old, new)


def _list_words(field: str, old: Sequence[Any], new: Sequence[Any]) -> str:
    gained, lost = [each for each in new if each not in old], [each for each in old if each not in new]
    parts = [f"gains {', '.join(map(shown, gained))}"] * bool(gained) + [f"loses {', '.join(map(shown, lost))}"] * bool(lost)
    return f"{field} {' and '.join(parts)}" if parts else f"{field} stand in another order: {shown(new)}"


def _sentences(text: str) -> list[str]:
    return [sentence for line in text.strip().splitlines() for sentence in _SENTENCE.split(line)]
