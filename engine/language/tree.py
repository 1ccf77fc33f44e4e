"""YAML events become a tree of values with places, one event at a time, on a stack of its own.

What is wrong is noted and read past wherever the rest still makes sense: a key given twice keeps its first
value, a key that is a number is taken as a word, `{{ x }}` without quotes as the text it was meant to be.
In `{task: Call, then write, role: hr}` YAML sees a key `then write` without a value; no field of ours is
written so, and the words are given back to the text before them.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

import yaml

from engine.language.decoding import is_refused
from engine.language.diagnostic import Level, Path
from engine.language.labels import SINGULAR
from engine.language.places import Flaw, Mark, Node, Place
from engine.language.scalars import kind_of, resolve
from engine.language.suggest import quoted
from engine.language.syntax import INSTEAD, REUSE

MAX_DEPTH: Final = 40
MAX_VALUES: Final = 20_000
MAX_TEXT: Final = 50_000
MAX_ENTRIES: Final = 1_000

_BACKSLASH: Final = "write \\\\ for a backslash, or use single quotes"
_COLON: Final = re.compile(r"\s*:")
_CLOSING: Final = re.compile(r"\s*\}")


class Unreadable(Exception):
    """The file can't be read beyond this flaw."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.message)
        self.flaw = flaw


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet."""

    start: Mark
    is_map: bool
    is_flow: bool
    node: Node
    key: str | None = None
    """The key that waits for its value."""
    drops_next: bool = False
    """The next value belongs to a key that was refused."""
    is_text: bool = False
    """This map is really `{{ … }}` without quotes."""
    plain: str | None = None
    """The key before, when its value is text without quotes."""


@dataclass
class Builder:
    """Takes events in order; afterwards `root` is the tree and `flaws` what was wrong with it."""

    text: str
    root: Node | None = None
    flaws: list[Flaw] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _values: int = 0

    def take(self, event: yaml.Event) -> None:
        """Read one event; raise Unreadable when a limit is passed."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._flaw("FB003", REUSE, _place(event), help=INSTEAD)
                self._attach(Node(None, _place(event)))
            case yaml.DocumentStartEvent() if self.root is not None:
                self._stop("the file holds two documents; keep one and delete the line with '---'", _place(event))

    def _open(self, event: Any) -> None:
        self._count(event)
        self._refuse_reuse(event)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(f"lists and maps are nested deeper than {MAX_DEPTH} levels", _place(event))
        is_map = isinstance(event, yaml.MappingStartEvent)
        node = Node({} if is_map else [], _place(event))
        self._stack.append(_Open(event.start_mark, is_map, bool(event.flow_style), node))

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        place = Place.between(closed.start, event.end_mark)
        value = self.text[place.start : place.end] if closed.is_text else closed.node.value
        parts = {} if closed.is_text else closed.node.parts
        self._attach(Node(value, place, closed.node.keys, parts), is_flow_map=closed.is_map and closed.is_flow)

    def _scalar(self, event: Any) -> None:
        self._count(event)
        self._refuse_reuse(event)
        place = _place(event)
        if len(event.value) > MAX_TEXT:
            self._stop(f"this text is longer than {MAX_TEXT:,} characters", place)
        if is_refused(event.value):
            self._stop("this text holds an invisible control character, written with a backslash", place, _BACKSLASH)
        top = self._stack[-1] if self._stack else None
        if top is not None and top.is_map and top.key is None and not top.drops_next:
            self._key(top, event, place)
            return
        self._attach(Node(self._value(event, place), place))

    def _value(self, event: Any, place: Place) -> object:
        if not event.implicit[0]:
            return event.value
        if event.value.endswith("?") and self._stack and self._stack[-1].is_flow and _CLOSING.match(self.text, place.end):
            self._flaw("FB001", *_question(event.value, place))
        try:
            return resolve(event.value)
        except OverflowError:
            self._flaw("FB004", f"{quoted(event.value)} is too large for a number; write it in quotes if it is text", place)
            return event.value

    def _key(self, top: _Open, event: Any, place: Place) -> None:
        name: str = event.value
        if event.implicit[0] and name == "<<":
            self._flaw("FB003", REUSE, place, help=INSTEAD)
        elif event.implicit[0]:
            self._refuse_key(name, place)
        if name in top.node.keys:
            first = top.node.keys[name]
            self._flaw("FB002", f"{quoted(name)} appears twice", place, notes=(f"it stands on line {first.line + 1} first",))
            top.drops_next = True
            return
        top.node.keys[name] = place
        top.key = name

    def _refuse_key(self, name: str, place: Place) -> None:
        try:
            value = resolve(name)
        except OverflowError:
            value = 0
        if isinstance(value, str):
            return
        owner = self._path()[-1:]
        word = SINGULAR.get(str(owner[0]), "key") if owner else "key"
        advice = "names begin with a letter and hold a-z, 0-9 and _ : 1 could be called one or option_1"
        self._flaw("FB004", f"{word} {name or '(nothing)'} is {kind_of(value)}; write it in quotes", place, help=advice)

    def _attach(self, node: Node, *, is_flow_map: bool = False) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if len(top.node.parts) >= MAX_ENTRIES:
            self._stop(f"this list or map holds more than {MAX_ENTRIES:,} entries", node.place)
        if not top.is_map:
            assert isinstance(top.node.value, list)
            top.node.parts[len(top.node.value)] = node
            top.node.value.append(node.value)
        elif top.drops_next:
            top.drops_next = False
        elif top.key is None:
            self._refuse_complex_key(top, node, is_templated=is_flow_map and top.is_flow)
        elif not self._continues(top, node):
            assert isinstance(top.node.value, dict)
            top.node.parts[top.key] = node
            top.node.value[top.key] = node.value
            top.plain = top.key if self._is_plain(node) else None
            top.key = None

    def _is_plain(self, node: Node) -> bool:
        return isinstance(node.value, str) and self.text[node.place.start : node.place.start + 1] not in ('"', "'")

    def _continues(self, top: _Open, node: Node) -> bool:
        """Give words between a comma and the next back to the text that they belong to."""
        key, before = top.key, top.plain
        if not top.is_flow or before is None or key is None or node.value is not None or " " not in key:
            return False
        place = top.node.keys[key]
        if _COLON.match(self.text, place.end):
            return False
        assert isinstance(top.node.value, dict)
        start = top.node.parts[before].place
        whole = " ".join(self.text[start.start : place.end].split())
        del top.node.keys[key]
        top.node.value[before] = whole
        top.node.parts[before] = Node(whole, replace(start, end=place.end))
        top.key = None
        message = f"a comma ends a text inside {{ }}; this is read as {quoted(whole)}, but should be in quotes"
        self._flaw("FB004", message, top.node.parts[before].place, level="info")
        return True

    def _refuse_complex_key(self, top: _Open, node: Node, *, is_templated: bool) -> None:
        top.drops_next = True
        if not is_templated:
            self._flaw("FB004", f"a key must be a word, not {kind_of(node.value)}", node.place)
            return
        top.is_text = True
        inner = self.text[node.place.start : node.place.end]
        shown = " ".join(f"{{{inner}}}".split())
        place = Place(top.start.line, top.start.column, top.start.index, node.place.end + 1)
        self._flaw("FB006", f"{shown[:60]} needs quotes: YAML reads it as a map", place, help="put the whole text in double quotes")

    def _refuse_reuse(self, event: Any) -> None:
        if event.anchor is not None or event.tag is not None:
            self._flaw("FB003", REUSE, _place(event), help=INSTEAD)

    def _count(self, event: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(f"the file holds more than {MAX_VALUES:,} values", _place(event))

    def _path(self) -> Path:
        return tuple(_step_into(opened) for opened in self._stack[:-1])

    def _flaw(
        self,
        code: str,
        message: str,
        place: Place,
        *,
        notes: tuple[str, ...] = (),
        help: str | None = None,
        level: Level | None = None,
    ) -> None:
        self.flaws.append(Flaw(code, message, place, self._path(), notes, help, level))

    def _stop(self, message: str, place: Place, advice: str | None = None) -> NoReturn:
        raise Unreadable(Flaw("FB001", message, place, help=advice))


def _question(text: str, place: Place) -> tuple[str, Place]:
    last = Place(place.line, place.column + place.end - place.start - 1, place.end - 1, place.end)
    shown = text if len(text) <= 60 else f"…{text[-59:]}"
    return f'the question mark before "}}" must be inside quotes: "{shown}"', last


def _step_into(opened: _Open) -> str | int:
    if opened.is_map:
        return opened.key or ""
    return len(opened.node.parts)


def _place(event: Any) -> Place:
    return Place.between(event.start_mark, event.end_mark)
