"""Diagnostics as people and as programs read them: text with the line and carets, or JSON. Same input, same bytes."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from engine.language.catalogue import CATALOGUE
from engine.language.diagnostic import Diagnostic

WIDEST: Final = 160
"""Columns of a source line that are shown; of a longer one, the part around the finding."""

_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}
_UNPRINTED: Final = "FB415"
"""Its line is not shown: what `check` prints is kept in logs that more people read than the file."""

_COLOURS: Final = {"error": "31", "warning": "33", "info": "36"}


def as_text(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Give one block for each diagnostic and a last line that counts them; nothing for none."""
    if not diagnostics:
        return ""
    blocks = [_block(diagnostic, colour=colour) for diagnostic in diagnostics]
    return "\n".join((*blocks, counted(diagnostics), ""))


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Give `{"diagnostics": […], "errors": n, "warnings": n, "notes": n}`; lines and columns count from 1."""
    count = Counter(diagnostic.level for diagnostic in diagnostics)
    report = {
        "diagnostics": [as_record(diagnostic) for diagnostic in diagnostics],
        "errors": count["error"],
        "warnings": count["warning"],
        "notes": count["info"],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def counted(diagnostics: Iterable[Diagnostic]) -> str:
    """Count in words: `2 errors, 1 warning`."""
    count = Counter(_LEVELS[diagnostic.level] for diagnostic in diagnostics)
    parts = [f"{count[word]} {word}{'' if count[word] == 1 else 's'}" for word in _LEVELS.values() if count[word]]
    return ", ".join(parts) or "nothing found"


def exit_code(diagnostics: Iterable[Diagnostic], *, could_run: bool = True) -> int:
    """Give 0 without errors, 1 with any, 2 when the check itself could not run."""
    if not could_run:
        return 2
    return 1 if any(diagnostic.level == "error" for diagnostic in diagnostics) else 0


def _block(diagnostic: Diagnostic, *, colour: bool) -> str:
    place = f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}"
    level = _painted(f"{diagnostic.code} {_LEVELS[diagnostic.level]}", _COLOURS[diagnostic.level], colour=colour)
    line, before, under = _excerpt(diagnostic)
    number = str(diagnostic.line)
    margin = " " * len(number)
    carets = _painted("^" * under, _COLOURS[diagnostic.level], colour=colour)
    lines = [f"{_clean(place)}: {level}: {_clean(diagnostic.message)}"]
    if line.strip() and diagnostic.code != _UNPRINTED:
        lines += [f"{margin} |", f"{number} | {line}", f"{margin} | {' ' * before}{carets}"]
    lines += [f"{margin} = note: {_clean(note)}" for note in diagnostic.notes]
    lines += [f"{margin} = help: {_clean(diagnostic.help)}"] if diagnostic.help else []
    return "\n".join((*lines, f"{margin} = more: firebreak explain {diagnostic.code}", ""))


def _excerpt(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """Give the line as it can be shown, the columns before the carets, and their number."""
    line = diagnostic.source_line
    start = min(diagnostic.column - 1, len(line))
    end = min(start + diagnostic.length, len(line))
    if len(line) > WIDEST:
        first = max(0, min(start - WIDEST // 3, len(line) - WIDEST))
        line = line[first : first + WIDEST]
        start, end = start - first, min(end - first, WIDEST)
    shown = _clean(line)
    return shown.rstrip(), _columns(shown[:start]), max(1, _columns(shown[start:end]))


def _columns(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _clean(text: str) -> str:
    """Replace what would move the cursor or hide text, so that a file can't paint on a terminal."""
    return "".join(" " if c.isspace() else c if c.isprintable() else "\ufffd" for c in text)


def _painted(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[1;{code}m{text}\x1b[0m" if colour else text


def as_record(diagnostic: Diagnostic) -> dict[str, Any]:
    """Give a diagnostic as JSON writes it; lines and columns count from 1."""
    return {
        "code": diagnostic.code,
        "slug": CATALOGUE[diagnostic.code].slug,
        "level": diagnostic.level,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "length": diagnostic.length,
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }
