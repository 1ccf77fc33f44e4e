"""JSON text becomes plain values whose places can be found again; whatever the text, it never raises.

Python's own reader gives the values. Where one of them stood is looked up only when something is said about
it, by walking the text down its path. Size, depth and numbers are bounded before and while values are built.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NoReturn

from engine.language.catalogue import level_of
from engine.language.diagnostic import Diagnostic, Level, Path
from engine.language.suggest import quoted

MAX_BYTES: Final = 8_388_608
MAX_DEPTH: Final = 60

_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|([\[{])|([\]}])', re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DECODER: Final = json.JSONDecoder()
_HALF: Final = re.compile("[\ud800-\udfff]")


class _Unfit(ValueError):
    """A value that a file for exchange may not hold."""


@dataclass(frozen=True)
class Json:
    """A file after reading: its value, and what was wrong when there is none."""

    file: str
    text: str
    value: Any = None
    flaws: tuple[Diagnostic, ...] = ()

    @cached_property
    def lines(self) -> list[str]:
        return re.split("\r\n|\r|\n", self.text)

    def diagnostic(
        self,
        code: str,
        message: str,
        path: Path = (),
        *,
        at: Literal["key", "value"] = "value",
        help: str | None = None,
        notes: tuple[str, ...] = (),
        level: Level | None = None,
    ) -> Diagnostic:
        """Say something about the value at a path; its JSON pointer is the first note."""
        start, end = find(self.text, path, at=at)
        where = (f"at {pointer(path)}",) if path else ()
        return self._placed(code, message, start, end, help, (*where, *notes), level)

    def _placed(
        self, code: str, message: str, start: int, end: int, help: str | None, notes: tuple[str, ...], level: Level | None
    ) -> Diagnostic:
        before = re.split("\r\n|\r|\n", self.text[:start])
        line = self.lines[len(before) - 1]
        length = max(1, min(end - start, len(line.rstrip()) - len(before[-1])))
        return Diagnostic(code, level or level_of(code), message, self.file, len(before), len(before[-1]) + 1, length, line, notes, help)

    def refused(self, message: str, at: int = 0, *, code: str = "FB001", help: str | None = None) -> "Json":
        """Give this file without a value, and the reason."""
        return Json(self.file, self.text, None, (self._placed(code, message, at, at + 1, help, (), None),))


def read_json(raw: bytes, *, file: str) -> Json:
    """Read JSON (RFC 8259) in UTF-8; a file that can't be read has no value and one flaw."""
    if len(raw) > MAX_BYTES:
        return Json(file, "").refused(f"the file is larger than {MAX_BYTES // 1_048_576} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        known = raw[: error.start].decode("utf-8-sig", "ignore")
        return Json(file, known + "�").refused("this line holds bytes that are not UTF-8", len(known), help="save the file as UTF-8 text")
    source = Json(file, text)
    deep = _too_deep(text)
    if deep is not None:
        return source.refused(f"lists and maps are nested deeper than {MAX_DEPTH} levels", deep)
    return _parsed(source)


def _parsed(source: Json) -> Json:
    try:
        value = json.loads(source.text, object_pairs_hook=_map, parse_constant=_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        return source.refused(f"this is not JSON: {_lowered(error.msg)}", min(error.pos, len(source.text)))
    except _Unfit as unfit:
        return source.refused(unfit.args[0], max(0, source.text.find(unfit.args[1])), code=unfit.args[2])
    half = next((match for match in _HALF.finditer(json.dumps(value, ensure_ascii=False))), None)
    if half is not None:
        return source.refused("a text holds half a character (a lone surrogate)", max(0, source.text.lower().find(r"\ud")))
    return Json(source.file, source.text, value)


def pointer(path: Path) -> str:
    """Give the JSON pointer (RFC 6901) of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def find(text: str, path: Path, *, at: Literal["key", "value"] = "value") -> tuple[int, int]:
    """Give where the value at a path begins and ends in the text, or the nearest value around it that exists."""
    start = _after_space(text, 0)
    for depth, part in enumerate(path):
        entry = next((entry for entry in _entries(text, start) if entry[0] == part), None)
        if entry is None:
            return start, start + 1
        if at == "key" and depth == len(path) - 1 and isinstance(part, str):
            return entry[1], entry[2]
        start = entry[3]
    return start, _end(text, start)


def _entries(text: str, start: int) -> Iterator[tuple[str | int, int, int, int]]:
    """Give the entries of a map or list: key, where the key begins and ends, where the value begins."""
    opening = text[start : start + 1]
    if opening not in ("{", "["):
        return
    index, here = 0, _after_space(text, start + 1)
    while text[here : here + 1] not in ("}", "]", ""):
        key: str | int = index
        first = last = here
        if opening == "{":
            key, last = _DECODER.raw_decode(text, here)
            here = _after_space(text, _after_space(text, last) + 1)
        yield key, first, last, here
        here = _after_space(text, _end(text, here))
        here = _after_space(text, here + 1) if text[here : here + 1] == "," else here
        index += 1


def _end(text: str, start: int) -> int:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except ValueError:
        return len(text)


def _after_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _too_deep(text: str) -> int | None:
    """Give where the text opens one bracket too many, before anything is built from it."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += (match[1] is not None) - (match[2] is not None)
        if depth > MAX_DEPTH:
            return match.start()
    return None


def _map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise _Unfit(f"{quoted(twice)} appears twice in one map", json.dumps(twice), "FB002")
    return found


def _constant(word: str) -> NoReturn:
    raise _Unfit(f"{quoted(word)} is not JSON", word, "FB001")


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise _Unfit(f"{quoted(digits)} is too large for a number", digits, "FB001")
    return int(digits)


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
