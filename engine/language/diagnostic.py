"""A finding is a value: which rule, where, what is wrong, what to write instead.

Rules speak of places in the playbook as paths (`("steps", 3, "due")`); the loader, which remembers
where every scalar stood, turns a `Finding` into a `Diagnostic` with a file, a line and a column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info"]
Path = tuple[str | int, ...]
Read = Callable[[str], str]
"""Gives the text of a file named by a playbook, relative to the playbook; raises OSError when it can't."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, at a path of the document; `at` says whether to point at the key or its value."""

    code: str
    message: str
    path: Path
    at: Literal["key", "value"] = "value"
    within: str | None = None
    """A word inside the scalar to point at (an unknown name inside an expression, say)."""
    notes: tuple[str, ...] = ()
    help: str | None = None
    level: Level | None = None
    """Only where a code's level depends on the case (FB116 without an organisation file); else the catalogue's."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with its place: lines and columns count from 1, `length` in characters."""

    code: str
    level: Level
    message: str
    file: str
    line: int
    column: int
    length: int = 1
    source_line: str = ""
    notes: tuple[str, ...] = ()
    help: str | None = None
