"""Read tables: what an incident looks like to somebody who searches. Written with its events, rebuilt from them at will."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, insert

from engine.store.canonical import canonical
from engine.store.prepared import Prepared
from engine.store.seal import Sealer
from engine.store.tables import NEVER, AnyRow, incident_links, participants, step_people, steps

OPEN: Final = frozenset({"ready", "doing"})


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """The columns that people filter by, and `summary`: what a list shows of it beyond them (JSON, may hold personal marks)."""

    id: str
    key: str
    number: int
    version: int
    playbook_id: str
    playbook_version: str
    playbook_digest: str
    title: str
    status: str
    severity: str
    mode: str
    visibility: str
    declared_at: datetime
    declared_by: str
    detected_at: datetime | None = None
    contained_at: datetime | None = None
    closed_at: datetime | None = None
    completed_at: datetime | None = None
    external_ref: str | None = None
    parent_id: str | None = None
    merged_into: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    """The last field: see `incident_row`."""


INCIDENT_COLUMNS: Final = tuple(each.name for each in fields(IncidentRow))


def incident_row(row: AnyRow, summary: dict[str, Any]) -> IncidentRow:
    """Read an incident's row back, whose first columns are `INCIDENT_COLUMNS`; `summary` has been unsealed."""
    fields_of_it: list[Any] = [*row[: len(INCIDENT_COLUMNS) - 1], summary]
    return IncidentRow(*fields_of_it)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of a to-do list. `people` are those who can act on it now; `title` may be a personal mark."""

    step: str
    position: int
    kind: str
    title: Any
    state: str
    role: str | None = None
    assignee: str | None = None
    people: tuple[str, ...] = ()
    due_at: datetime | None = None
    ready_at: datetime | None = None
    settled_at: datetime | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """All that is read of one incident. `participants` may see it; `links` find duplicates (normalised by the caller)."""

    incident: IncidentRow
    steps: tuple[StepRow, ...] = ()
    participants: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


def project(tx: Connection, sealer: Sealer, after: Projection, before: Projection | None) -> None:
    """Write the steps, people and links that differ; call it after `event_log.append`, which writes the incident's own row."""
    earlier = before or Projection(after.incident)
    stored = {row.step: row for row in earlier.steps}
    changed = [row for row in after.steps if stored.get(row.step) != row]
    gone = stored.keys() - {row.step for row in after.steps}
    _write_steps(tx, sealer, after.incident, changed)
    _write_step_people(tx, after.incident, changed, stored)
    _forget(tx, after.incident.id, gone)
    incident = {"incident_id": after.incident.id}
    people = {"number": after.incident.number}
    _replace_set(tx, participants, incident, "person", (earlier.participants, after.participants), people)
    if earlier.links != after.links:
        prints = tuple({fingerprint_of(tx, sealer, link) for link in each.links} for each in (earlier, after))
        _replace_set(tx, incident_links, incident, "fingerprint", (prints[0], prints[1]), {})


def fingerprint_of(tx: Connection, sealer: Sealer, link: str) -> str:
    """Give the keyed hash under which a link is kept."""
    sealer.learn(tx)
    return sealer.fingerprint("link", link)


def _write_steps(tx: Connection, sealer: Sealer, incident: IncidentRow, changed: list[StepRow]) -> None:
    if not changed:
        return
    titles = sealer.seal_texts(tx, (row.title for row in changed), incident.id)
    values = [
        {
            "incident_id": incident.id,
            "step": row.step,
            "number": incident.number,
            "position": row.position,
            "kind": row.kind,
            "title": title,
            "state": row.state,
            "is_open": row.state in OPEN,
            "role": row.role,
            "assignee": row.assignee,
            "people": canonical(list(row.people)),
            "due_at": row.due_at,
            "due_order": row.due_at or NEVER,
            "ready_at": row.ready_at,
            "settled_at": row.settled_at,
            "private": row.private,
        }
        for row, title in zip(changed, titles, strict=True)
    ]
    _PUT_STEPS.change_each(tx, values)


def _write_step_people(tx: Connection, incident: IncidentRow, changed: Iterable[StepRow], stored: dict[str, StepRow]) -> None:
    lost, kept = [], []
    for row in changed:
        before = stored[row.step].people if row.step in stored else ()
        lost += [{"wanted_step": row.step, "wanted_person": person} for person in before if person not in row.people]
        kept += [_person_line(incident, row, person) for person in dict.fromkeys(row.people)]
    if lost:
        _FORGET_PERSON.change_each(tx, [each | {"wanted_incident": incident.id} for each in lost])
    if kept:
        _PUT_PEOPLE.change_each(tx, kept)


def _person_line(incident: IncidentRow, row: StepRow, person: str) -> dict[str, Any]:
    return {
        "incident_id": incident.id,
        "step": row.step,
        "person": person,
        "number": incident.number,
        "position": row.position,
        "state": row.state,
        "is_open": row.state in OPEN,
        "due_order": row.due_at or NEVER,
    }


def _forget(tx: Connection, incident_id: str, gone: Collection[str]) -> None:
    """Take away the steps that a newer playbook version no longer has."""
    if gone:
        for table in (step_people, steps):
            tx.execute(delete(table).where(table.c.incident_id == incident_id, table.c.step.in_(sorted(gone))))


def _replace_set(
    tx: Connection, table: Table, owner: dict[str, Any], column: str, sets: tuple[Collection[str], Collection[str]], more: dict[str, Any]
) -> None:
    before, after = (set(each) for each in sets)
    if lost := before - after:
        tx.execute(delete(table).where(table.c.incident_id == owner["incident_id"], table.c[column].in_(sorted(lost))))
    if gained := after - before:
        tx.execute(insert(table), [owner | more | {column: value} for value in sorted(gained)])


_PUT_STEPS: Final = Prepared.upsert(steps)
_PUT_PEOPLE: Final = Prepared.upsert(step_people)
_FORGET_PERSON: Final = Prepared.of(
    delete(step_people).where(
        step_people.c.incident_id == bindparam("wanted_incident"),
        step_people.c.step == bindparam("wanted_step"),
        step_people.c.person == bindparam("wanted_person"),
    )
)
