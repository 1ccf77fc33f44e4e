"""Reads of incidents, one function a question; nobody gets an answer about an incident that they may not know of.

`viewer` is a person's id; None sees everything (admin, engine); "" is somebody who is no person and
sees only what the whole organisation may see; a `Guest` sees only what they take part in. To-do lists are in `tasks.py`.
The list that everybody asks for is prepared: a statement for each set of filters, whose values are given by name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, Select, Text, bindparam, exists, func, or_, select, true

from engine.store.event_log import LOADED, StoredIncident, loaded
from engine.store.marks import is_erased
from engine.store.paging import Page, page_of, place_of
from engine.store.prepared import Prepared
from engine.store.projections import INCIDENT_COLUMNS, IncidentRow, fingerprint_of
from engine.store.seal import Sealer
from engine.store.search_index import holds_terms, newest_values, term_values
from engine.store.tables import NEVER, AnyRow, Instant, deliveries, incident_links, incidents, participants
from engine.store.words import terms_of

RUNNING: Final = ("active", "contained")
MOST_SIMILAR: Final = 100
IncidentLine = tuple[Any, ...]
"""An incident in a list: the values of `INCIDENT_COLUMNS`, instants as they are stored, `summary` unsealed."""

_LISTED: Final = tuple(incidents.c[name] for name in INCIDENT_COLUMNS)
_NUMBER: Final = INCIDENT_COLUMNS.index("number")
_INSTANTS: Final = frozenset(place for place, column in enumerate(_LISTED) if isinstance(column.type, Instant))
_SEVERAL: Final = ("status", "severity")


class Guest(str):
    """The id of a person from outside: a viewer for whom every incident is one for participants."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """What to look for; empty fields don't matter. `text` is a question of words (`words.py`), `person` takes part."""

    status: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    playbook: str | None = None
    person: str | None = None
    text: str | None = None
    mode: str | None = None
    external_ref: str | None = None
    declared_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenDelivery:
    """A delivery as people see it; `receipt` is what the channel answered. Without `due_at` it waits for another in its lane."""

    id: str
    kind: str
    target: str
    text: str
    step: str | None
    state: str
    revision: int
    attempts: int
    last_error: str | None
    receipt: dict[str, Any] | None
    owed_at: datetime
    due_at: datetime | None
    sent_at: datetime | None


def is_visible(viewer: str | None) -> ColumnElement[bool]:
    """Say in SQL which rows of `incidents` the viewer may know of."""
    if viewer is None:
        return true()
    takes_part = _has_part(str(viewer))
    return takes_part if isinstance(viewer, Guest) else or_(incidents.c.visibility == "organisation", takes_part)


def seen_by(viewer: str | None) -> dict[str, str]:
    """Name the viewer as a value of a prepared statement, for `VISIBLE`; one who sees everything has no name."""
    if viewer is None:
        return {}
    return {"guest" if isinstance(viewer, Guest) else "viewer": str(viewer)}


def _has_part(person: Any) -> ColumnElement[bool]:
    return exists().where(participants.c.incident_id == incidents.c.id, participants.c.person == person)


VISIBLE: Final[Mapping[str, ColumnElement[bool]]] = {
    "viewer": or_(incidents.c.visibility == "organisation", _has_part(bindparam("viewer", type_=Text()))),
    "guest": _has_part(bindparam("guest", type_=Text())),
}
"""`is_visible` for prepared statements, by the name that `seen_by` gives the viewer."""

_ASKED: Final[Mapping[str, ColumnElement[bool]]] = {
    **VISIBLE,
    "before": incidents.c.number < bindparam("before", type_=Integer()),
    "playbook": incidents.c.playbook_id == bindparam("playbook", type_=Text()),
    "mode": incidents.c.mode == bindparam("mode", type_=Text()),
    "external_ref": incidents.c.external_ref == bindparam("external_ref", type_=Text()),
    "declared_after": incidents.c.declared_at > bindparam("declared_after", type_=Instant()),
    "person": incidents.c.number.in_(select(participants.c.number).where(participants.c.person == bindparam("person", type_=Text()))),
}
"""What a list may be asked for, by the names of the values."""


def incident_by_key(tx: Connection, sealer: Sealer, key_or_id: str, viewer: str | None) -> StoredIncident | None:
    """Find an incident by key or id; None also when the viewer may not know that it exists."""
    wanted = or_(incidents.c.key == key_or_id, incidents.c.id == key_or_id)
    row = tx.execute(select(*LOADED).where(wanted, is_visible(viewer))).first()
    return loaded(tx, sealer, row) if row else None


def incidents_found(
    tx: Connection, sealer: Sealer, wanted: IncidentFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[IncidentRow]:
    """List incidents, newest first; raises BadCursor and BadQuestion."""
    page = incidents_listed(tx, sealer, wanted, viewer=viewer, cursor=cursor, limit=limit)
    return Page(tuple(_row(line) for line in page.items), page.next)


def incidents_listed(
    tx: Connection, sealer: Sealer, wanted: IncidentFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[IncidentLine]:
    """List incidents as `incidents_found` does, for whoever only shows them."""
    values = {**_values(tx, wanted), **seen_by(viewer)}
    if cursor is not None:
        values["before"] = place_of(cursor, int)[0]
    rows = _newest_first(tx, values, limit + 1)

    def read(shown: Sequence[tuple[Any, ...]]) -> list[IncidentLine]:
        summaries = sealer.unseal_texts(tx, [row[-1] for row in shown])
        return [(*row[:-1], summary) for row, summary in zip(shown, summaries, strict=True)]

    return page_of(rows, limit, lambda row: (row[_NUMBER],), read)


def incidents_counted(tx: Connection, wanted: IncidentFilter, *, viewer: str | None) -> int:
    """Count what `incidents_found` would list on all its pages; raises BadQuestion."""
    values = {**_values(tx, wanted), **seen_by(viewer)}
    counted = _counting(frozenset(values)).first(tx, values)
    assert counted is not None
    return int(counted[0])


def deliveries_of(tx: Connection, sealer: Sealer, incident_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[SeenDelivery]:
    """List an incident's deliveries, oldest first; raises BadCursor. The caller has found the incident for the viewer."""
    after = place_of(cursor, int)[0] if cursor is not None else 0
    of_incident = (deliveries.c.incident_id == incident_id, deliveries.c.number > after)
    rows = tx.execute(select(deliveries).where(*of_incident).order_by(deliveries.c.number).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.number,), lambda shown: _seen(tx, sealer, shown))


def newest_deliveries(
    tx: Connection, sealer: Sealer, incident_id: str, *, states: Sequence[str], kinds: Sequence[str] = (), limit: int = 50
) -> list[SeenDelivery]:
    """List an incident's deliveries in these states, of these kinds (none: any), newest first. The caller has found it for the viewer."""
    among = (deliveries.c.state.in_(states), *((deliveries.c.kind.in_(kinds),) if kinds else ()))
    question = select(deliveries).where(deliveries.c.incident_id == incident_id, *among)
    return _seen(tx, sealer, tx.execute(question.order_by(deliveries.c.number.desc()).limit(limit)).all())


def delivery_by_id(tx: Connection, sealer: Sealer, incident_id: str, delivery_id: str) -> SeenDelivery | None:
    """Find one delivery of an incident."""
    wanted = (deliveries.c.incident_id == incident_id, deliveries.c.id == delivery_id)
    return next(iter(_seen(tx, sealer, tx.execute(select(deliveries).where(*wanted)).all())), None)


def open_incidents_with_link(tx: Connection, sealer: Sealer, links: Iterable[str], *, viewer: str | None) -> list[str]:
    """List keys of active or contained incidents that hold one of the links (normalised as in `Projection.links`).

    The oldest first, and no more than `MOST_SIMILAR`: one would do to be found by, and whoever declares waits for it.
    """
    prints = {fingerprint_of(tx, sealer, link) for link in links}
    if not prints:
        return []
    linked = incident_links.join(incidents, incidents.c.id == incident_links.c.incident_id)
    question = select(incidents.c.key, incidents.c.number).distinct().select_from(linked)
    holding = question.where(incident_links.c.fingerprint.in_(sorted(prints)), incidents.c.status.in_(RUNNING), is_visible(viewer))
    return [row.key for row in tx.execute(holding.order_by(incidents.c.number).limit(MOST_SIMILAR))]


def _row(line: IncidentLine) -> IncidentRow:
    values: list[Any] = [datetime.fromisoformat(value) if place in _INSTANTS and value else value for place, value in enumerate(line)]
    return IncidentRow(*values)


def _values(tx: Connection, wanted: IncidentFilter) -> dict[str, Any]:
    """Name the values of a filter; of several statuses, severities or terms each by its number."""
    asked = {name: getattr(wanted, name) for name in ("playbook", "mode", "external_ref", "declared_after", "person")}
    several = {f"{name}_{number}": value for name in _SEVERAL for number, value in enumerate(getattr(wanted, name))}
    terms = term_values(tx.dialect.name, terms_of(wanted.text)) if wanted.text else {}
    return {**{name: value for name, value in asked.items() if value is not None}, **several, **terms}


def _newest_first(tx: Connection, values: dict[str, Any], most: int) -> list[tuple[Any, ...]]:
    """Ask for a page; of a search first among the newest, and only where those are too few among all."""
    if "term_0" in values:
        newest = values | newest_values(tx, values.get("before"))
        rows = _listing(frozenset(newest)).every(tx, {**newest, "most": most})
        if len(rows) == most:
            return rows
    return _listing(frozenset(values)).every(tx, {**values, "most": most})


@lru_cache(maxsize=128)
def _listing(asked: frozenset[str]) -> Prepared:
    def question(dialect: str) -> Select[Any]:
        found = select(*_LISTED).where(*_conditions(asked, dialect)).order_by(incidents.c.number.desc())
        return found.limit(bindparam("most", type_=Integer()))

    return Prepared(question)


@lru_cache(maxsize=128)
def _counting(asked: frozenset[str]) -> Prepared:
    return Prepared(lambda dialect: select(func.count()).select_from(incidents).where(*_conditions(asked, dialect)))


def _conditions(asked: frozenset[str], dialect: str) -> Iterator[ColumnElement[bool]]:
    yield from (_ASKED[name] for name in sorted(asked & _ASKED.keys()))
    yield from (among(incidents.c[name], asked) for name in _SEVERAL)
    yield from holds_terms(dialect, asked)


def among(column: ColumnElement[str], asked: Iterable[str]) -> ColumnElement[bool]:
    """Leave out an empty choice; a single value is an equation, so that its index also gives the order."""
    names = sorted(name for name in asked if name.rpartition("_")[0] == column.key)
    values = [bindparam(name, type_=Text()) for name in names]
    if not values:
        return true()
    return column == values[0] if len(values) == 1 else column.in_(values)


def _seen(tx: Connection, sealer: Sealer, rows: Sequence[AnyRow]) -> list[SeenDelivery]:
    contents = sealer.unseal_texts(tx, [row.content for row in rows])
    receipts = sealer.unseal_texts(tx, [row.receipt or "null" for row in rows])
    return [
        SeenDelivery(
            id=row.id,
            kind=row.kind,
            target=row.target,
            text=content["value"] if is_erased(content) else content["text"],
            step=row.step,
            state=row.state,
            revision=row.revision,
            attempts=row.attempts,
            last_error=row.last_error,
            receipt=None if is_erased(receipt) else receipt,
            owed_at=row.owed_at,
            due_at=row.due_at if row.due_at < NEVER else None,
            sent_at=row.sent_at,
        )
        for row, content, receipt in zip(rows, contents, receipts, strict=True)
    ]
