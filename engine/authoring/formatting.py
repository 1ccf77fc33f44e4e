"""`firebreak fmt`: a file in one style, with its meaning, its comments and its author's choices kept.

What it settles: two spaces for each level, spaces around braces, commas and dashes, `# ` before a comment,
double quotes where either would do, one empty line at most, no spaces at the end of a line, and of a step its
id and its kind first. What it leaves: whether a map stands on one line or on several, columns that were
lined up, where texts break.

A file with faults is left alone, with its diagnostics. What comes out is read again: if it meant anything
else, or had lost a comment, nothing is given but a refusal. So is formatting twice: nothing changes again.
"""

from dataclasses import dataclass
from typing import Any, Final

from engine.authoring.formatting_layout import laid_out
from engine.authoring.formatting_order import ordered
from engine.authoring.formatting_spacing import comments_in, spaced
from engine.language.diagnostic import Diagnostic
from engine.language.source import Source, read_source

_MARK: Final = "\ufeff"
_ODD_BREAKS: Final = ("\r", "\x85", "\u2028", "\u2029")


@dataclass(frozen=True, slots=True)
class Formatted:
    """What became of a file: its new bytes, or None and why it was left alone."""

    content: bytes | None
    diagnostics: tuple[Diagnostic, ...] = ()
    refusal: str | None = None


def formatted(raw: bytes, *, file: str) -> Formatted:
    """Give a file in the house's style; it keeps its kind of line ends, and loses a byte order mark."""
    source = read_source(raw, file=file)
    diagnostics = tuple(source.diagnostics)
    if any(each.level == "error" for each in diagnostics):
        return Formatted(None, diagnostics)
    if source.root is None:
        return Formatted(raw)
    before = raw.decode("utf-8").removeprefix(_MARK)
    text = before.replace("\r\n", "\n")
    if any(odd in text for odd in _ODD_BREAKS):
        return Formatted(None, refusal="it holds line breaks that few editors show; replace them with ordinary ones")
    result = styled(text)
    if not _means_the_same(source, text, result):
        return Formatted(None, refusal="formatting would change what it means; please send this file to whoever looks after Firebreak")
    is_windows = before.partition("\n")[0].endswith("\r")
    return Formatted((result.replace("\n", "\r\n") if is_windows else result).encode())


def styled(text: str) -> str:
    """Give the text of a readable file in the house's style; line ends are `\\n`."""
    return laid_out(spaced(ordered(text)))


def _means_the_same(source: Source, text: str, result: str) -> bool:
    again = read_source(result, file=source.file)
    if again.root is None or not _is_same(source.document, again.document):
        return False
    flaws = [[flaw.code for flaw in each.flaws] for each in (source, again)]
    return flaws[0] == flaws[1] and sorted(comments_in(text)) == sorted(comments_in(result))


def _is_same(one: Any, other: Any) -> bool:
    """Compare two values with their types, and the order of every map but those that have an id."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        in_order = "id" in one or list(one) == list(other)
        return in_order and one.keys() == other.keys() and all(_is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)
