"""Snapshots and read tables must say what the events alone say.

Compared after unsealing: boxes differ each time they are made, and erased values read the same on both
sides. Not compared: `NOT_REBUILT`, each for its reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean, ColumnElement, Connection, Integer, Table, select, type_coerce

from engine.store.canonical import canonical, parsed
from engine.store.event_log import StoredEvent, load, read_events
from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.projections import INCIDENT_COLUMNS, OPEN, IncidentRow, Projection, StepRow, incident_row
from engine.store.seal import Sealer
from engine.store.tables import NEVER, incidents, participants, step_people, steps

NOT_REBUILT: Final = {
    "incidents.search": "a copy of key and title for searching; a change shows a wrong list, never a wrong incident",
    "search_texts": "words for searching; a change shows a wrong list, never a wrong incident",
    "incident_links": "keyed hashes for the duplicate hint only; an erased incident keeps none that could be compared",
    "rooms": "keyed hashes of channels, from receipts of deliveries; a wrong one is seen where somebody types",
    "alarms": "when the worker looks next; it derives what is due from the incident itself",
    "deliveries": "what was sent is not history: its outcome is, as an event",
    "remote_calls": "when a service was called last; forgotten after minutes",
    "idempotency_keys": "answers that expire after a day",
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the events alone say: the snapshot as `codec` encodes it, and what is read from it."""

    snapshot: dict[str, Any]
    projection: Projection


Rebuild = Callable[[Connection, Sequence[StoredEvent]], Rebuilt]


def rebuilt_findings(tx: Connection, sealer: Sealer, incident_id: str, rebuild: Rebuild) -> list[Finding]:
    """Compare one incident, whose chain is sound, with what its events say."""
    try:
        rebuilt = rebuild(tx, read_events(tx, sealer, incident_id))
    except Fault as fault:
        return [Finding(incident_id, None, f"the events can't be read: {fault.what}")]
    key = rebuilt.projection.incident.key
    try:
        return [Finding(key, None, text) for text in _differences(tx, sealer, incident_id, rebuilt)]
    except (Fault, ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        what = error.what if isinstance(error, Fault) else str(error)
        return [Finding(key, None, f"the snapshot or what stands in lists can't be read: {what}")]


def _is_other(stored: dict[str, Any], rebuilt: dict[str, Any]) -> bool:
    """Say whether two snapshots differ; one of an older shape can't be compared and is rebuilt when it is used."""
    return stored.get("schema") == rebuilt.get("schema") and canonical(stored) != canonical(rebuilt)


def _is_same(stored: Any, wanted: Any) -> bool:
    return canonical(stored) == canonical(wanted) if isinstance(stored, dict) else bool(stored == wanted)


def _differences(tx: Connection, sealer: Sealer, incident_id: str, rebuilt: Rebuilt) -> Iterator[str]:
    stored, wanted = load(tx, sealer, incident_id), rebuilt.projection
    if stored is None or _is_other(stored.snapshot, rebuilt.snapshot):
        yield "the snapshot was changed: it is not what the events say"
    row = _stored_row(tx, sealer, incident_id)
    for name in INCIDENT_COLUMNS:
        if not _is_same(getattr(row, name), getattr(wanted.incident, name)):
            yield f"the incident's {name} was changed: it is not what the events say"
    yield from _step_differences(_stored_steps(tx, sealer, incident_id), _rebuilt_steps(wanted))
    yield from _people_differences(tx, incident_id, wanted)


def _stored_row(tx: Connection, sealer: Sealer, incident_id: str) -> IncidentRow:
    columns = (incidents.c[name] for name in INCIDENT_COLUMNS)
    row = tx.execute(select(*columns).where(incidents.c.id == incident_id)).one()
    return incident_row(row, sealer.unseal_texts(tx, [row.summary])[0])


_Line = tuple[int, bool, Any, StepRow]
"""What orders a step in lists (number, open, deadline), and the step."""


def _stored_steps(tx: Connection, sealer: Sealer, incident_id: str) -> dict[str, _Line]:
    rows = tx.execute(select(*_raw_flags(steps)).where(steps.c.incident_id == incident_id)).all()
    titles = sealer.unseal_texts(tx, [row.title for row in rows])
    return {
        row.step: (
            row.number,
            row.is_open,
            row.due_order,
            StepRow(
                step=row.step,
                position=row.position,
                kind=row.kind,
                title=title,
                state=row.state,
                role=row.role,
                assignee=row.assignee,
                people=tuple(parsed(row.people)),
                due_at=row.due_at,
                ready_at=row.ready_at,
                settled_at=row.settled_at,
                private=row.private,
            ),
        )
        for row, title in zip(rows, titles, strict=True)
    }


def _raw_flags(table: Table) -> list[ColumnElement[Any]]:
    """Ask for flags as the numbers that they are stored as: 7 reads as true, but no list would find it."""
    return [type_coerce(column, Integer).label(column.name) if isinstance(column.type, Boolean) else column for column in table.columns]


def _rebuilt_steps(wanted: Projection) -> dict[str, _Line]:
    return {row.step: (wanted.incident.number, row.state in OPEN, row.due_at or NEVER, row) for row in wanted.steps}


def _step_differences(stored: dict[str, _Line], wanted: dict[str, _Line]) -> Iterator[str]:
    for name in sorted(stored.keys() | wanted.keys()):
        if name not in stored:
            yield f"step {name} is missing from the to-do lists"
        elif name not in wanted:
            yield f"step {name} stands in the to-do lists, but not in the events"
        elif stored[name] != wanted[name]:
            yield f"step {name} was changed in the to-do lists: it is not what the events say"


def _people_differences(tx: Connection, incident_id: str, wanted: Projection) -> Iterator[str]:
    taking_part = select(participants.c.person, participants.c.number).where(participants.c.incident_id == incident_id)
    number = wanted.incident.number
    if {tuple(row) for row in tx.execute(taking_part)} != {(person, number) for person in wanted.participants}:
        yield "who takes part was changed: it is not what the events and the organisation file say"
    on_lists = select(*_raw_flags(step_people)).where(step_people.c.incident_id == incident_id)
    lines = {
        (incident_id, row.step, person, number, row.position, row.state, row.state in OPEN, row.due_at or NEVER)
        for row in wanted.steps
        for person in row.people
    }
    if {tuple(row) for row in tx.execute(on_lists)} != lines:
        yield "whose to-do lists steps stand on was changed: it is not what the events say"
