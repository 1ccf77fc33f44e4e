"""What a YAML reader's error means to somebody who does not know YAML: one flaw, FB001 or FB006, with advice."""

import re
from typing import Final

import yaml

from engine.language.places import BREAK, Flaw, Place

_UNQUOTED_TEMPLATE: Final = re.compile(r"(?:^|[:\-,\[{])\s*(\{\{.*?\}\})")
REUSE: Final = "anchors (&, *), merge keys (<<) and custom tags are not allowed"
INSTEAD: Final = "write the value out where it is needed; put a text that begins with &, * or ! in quotes"
_TAB: Final = re.compile(r" *\t")
_RESERVED: Final = "@`%|>&*!"

_ADVICE: Final[tuple[tuple[str, str, str, str | None], ...]] = (
    (
        "",
        "mapping values are not allowed",
        "a second ':' can't stand here",
        "put the text in quotes if the ':' belongs to it; otherwise check how far this line and the one above are indented",
    ),
    ("", "unknown escape", "this backslash means nothing inside double quotes", "write \\\\ for a backslash, or use single quotes"),
    ("quoted scalar", "", "this quote is never closed", "add the closing quote; inside '…' write '' for an apostrophe, or use \"…\""),
    (
        "flow mapping",
        "",
        "this '{' is never closed, or a comma is missing after it",
        "check the commas, quotes and brackets that follow it",
    ),
    (
        "flow sequence",
        "",
        "this '[' is never closed, or a comma is missing after it",
        "check the commas, quotes and brackets that follow it",
    ),
    ("block collection", "", "a list item is expected here", "begin it with '- ', in the same column as the items above"),
    (
        "block mapping",
        "",
        "this line does not fit what stands above it",
        "fields of the same thing begin in the same column; a text that holds quotes, ':' or '#' goes in quotes as a whole",
    ),
    ("simple key", "", "this line is neither a field nor part of the text above", "write 'name: value', or indent it under the text"),
    ("block scalar", "", "the text after '|' or '>' begins on the next line, indented", None),
    ("anchor", "", "'&' and '*' can't begin a text", "put the text in quotes"),
    ("alias", "", "'&' and '*' can't begin a text", "put the text in quotes"),
    ("directive", "", "'%' can't begin a line", "put the text in quotes"),
)
_AT_CONTEXT: Final = frozenset({"quoted scalar", "flow mapping", "flow sequence"})
"""Where the mistake was opened says more than where the reader gave up."""


def explained(error: yaml.YAMLError, text: str) -> Flaw:
    """Turn the reader's error into a flaw at the line that its author has to change."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Flaw("FB001", "this file is not YAML", Place(0, 0, 0, 1))
    lines = BREAK.split(text)
    mark = error.problem_mark
    here = Place(mark.line, mark.column, mark.index, mark.index + 1)
    if "tag" in (error.problem or "") or "tag" in (error.context or ""):
        return Flaw("FB003", REUSE, here, help=INSTEAD)
    return _template(lines, here) or _tab(lines, here) or _reserved(text, here) or _by_context(error, here)


def _template(lines: list[str], here: Place) -> Flaw | None:
    for number in (here.line, here.line - 1):
        match = _UNQUOTED_TEMPLATE.search(lines[number]) if 0 <= number < len(lines) else None
        if match:
            offset = here.start - here.column if number == here.line else 0
            place = Place(number, match.start(1), offset + match.start(1), offset + match.end(1))
            shown = match[1][:60]
            return Flaw("FB006", f"{shown} needs quotes: YAML reads it as a map", place, help="put the whole text in double quotes")
    return None


def _tab(lines: list[str], here: Place) -> Flaw | None:
    line = lines[here.line] if here.line < len(lines) else ""
    if not _TAB.match(line):
        return None
    return Flaw("FB001", "this line is indented with a tab", here, help="indent with spaces, two for each level")


def _reserved(text: str, here: Place) -> Flaw | None:
    character = text[here.start : here.start + 1]
    if character not in _RESERVED or not character:
        return None
    return Flaw("FB001", f"'{character}' can't begin a text", here, help="put the text in quotes")


def _by_context(error: yaml.MarkedYAMLError, here: Place) -> Flaw:
    context, problem = error.context or "", error.problem or ""
    for in_context, in_problem, message, advice in _ADVICE:
        if in_context in context and in_problem in problem:
            start = error.context_mark if in_context in _AT_CONTEXT else None
            place = Place(start.line, start.column, start.index, start.index + 1) if start else here
            notes = (f"the reader gave up on line {here.line + 1}",) if place.line != here.line else ()
            return Flaw("FB001", message, place, notes=notes, help=advice)
    return Flaw("FB001", f"this is not YAML: {problem or 'it can not be read'}", here)
