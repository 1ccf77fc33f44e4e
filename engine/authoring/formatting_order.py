"""Of a step its id and its kind come first, of a policy its id and its rule, of a follow-up its id and its time.

Whole entries move, with the comment at the end of their line. Where a comment stands between entries, nobody
knows which it belongs to, and the order stays.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from engine.authoring.formatting_spacing import comment_lines
from engine.language.places import Node
from engine.language.shape import kind_key
from engine.language.source import read_source

_SECOND: Final = {"steps": None, "policies": "rule", "required_policies": "rule", "follow_ups": "at"}
_KEPT: Final = re.compile(r"[|>][0-9]?\+")
"""A block text that keeps the empty lines behind it."""


def ordered(text: str) -> str:
    """Give the text with the first fields of steps, policies and follow-ups in their order."""
    root = read_source(text, file="").root
    if root is None:
        return text
    comments = comment_lines(text)
    edits = [edit for section, node in root.parts.items() if section in _SECOND for edit in _of_section(str(section), node, text, comments)]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _of_section(section: str, node: Node, text: str, comments: list[int]) -> Iterator[tuple[int, int, str]]:
    for entry in node.parts.values():
        if not isinstance(entry.value, dict):
            continue
        second = _SECOND[section] or kind_key(entry.value)
        first = [name for name in ("id", second) if name in entry.keys]
        wanted = [*first, *(name for name in entry.keys if name not in first)]
        if wanted != list(entry.keys):
            yield from _moved(entry, wanted, text, comments)


def _moved(entry: Node, wanted: Sequence[str | None], text: str, comments: list[int]) -> Iterator[tuple[int, int, str]]:
    """Rewrite the stretch from the first key to the end of the last value."""
    names = list(entry.keys)
    starts = [entry.keys[name].start for name in names]
    is_flow = text[entry.place.start] == "{"
    if any(text[start - 1] in "'\"" for start in starts) or (is_flow and _has_comment(text[entry.place.start : entry.place.end])):
        return
    ends = _ends_in_flow(entry, names) if is_flow else [*starts[1:], _end_of_line(text, entry.parts[names[-1]].place.end)]
    chunks = {name: text[start:end].rstrip() for name, start, end in zip(names, starts, ends, strict=True)}
    whole = text[starts[0] : ends[-1]].rstrip()
    if is_flow:
        gaps = [text[end:start] for end, start in zip(ends, starts[1:], strict=False)]
        pieces = [piece for name, gap in zip(wanted, [*gaps, ""], strict=True) for piece in (chunks[str(name)], gap)]
        yield starts[0], ends[-1], "".join(pieces)
    elif not _KEPT.search(whole) and not any(starts[0] < comment < starts[0] + len(whole) for comment in comments):
        column = entry.keys[names[0]].column
        end = starts[0] + len(whole)
        spaces = len(text[end:]) - len(text[end:].lstrip(" \t"))
        yield starts[0], end + spaces, f"\n{' ' * column}".join(chunks[str(name)] for name in wanted)


def _ends_in_flow(entry: Node, names: list[str]) -> list[int]:
    return [max(entry.keys[name].end, entry.parts[name].place.end) for name in names]


def _end_of_line(text: str, end: int) -> int:
    """Take in the comment behind a value; a block text ends where the next line begins."""
    if end > 0 and text[end - 1 : end] == "\n":
        return end
    found = text.find("\n", end)
    return len(text) if found < 0 else found


def _has_comment(text: str) -> bool:
    return "\n" in text and re.search(r"(^|\s)#", text) is not None
