"""Where lines begin and end: two spaces for each level, one space after a dash, one empty line at most, nothing at line ends.

Lists and maps that stand on lines of their own are moved as a whole; the further lines of a text or of
braces move with what they belong to. A comment on its own line goes with the line below that began in its
column, else with the last one above that did.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml import CSafeLoader

_STEP: Final = 2
_FAR: Final = 400
"""Lines above in which a comment looks for its column."""

_DASH: Final = re.compile(r"-(?:[ \t]+|$)")
_DASHES: Final = re.compile(r"((?:-[ \t]+)*)(.*)")


@dataclass(slots=True)
class _Block:
    """A list or map on lines of its own: where it began, where it shall begin, and the lines it may reach over."""

    is_list: bool
    old: int
    new: int
    first: int
    last: int = 0


@dataclass(frozen=True, slots=True)
class _Further:
    """A line that belongs to something above it; inside a text its end is part of the text."""

    shift: int
    is_text: bool


@dataclass(slots=True)
class _Map:
    """What is known of the lines of a file: its lists and maps by column and kind, in order, and its further lines."""

    blocks: dict[tuple[int, bool], list[_Block]]
    further: dict[int, _Further]


def laid_out(text: str) -> str:
    """Give the text with its lines where they belong."""
    lines = text.split("\n")
    known = _mapped(text)
    begun = {number: _begins(line, number, known) for number, line in enumerate(lines)}
    placed: list[str] = []
    for number, line in enumerate(lines):
        further = known.further.get(number)
        if further is not None:
            shifted = _shifted(line, further.shift)
            placed.append(shifted if further.is_text else shifted.rstrip())
        elif line.strip():
            block = begun[number]
            placed.append(_entry(line, block) if block else f"{' ' * _of_comment(number, lines, begun)}{line.strip()}")
        elif placed and placed[-1]:
            placed.append("")
    return "\n".join(placed).strip("\n") + "\n" if not _keeps_end(text) else "\n".join(placed)


def _entry(line: str, block: _Block) -> str:
    stripped = line.strip()
    if not block.is_list:
        return f"{' ' * block.new}{stripped}"
    match = _DASHES.fullmatch(stripped)
    assert match is not None
    rest: str = match[2]
    dashes = "- " * match[1].count("-")
    if rest.startswith("#"):
        dashes = f"{dashes[:-2]}{match[1][match[1].rindex('-') :]}"
    return f"{' ' * block.new}{dashes}{rest}"


def _of_comment(number: int, lines: list[str], begun: dict[int, _Block | None]) -> int:
    """Give the column of a line that begins no entry: a comment, as a rule."""
    column = _column(lines[number])
    below = next(((n, block) for n in range(number + 1, len(lines)) if (block := begun[n]) is not None), None)
    if below is not None and _column(lines[below[0]]) == column:
        return below[1].new
    above = [(n, block) for n in range(number - 1, max(-1, number - _FAR), -1) if (block := begun[n]) is not None]
    same = next((block for n, block in above if _column(lines[n]) == column), None)
    if same is not None:
        return same.new
    nearest = below[1] if below is not None else above[0][1] if above else None
    return max(0, column + (nearest.new - nearest.old if nearest else 0))


def _begins(line: str, number: int, known: _Map) -> _Block | None:
    """Give the innermost list or map that has an entry beginning at the start of this line."""
    stripped = line.strip()
    if not stripped or stripped.startswith("#") or number in known.further:
        return None
    blocks = known.blocks.get((_column(line), _DASH.match(stripped) is not None), [])
    position = bisect_right(blocks, number, key=lambda block: block.first)
    return blocks[position - 1] if position and number <= blocks[position - 1].last else None


def _mapped(text: str) -> _Map:
    known = _Map({}, {})
    stack: list[_Block | None] = []
    flow: list[Any] = []
    for event in yaml.parse(text, Loader=CSafeLoader):
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if event.flow_style:
                    flow.append(event)
                    stack.append(None)
                else:
                    stack.append(_opened(event, stack, known))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                block = stack.pop()
                if block is not None:
                    block.last = _last_line(event)
                else:
                    _spread(flow.pop(), event, stack, known)
            case yaml.ScalarEvent():
                for number in _lines_of(event, text):
                    known.further[number] = _Further(_shift(stack), is_text=True)
    return known


def _last_line(event: Any) -> int:
    line: int = event.end_mark.line
    return line


def _opened(event: Any, stack: list[_Block | None], known: _Map) -> _Block:
    parent = stack[-1] if stack else None
    new = 0 if parent is None else parent.new + _STEP
    block = _Block(isinstance(event, yaml.SequenceStartEvent), event.start_mark.column, new, event.start_mark.line)
    known.blocks.setdefault((block.old, block.is_list), []).append(block)
    return block


def _spread(start: Any, end: Any, stack: list[_Block | None], known: _Map) -> None:
    for number in range(start.start_mark.line + 1, end.end_mark.line + 1):
        known.further.setdefault(number, _Further(_shift(stack), is_text=False))


def _lines_of(event: Any, text: str) -> Iterator[int]:
    """List the further lines of a text; empty lines behind a block text belong to it only where `+` keeps them."""
    start, end = event.start_mark, event.end_mark
    if event.style not in ("|", ">"):
        yield from range(start.line + 1, end.line + 1)
        return
    whole = text[start.index : end.index]
    header = whole.partition("\n")[0]
    kept = whole.removesuffix("\n") if "+" in header.partition("#")[0] else whole.rstrip()
    yield from range(start.line + 1, start.line + 1 + kept.count("\n"))


def _keeps_end(text: str) -> bool:
    """Tell whether the file ends within a block text that keeps its empty lines."""
    tokens = [token for token in yaml.scan(text, Loader=CSafeLoader) if isinstance(token, yaml.ScalarToken)]
    last = tokens[-1] if tokens else None
    return last is not None and last.style in ("|", ">") and "+" in text[last.start_mark.index :].partition("\n")[0]


def _shift(stack: list[_Block | None]) -> int:
    owner = next((block for block in reversed(stack) if block is not None), None)
    return owner.new - owner.old if owner else 0


def _shifted(line: str, by: int) -> str:
    if by >= 0:
        return f"{' ' * by}{line}" if line.strip() else line
    return line[min(-by, _column(line)) :]


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
