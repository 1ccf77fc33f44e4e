"""How wide text is, without a font at hand: careful estimates for the usual sans-serif faces, and lines that fit.

Widths are in units of the font's size and err on the wide side, so that what fits here fits on every screen.
"""

import re
from functools import lru_cache
from typing import Final
from unicodedata import combining, east_asian_width

_NARROW: Final = frozenset("iljtfrI.,:;'!|()[]{} /“”‘’·-")
_WIDE: Final = frozenset("mwMW@%–—…")
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
BOLD: Final = 1.08


def tidy(text: str) -> str:
    """Put a text on one line and drop what XML forbids and what would turn the direction of the text around it."""
    return " ".join(_TURNS.sub("", _FORBIDDEN.sub("", text)).split())


@lru_cache(maxsize=4_096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a line, in the unit of `size`."""
    return sum(map(_advance, text)) * size * (BOLD if bold else 1)


def wrap(text: str, room: float, size: float, *, bold: bool = False, most: int = 0) -> tuple[str, ...]:
    """Break a text into lines no wider than `room`; words too long for a line are cut, `most` lines end with an ellipsis."""
    lines = [""]
    for word in _cut(tidy(text), room, size, bold):
        joined = f"{lines[-1]} {word}".strip()
        if width(joined, size, bold=bold) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return _shortened(tuple(line for line in lines if line), most, room, size, bold)


def _cut(text: str, room: float, size: float, bold: bool) -> list[str]:
    pieces: list[str] = []
    for word in text.split():
        start = 0
        for end in range(1, len(word) + 1):
            if end - start > 1 and width(word[start:end], size, bold=bold) > room:
                pieces.append(word[start : end - 1])
                start = end - 1
        pieces.append(word[start:])
    return pieces


def _shortened(lines: tuple[str, ...], most: int, room: float, size: float, bold: bool) -> tuple[str, ...]:
    if not most or len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width(f"{last}…", size, bold=bold) > room:
        last = last[:-1]
    return (*lines[: most - 1], f"{last.rstrip()}…")


def _advance(char: str) -> float:
    if combining(char):
        return 0.0
    if east_asian_width(char) in "WF" or ord(char) > 0xFFFF:
        return 1.35 if ord(char) > 0xFFFF else 1.05
    if char in _NARROW:
        return 0.34
    if char in _WIDE:
        return 0.92
    return 0.70 if char.isupper() else 0.575
