"""Another tool's document as it came: looked into field by field, with a diagnostic for what is not of the kind it should be."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from engine.exchange.json_text import Json
from engine.language.diagnostic import Diagnostic, Level, Path
from engine.language.scalars import kind_of
from engine.language.suggest import quoted

MOST: Final = 50
"""Diagnostics of one code; more of the same would help nobody."""


@dataclass
class Incoming:
    """The document and what was found in it so far."""

    source: Json
    found: list[Diagnostic] = field(default_factory=list)
    _count: Counter[str] = field(default_factory=Counter)

    @property
    def document(self) -> dict[str, Any]:
        return self.source.value if isinstance(self.source.value, dict) else {}

    def say(
        self,
        code: str,
        message: str,
        path: Path,
        *,
        at: Literal["key", "value"] = "value",
        help: str | None = None,
        level: Level | None = None,
    ) -> None:
        """Report something about a place in the document."""
        self._count[code] += 1
        if self._count[code] <= MOST:
            self.found.append(self.source.diagnostic(code, message, path, at=at, help=help, level=level))

    def text(self, owner: Any, path: Path, name: str) -> str:
        """Give a text, or an empty one."""
        value = self._of(owner, path, name, str, "text")
        return value if isinstance(value, str) else ""

    def number(self, owner: Any, path: Path, name: str) -> int | None:
        """Give a whole number that is not negative, or None."""
        value = self._of(owner, path, name, int, "a whole number")
        return value if isinstance(value, int) and value >= 0 else None

    def map(self, owner: Any, path: Path, name: str) -> dict[str, Any]:
        value = self._of(owner, path, name, dict, "a map")
        return value if isinstance(value, dict) else {}

    def entries(self, owner: Any, path: Path, name: str) -> list[Any]:
        value = self._of(owner, path, name, list, "a list")
        return value if isinstance(value, list) else []

    def texts(self, owner: Any, path: Path, name: str) -> list[str]:
        """Give the entries of a list that are texts; others are reported."""
        entries = self.entries(owner, path, name)
        for index, entry in enumerate(entries):
            if not isinstance(entry, str):
                self.say("FB010", f"{quoted(name)} must hold text, not {kind_of(entry)}", (*path, name, index))
        return [entry for entry in entries if isinstance(entry, str)]

    def _of(self, owner: Any, path: Path, name: str, wanted: type, words: str) -> Any:
        value = owner.get(name) if isinstance(owner, dict) else None
        if value is None:
            return None
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
            self.say("FB010", f"{quoted(name)} must be {words}, not {kind_of(value)}", (*path, name))
            return None
        return value
