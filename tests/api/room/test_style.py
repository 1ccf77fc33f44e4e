"""The pages can be read by tired eyes, in the light and in the dark."""

import re
from pathlib import Path

import pytest

import api.room

STYLE = (Path(api.room.__file__).parent / "templates" / "style.css").read_text("utf-8")
ENOUGH = 4.5
"""Contrast that WCAG 2.2 asks of text at level AA (1.4.3)."""

PAIRS = (
    ("ink", "paper"),
    ("ink", "wash"),
    ("ink", "alarm-wash"),
    ("ink", "warn-wash"),
    ("soft", "paper"),
    ("soft", "wash"),
    ("link", "paper"),
    ("alarm", "paper"),
    ("alarm", "alarm-wash"),
    ("warn", "warn-wash"),
    ("good", "paper"),
    ("on-button", "button"),
)


def colours(dark: bool) -> dict[str, str]:
    light, _, night = STYLE.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})\b", light))
    return found | (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})\b", night)) if dark else {})


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_text_stands_out(pair: tuple[str, str], dark: bool) -> None:
    known = colours(dark)
    lighter, darker = sorted((luminance(known[name]) for name in pair), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= ENOUGH


def test_what_has_the_focus_is_seen() -> None:
    assert re.search(r":focus-visible \{ outline: [2-9]px", STYLE)
    assert "outline: none" not in STYLE


def test_the_style_loads_nothing() -> None:
    assert not re.search(r"url\(|@import|@font-face", STYLE)
