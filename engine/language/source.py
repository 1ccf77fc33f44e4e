"""Text becomes plain values that remember their places, or diagnostics; whatever the text, it never raises.

The reader is strict where YAML surprises people. Keys stand once and are words. Anchors, merge keys and tags
are refused, so a small file can't unfold into a huge one. Size, depth and count are bounded before anything
is built, and the tree is built from events, so that nothing here recurses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import yaml
from yaml import CSafeLoader

from engine.language.catalogue import level_of
from engine.language.decoding import decode
from engine.language.diagnostic import Diagnostic, Finding, Level
from engine.language.labels import label
from engine.language.places import BREAK, Flaw, Node, Place, find, within
from engine.language.syntax import explained
from engine.language.tree import Builder, Unreadable

_INSIDE: Final = frozenset({"FB002", "FB004", "FB006"})
"""Flaws whose message names the step, input or role in which they stand."""


@dataclass(frozen=True)
class Source:
    """A file after reading: its values (None when unreadable) and everything wrong with the file itself."""

    file: str
    text: str
    root: Node | None
    flaws: tuple[Flaw, ...] = field(default=())

    @property
    def document(self) -> object:
        return None if self.root is None else self.root.value

    @property
    def is_readable(self) -> bool:
        """Tell whether the values can be trusted; what an alias or a tag stands for is never looked at."""
        return self.root is not None and not any(flaw.code == "FB003" for flaw in self.flaws)

    @cached_property
    def lines(self) -> list[str]:
        return BREAK.split(self.text)

    @property
    def diagnostics(self) -> Iterator[Diagnostic]:
        """Give what is wrong with the file itself, in the order in which it was found."""
        for flaw in self.flaws:
            yield self._diagnostic(flaw.code, self._message(flaw), flaw.place, flaw.notes, flaw.help, flaw.level)

    def locate(self, finding: Finding) -> Diagnostic:
        """Give a finding its line and column, or those of the nearest part of the file that exists."""
        place = Place(0, 0, 0, 0) if self.root is None else find(self.root, finding.path, at=finding.at)
        if finding.within:
            place = within(self.text, place, finding.within)
        return self._diagnostic(finding.code, finding.message, place, finding.notes, finding.help, finding.level)

    def _message(self, flaw: Flaw) -> str:
        name = label(flaw.inside, self.document) if flaw.code in _INSIDE else ""
        if not name:
            return flaw.message
        return f"{flaw.message} in {name}" if flaw.code == "FB002" else f"{name}: {flaw.message}"

    def _diagnostic(
        self, code: str, message: str, place: Place, notes: tuple[str, ...], help: str | None, level: Level | None
    ) -> Diagnostic:
        line = self.lines[place.line] if place.line < len(self.lines) else ""
        return Diagnostic(
            code=code,
            level=level or level_of(code),
            message=message,
            file=self.file,
            line=place.line + 1,
            column=place.column + 1,
            length=max(1, min(place.end - place.start, len(line.rstrip()) - place.column)),
            source_line=line,
            notes=notes,
            help=help,
        )


def read_source(raw: bytes | str, *, file: str) -> Source:
    """Read YAML into values and places; a file that can't be read gives a source whose root is None."""
    text, flaw = decode(raw)
    if flaw is not None:
        return Source(file, text, None, (flaw,))
    builder = Builder(text)
    try:
        for event in yaml.parse(text, Loader=CSafeLoader):
            builder.take(event)
    except Unreadable as refusal:
        return Source(file, text, None, (*builder.flaws, refusal.flaw))
    except yaml.YAMLError as error:
        flaw = explained(error, text)
        seen = {(known.code, known.place.line) for known in builder.flaws}
        return Source(file, text, None, (*builder.flaws, *(() if (flaw.code, flaw.place.line) in seen else (flaw,))))
    return Source(file, text, builder.root, tuple(builder.flaws))
