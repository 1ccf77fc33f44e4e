"""What changed between two versions of words: each language in runs of words that stayed, went or came.

Rules:
- Words are compared, not letters; spaces and line breaks belong to the word before them.
- Long words are not compared (difflib takes quadratic time): the version before stands whole beside them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

_COMPARED: Final = 2_000
"""Words of each version."""
_WORD: Final = re.compile(r"\S+\s*|^\s+")


@dataclass(frozen=True, slots=True)
class Run:
    """Words next to each other that have the same fate."""

    fate: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """How one language changed; `runs` is empty where it was too long to compare."""

    language: str
    before: str
    runs: tuple[Run, ...]


def changes(previous: Mapping[str, Any] | None, texts: Mapping[str, str]) -> list[Change]:
    """Compare words with the version before; languages that stayed as they were are left out."""
    old: Mapping[str, str] = previous["texts"] if previous else texts
    languages = dict.fromkeys((*texts, *old))
    return [_change(name, old.get(name, ""), texts.get(name, "")) for name in languages if old.get(name) != texts.get(name)]


def _change(language: str, before: str, after: str) -> Change:
    old, new = _WORD.findall(before), _WORD.findall(after)
    is_long = max(len(old), len(new)) > _COMPARED
    return Change(language, before, () if is_long else tuple(_runs(old, new)))


def _runs(old: list[str], new: list[str]) -> Iterator[Run]:
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Run("same", "".join(new[start:end]))
            continue
        if last > first:
            yield Run("gone", "".join(old[first:last]))
        if end > start:
            yield Run("new", "".join(new[start:end]))
