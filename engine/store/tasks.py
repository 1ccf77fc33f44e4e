"""To-do lists: everything that somebody has to do, across incidents, what is due first.

A person's list starts from `step_people`, everybody's from `steps`: both carry an index in the list's
order, so that a page costs the same however many incidents there are. Lists are prepared, as those of incidents are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, Select, Table, Text, and_, bindparam, select, true, tuple_

from engine.store.canonical import parsed
from engine.store.paging import Page, page_of, place_of
from engine.store.prepared import Prepared
from engine.store.projections import OPEN
from engine.store.seal import Sealer
from engine.store.tables import Instant, incidents, instant_text, step_people, steps
from engine.store.views import VISIBLE, among, seen_by


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What to look for. `late_at`: only steps that are open and were due before that instant; no `states`: any."""

    person: str | None = None
    states: tuple[str, ...] = ("ready", "doing")
    late_at: datetime | None = None
    incident_id: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One step on a to-do list; `title` may be a personal mark, and a private step shows nothing beyond these fields."""

    incident_id: str
    incident_key: str
    incident_title: str
    severity: str
    mode: str
    step: str
    kind: str
    title: Any
    state: str
    role: str | None
    assignee: str | None
    people: tuple[str, ...]
    due_at: datetime | None
    ready_at: datetime | None
    private: bool


_SHOWN: Final = (
    steps.c.incident_id,
    incidents.c.key,
    incidents.c.title,
    incidents.c.severity,
    incidents.c.mode,
    *(steps.c[name] for name in ("step", "kind", "title", "state", "role", "assignee", "people", "due_at", "ready_at", "private")),
    *(steps.c[name] for name in ("due_order", "number", "position")),
)
"""What a `Task` is made of, in the order of its fields, then its place in the list."""
_TITLE, _PEOPLE, _PLACE = 7, 11, 15
_AFTER: Final = ("after_due", "after_number", "after_position")
_DUE, _READY, _PRIVATE = 12, 13, 14

stored_text = instant_text
"""How an instant is stored; such texts are in the order of their instants."""

TaskLine = tuple[Any, ...]
"""A step on a to-do list: the values of a `Task` in the order of its fields, instants as they are stored."""


def tasks_of(
    tx: Connection, sealer: Sealer, wanted: TaskFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[Task]:
    """List steps across incidents, what is due first, without a deadline last; raises BadCursor."""
    page = tasks_listed(tx, sealer, wanted, viewer=viewer, cursor=cursor, limit=limit)
    return Page(tuple(_task(line) for line in page.items), page.next)


def tasks_listed(
    tx: Connection, sealer: Sealer, wanted: TaskFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[TaskLine]:
    """List steps as `tasks_of` does, for whoever only shows them."""
    values = {**_values(wanted), **seen_by(viewer)}
    if cursor is not None:
        values |= zip(_AFTER, place_of(cursor, datetime, int, int), strict=True)
    rows = _listing(frozenset(values)).every(tx, {**values, "most": limit + 1})

    def read(shown: Sequence[tuple[Any, ...]]) -> list[TaskLine]:
        titles = sealer.unseal_texts(tx, [row[_TITLE] for row in shown])
        return [_line(row, title) for row, title in zip(shown, titles, strict=True)]

    return page_of(rows, limit, lambda row: tuple(row[_PLACE:]), read)


def _line(row: tuple[Any, ...], title: Any) -> TaskLine:
    return (*row[:_TITLE], title, *row[_TITLE + 1 : _PEOPLE], parsed(row[_PEOPLE]), *row[_PEOPLE + 1 : _PRIVATE], bool(row[_PRIVATE]))


def _task(line: TaskLine) -> Task:
    due, ready = (datetime.fromisoformat(text) if text else None for text in (line[_DUE], line[_READY]))
    fields: list[Any] = [*line[:_PEOPLE], tuple(line[_PEOPLE]), due, ready, line[_PRIVATE]]
    return Task(*fields)


def _joined(lines: Table) -> Select[Any]:
    question = select(*_SHOWN).join_from(lines, incidents, incidents.c.id == lines.c.incident_id)
    if lines is steps:
        return question
    return question.join(steps, and_(steps.c.incident_id == lines.c.incident_id, steps.c.step == lines.c.step))


def _values(wanted: TaskFilter) -> dict[str, Any]:
    """Name the values of a filter; all open steps are asked for by `open`, because then an index also gives the order."""
    asked = {"person": wanted.person, "incident_id": wanted.incident_id, "late_at": wanted.late_at}
    is_open = frozenset(wanted.states) == OPEN
    states = {"open": True} if is_open else {f"state_{number}": state for number, state in enumerate(wanted.states)}
    return {**{name: value for name, value in asked.items() if value is not None}, **states}


@lru_cache(maxsize=128)
def _listing(asked: frozenset[str]) -> Prepared:
    lines = step_people if "person" in asked else steps
    order = (lines.c.due_order, lines.c.number, lines.c.position)
    question = _joined(lines).where(*_conditions(lines, order, asked)).order_by(*order)
    return Prepared.of(question.limit(bindparam("most", type_=Integer())))


def _conditions(lines: Table, order: tuple[ColumnElement[Any], ...], asked: frozenset[str]) -> Iterator[ColumnElement[bool]]:
    yield from (lines.c[name] == bindparam(name, type_=Text()) for name in ("person", "incident_id") if name in asked)
    if "late_at" in asked:
        yield lines.c.is_open == true()
        yield lines.c.due_order < bindparam("late_at", type_=Instant())
    if "open" in asked:
        yield lines.c.is_open == true()
    if _AFTER[0] in asked:
        places = (bindparam(name, type_=column.type) for name, column in zip(_AFTER, order, strict=True))
        yield tuple_(*order) > tuple_(*places)
    yield among(lines.c.state, asked)
    yield from (VISIBLE[name] for name in sorted(asked & VISIBLE.keys()))
