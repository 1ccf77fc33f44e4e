"""Spaces within lines: around braces, brackets, commas and colons, before and after `#`; and which quotes stand around a text.

Works on the gaps between the words of the file, so that nothing inside a text is touched. More spaces than
one after a colon are kept before braces and brackets, and where they line a value up with another of the same
map; before a comment, always.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml import CSafeLoader

from engine.language.places import Place
from engine.language.source import read_source

_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#[^\n]*")
_OPENING: Final = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSING: Final = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_SINGLE: Final = re.compile(r"'(?:[^'\"\\\n]|'')*'")

Edit = tuple[int, int, str]


def spaced(text: str) -> str:
    """Give the text with its spaces settled; no line begins or ends elsewhere than before."""
    tokens = _tokens(text)
    edits = [*_requoted(tokens, text), *_respaced(tokens, text)]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def comments_in(text: str) -> list[str]:
    """List the comments of a text in their order, without their `#`."""
    return [match[0].lstrip("#").strip() for _, gap in _gaps(_tokens(text), text) for match in _COMMENT.finditer(gap)]


def comment_lines(text: str) -> list[int]:
    """Give where the comments begin that have a line to themselves."""
    found = [start + match.start() for start, gap in _gaps(_tokens(text), text) for match in _COMMENT.finditer(gap)]
    return [start for start in found if not text[text.rfind("\n", 0, start) + 1 : start].strip()]


def _tokens(text: str) -> list[Any]:
    """List the tokens that take up room."""
    return [token for token in yaml.scan(text, Loader=CSafeLoader) if token.start_mark.index < token.end_mark.index]


def _gaps(tokens: list[Any], text: str) -> Iterator[tuple[int, str]]:
    """Give what stands between tokens, with where it starts; what follows a block text belongs to the gap after it."""
    end = 0
    for token in tokens:
        yield end, text[end : token.start_mark.index]
        end = _end_of(token, text)
    yield end, text[end:]


def _end_of(token: Any, text: str) -> int:
    start: int = token.start_mark.index
    return start + len(text[start : token.end_mark.index].rstrip())


def _requoted(tokens: list[Any], text: str) -> Iterator[Edit]:
    for token in tokens:
        start, end = token.start_mark.index, token.end_mark.index
        if isinstance(token, yaml.ScalarToken) and token.style == "'" and _SINGLE.fullmatch(text[start:end]):
            yield start, end, '"' + text[start + 1 : end - 1].replace("''", "'") + '"'


def _respaced(tokens: list[Any], text: str) -> Iterator[Edit]:
    depth = 0
    aligned = _aligned(text)
    befores: list[Any] = [None, *tokens]
    afters: list[Any] = [*tokens, None]
    for (start, gap), before, after in zip(_gaps(tokens, text), befores, afters, strict=True):
        depth += isinstance(before, _OPENING)
        if gap.strip():
            yield from _commented(start, gap)
        elif "\n" not in gap and before is not None and after is not None:
            is_kept = depth == 0 and (not isinstance(before, yaml.ValueToken) or (gap != "" and after.start_mark.index in aligned))
            wanted = gap if is_kept and not isinstance(after, yaml.ValueToken) else _wanted(before, after, gap)
            if wanted != gap:
                yield start, start + len(gap), wanted
        depth -= isinstance(after, _CLOSING)


def _wanted(before: Any, after: Any, gap: str) -> str:
    if isinstance(after, yaml.ValueToken):
        return ""
    if isinstance(before, yaml.ValueToken | yaml.FlowEntryToken):
        return " "
    return "" if isinstance(before, _OPENING) or isinstance(after, (*_CLOSING, yaml.FlowEntryToken)) else gap


def _aligned(text: str) -> set[int]:
    """Give where values begin whose distance from their colon is meant."""
    root = read_source(text, file="").root
    todo, found = [root] if root is not None else [], set[int]()
    while todo:
        node = todo.pop()
        todo += node.parts.values()
        pairs = [(node.keys[str(name)], part.place) for name, part in node.parts.items() if name in node.keys]
        columns = {value.start: _column(key, value, text) for key, value in pairs if key.line == value.line}
        count = Counter(columns.values())
        found |= {start for start, column in columns.items() if count[column] > 1 or text[start] in "{["}
    return found


def _column(key: Place, value: Place, text: str) -> int:
    """Give the column of a value, had its colon followed its key directly."""
    between = text[key.end : value.start]
    return value.column - (len(between) - len(between.lstrip()))


def _commented(start: int, gap: str) -> Iterator[Edit]:
    """Settle the comments of one gap; the first may stand behind something on its line."""
    for match in _COMMENT.finditer(gap):
        before = gap[: match.start()]
        if "\n" not in before and start > 0 and len(before) < 2:
            yield start, start + match.start(), "  "
        if re.match(r"#[^\s#!]", match[0]):
            yield start + match.start(), start + match.start() + 1, "# "
