"""To-do lists: everything that somebody has to do, across incidents, what is due first.

A person's list starts from `step_people`, everybody's from `steps`: both carry an index in the list's
order, so that a page costs the same however many incidents there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, literal, select, true, tuple_

from engine.store.canonical import parsed
from engine.store.paging import Page, page_of, place_of
from engine.store.projections import OPEN
from engine.store.seal import Sealer
from engine.store.tables import AnyRow, Instant, incidents, step_people, steps
from engine.store.views import is_visible


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


def tasks_of(
    tx: Connection, sealer: Sealer, wanted: TaskFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[Task]:
    """List steps across incidents, what is due first, without a deadline last; raises BadCursor."""
    lines = steps if wanted.person is None else step_people
    order = (lines.c.due_order, lines.c.number, lines.c.position)
    question = _joined(lines).where(*_conditions(lines, wanted), is_visible(viewer)).order_by(*order).limit(limit + 1)
    if cursor is not None:
        due, number, position = place_of(cursor, datetime, int, int)
        question = question.where(tuple_(*order) > tuple_(literal(due, Instant()), number, position))

    def read(rows: Sequence[AnyRow]) -> list[Task]:
        titles = sealer.unseal_texts(tx, [row[_TITLE] for row in rows])
        return [_task(row, title) for row, title in zip(rows, titles, strict=True)]

    return page_of(tx.execute(question).all(), limit, lambda row: tuple(row[_PLACE:]), read)


def _task(row: AnyRow, title: Any) -> Task:
    people = tuple(parsed(row[_PEOPLE]))
    fields: list[Any] = [*row[:_TITLE], title, *row[_TITLE + 1 : _PEOPLE], people, *row[_PEOPLE + 1 : _PLACE]]
    return Task(*fields)


def _joined(lines: Table) -> Select[Any]:
    question = select(*_SHOWN).join_from(lines, incidents, incidents.c.id == lines.c.incident_id)
    if lines is steps:
        return question
    return question.join(steps, and_(steps.c.incident_id == lines.c.incident_id, steps.c.step == lines.c.step))


def _conditions(lines: Table, wanted: TaskFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.person is not None:
        yield lines.c.person == wanted.person
    if wanted.incident_id is not None:
        yield lines.c.incident_id == wanted.incident_id
    if wanted.late_at is not None:
        yield lines.c.is_open
        yield lines.c.due_order < wanted.late_at
    yield _in_states(lines, wanted.states)


def _in_states(lines: Table, states: tuple[str, ...]) -> ColumnElement[bool]:
    """Ask for all open steps by `is_open`, and for one state by an equation: then an index also gives the order."""
    if not states:
        return true()
    if frozenset(states) == OPEN:
        return lines.c.is_open == true()
    return lines.c.state == states[0] if len(states) == 1 else lines.c.state.in_(states)
