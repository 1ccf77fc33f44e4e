"""What changed between two versions of words, said in words: a difference that can be read aloud.

    •  “looking into it” is now “investigating it”      •  new: “We are sorry.”      •  gone: “for now”

Rules:
- Words are compared, not letters; line breaks and spaces between them say nothing.
- Nothing is shown by colour or strike-through alone.
- Long differences are cut with a count of what is left out: the words themselves stand whole above.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from engine.channels.slack_text import Facts, cut

MOST_CHANGES: Final = 6

_QUOTED: Final = 160
_AROUND: Final = 3
_LANGUAGES: Final = 6
_COMPARED: Final = 2_000
"""Words of each version that are compared; difflib takes quadratic time."""

_ALIKE: Final = 0.3
"""Below this ratio a list of changes is harder to read than the new words."""


def changes(previous: Facts, texts: Mapping[str, str]) -> str:
    """Say what changed since the version before, marked up."""
    old: Mapping[str, str] = previous["texts"]
    several = len(texts) > 1 or set(old) != set(texts)
    lines = [line for name in dict.fromkeys((*texts, *old)) for line in _language(name, old.get(name), texts.get(name), several=several)]
    if not lines:
        return f"*Changed since version {previous['version']}*\nNothing: the words are the same."
    more = len(lines) - MOST_CHANGES
    shown = [*lines[:MOST_CHANGES], *([f"•  and {more} more {'change' if more == 1 else 'changes'}"] if more > 0 else [])]
    return "\n".join((f"*Changed since version {previous['version']}*", *shown))


def _language(name: str, before: str | None, after: str | None, *, several: bool) -> Iterator[str]:
    where = f"{cut(name, 40)}: " if several else ""
    if before is None or after is None:
        yield f"•  {where}{'this language is new' if before is None else 'this language is gone'}"
        return
    yield from (f"•  {where}{line}" for line in _difference(before, after))


def _difference(before: str, after: str) -> Iterator[str]:
    old, new = before.split(), after.split()
    if old == new:
        yield from (["only spaces or line breaks"] if before != after else [])
        return
    if max(len(old), len(new)) > _COMPARED:
        yield f"too long to compare word by word ({len(old):,} words before, {len(new):,} now)"
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        yield f"nearly every word ({len(old):,} before, {len(new):,} now)"
        return
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind != "equal":
            yield _change(old[first:last], new[start:end], place=_place(new, start))


def _change(old: Sequence[str], new: Sequence[str], *, place: str) -> str:
    if not old:
        return f"new{place}: {_quote(new)}"
    if not new:
        return f"gone{place}: {_quote(old)}"
    return f"{_quote(old)} is now {_quote(new)}"


def _place(words: Sequence[str], at: int) -> str:
    """Say after which words; at the very beginning there are none."""
    before = " ".join(words[max(0, at - _AROUND) : at])
    return f" after “{cut(before, 60)}”" if before else " at the beginning"


def _quote(words: Sequence[str]) -> str:
    return f"“{cut(' '.join(words), _QUOTED)}”"


_UNSEEN: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def unseen(texts: Mapping[str, str]) -> str:
    """Name characters in the words that nobody can see, or that turn the order of others around; empty without any."""
    found = sorted({mark for text in texts.values() for mark in _UNSEEN.findall(text)})
    return ", ".join(f"U+{ord(mark):04X}" for mark in found)
