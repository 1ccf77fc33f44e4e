"""Reads of incidents, one function a question; nobody gets an answer about an incident that they may not know of.

`viewer` is a person's id; None sees everything (admin, engine); "" is somebody who is no person and
sees only what the whole organisation may see; a `Guest` sees only what they take part in. To-do lists are in `tasks.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, true

from engine.store.event_log import LOADED, StoredIncident, loaded
from engine.store.marks import is_erased
from engine.store.paging import Page, page_of, place_of
from engine.store.projections import INCIDENT_COLUMNS, IncidentRow, fingerprint_of, incident_row
from engine.store.seal import Sealer
from engine.store.tables import NEVER, AnyRow, deliveries, incident_links, incidents, participants

RUNNING: Final = ("active", "contained")
MOST_SIMILAR: Final = 100
_LISTED: Final = tuple(incidents.c[name] for name in INCIDENT_COLUMNS)


class Guest(str):
    """The id of a person from outside: a viewer for whom every incident is one for participants."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """What to look for; empty fields don't matter. `text` stands in the key or title, `person` takes part."""

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
    takes_part = exists().where(participants.c.incident_id == incidents.c.id, participants.c.person == str(viewer))
    return takes_part if isinstance(viewer, Guest) else or_(incidents.c.visibility == "organisation", takes_part)


def incident_by_key(tx: Connection, sealer: Sealer, key_or_id: str, viewer: str | None) -> StoredIncident | None:
    """Find an incident by key or id; None also when the viewer may not know that it exists."""
    wanted = or_(incidents.c.key == key_or_id, incidents.c.id == key_or_id)
    row = tx.execute(select(*LOADED).where(wanted, is_visible(viewer))).first()
    return loaded(tx, sealer, row) if row else None


def incidents_found(
    tx: Connection, sealer: Sealer, wanted: IncidentFilter, *, viewer: str | None, cursor: str | None = None, limit: int = 50
) -> Page[IncidentRow]:
    """List incidents, newest first; raises BadCursor."""
    question = select(*_LISTED).where(*_conditions(wanted), is_visible(viewer)).order_by(incidents.c.number.desc()).limit(limit + 1)
    if cursor is not None:
        question = question.where(incidents.c.number < place_of(cursor, int)[0])

    def read(rows: Sequence[AnyRow]) -> list[IncidentRow]:
        summaries = sealer.unseal_texts(tx, [row.summary for row in rows])
        return [incident_row(row, summary) for row, summary in zip(rows, summaries, strict=True)]

    return page_of(tx.execute(question).all(), limit, lambda row: (row.number,), read)


def incidents_counted(tx: Connection, wanted: IncidentFilter, *, viewer: str | None) -> int:
    """Count what `incidents_found` would list on all its pages."""
    counted = select(func.count()).select_from(incidents).where(*_conditions(wanted), is_visible(viewer))
    return tx.execute(counted).scalar_one()


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


def _conditions(wanted: IncidentFilter) -> Iterable[ColumnElement[bool]]:
    yield from (_among(incidents.c.status, wanted.status), _among(incidents.c.severity, wanted.severity))
    exact = ((incidents.c.playbook_id, wanted.playbook), (incidents.c.mode, wanted.mode), (incidents.c.external_ref, wanted.external_ref))
    yield from (column == value for column, value in exact if value is not None)
    if wanted.text:
        yield incidents.c.search.contains(wanted.text.casefold(), autoescape=True)
    if wanted.declared_after is not None:
        yield incidents.c.declared_at > wanted.declared_after
    if wanted.person is not None:
        yield incidents.c.number.in_(select(participants.c.number).where(participants.c.person == wanted.person))


def _among(column: ColumnElement[str], values: tuple[str, ...]) -> ColumnElement[bool]:
    """Leave out an empty choice; a single value is an equation, so that its index also gives the order."""
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
