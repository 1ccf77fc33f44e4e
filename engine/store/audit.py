"""Find whatever was changed, removed or reordered behind the program's back, and say which.

Rules:
- Digests are computed from the stored text itself, never from values read through types: any byte counts.
- Whoever can rewrite every table consistently is not found: that needs a head signed and kept outside the
  database. So a clean report says "consistent, not anchored".
- With `rebuild`, snapshots and read tables must say what the events alone say; see `audit_rebuilt.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Integer, Select, Table, Text, exists, func, or_, select, type_coerce

from engine.store.audit_rebuilt import Rebuild, rebuilt_findings
from engine.store.chain import EVENT_COLUMNS, HEAD_COLUMNS, ORIGIN, digest_of
from engine.store.finding import Finding
from engine.store.seal import Sealer
from engine.store.tables import AnyRow, events, heads, incidents


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How much was looked at, and what is wrong with it."""

    incidents: int
    events: int
    heads: int
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """Say "consistent, not anchored", or how many findings there are."""
        count = len(self.findings)
        return f"{count} finding{'s' if count > 1 else ''}" if count else "consistent, not anchored"


def verify(tx: Connection, sealer: Sealer | None, *, rebuild: Rebuild | None = None, key: str | None = None) -> AuditReport:
    """Check the log of heads and every incident's chain (or, of the incidents, only the one with this key or id).

    Chains are checked as stored; only `rebuild` opens what is sealed, and needs the sealer.
    """
    findings = [*_head_findings(tx)]
    findings += _vanished(tx) if key is None else []
    wanted = select(*_raw(incidents, ("id", "key", "version", "head_digest"))).order_by(incidents.c.number)
    rows = tx.execute(wanted if key is None else wanted.where(or_(incidents.c.key == key, incidents.c.id == key))).all()
    if key is not None and not rows:
        findings.append(Finding(key, None, f"there is no incident {key}"))
    count = 0
    for row in rows:
        chain = tx.execute(_events_of(row.id)).all()
        wrong = [*_chain_findings(tx, row, chain)]
        if rebuild and sealer and not wrong:
            wrong += rebuilt_findings(tx, sealer, row.id, rebuild)
        findings += wrong
        count += len(chain)
    return AuditReport(len(rows), count, tx.execute(select(func.count()).select_from(heads)).scalar_one(), tuple(findings))


def _raw(table: Table, names: Sequence[str]) -> list[Any]:
    """Name columns as the database holds them, so that no conversion hides a change."""
    plain = {int: Integer()}
    return [type_coerce(table.c[name], plain.get(table.c[name].type.python_type, Text())).label(name) for name in names]


def _events_of(incident_id: str) -> Select[Any]:
    return select(*_raw(events, (*EVENT_COLUMNS, "digest"))).where(events.c.incident_id == incident_id).order_by(events.c.seq)


def _chain_findings(tx: Connection, incident: AnyRow, chain: Sequence[AnyRow]) -> Iterator[Finding]:
    expected, previous = 1, ORIGIN
    for event in chain:
        yield from _event_findings(incident.key, event, expected, previous)
        expected, previous = event.seq + 1, event.digest
    yield from _row_findings(incident, expected - 1, previous)
    yield from _heads_of_incident(tx, incident, {event.seq: event.digest for event in chain})


def _event_findings(key: str, event: AnyRow, expected: int, previous: str) -> Iterator[Finding]:
    if event.seq > expected:
        yield Finding(key, expected, f"{_span(expected, event.seq - 1)} missing")
    elif event.previous_digest != previous:
        yield Finding(key, event.seq, f"event {event.seq} does not follow event {event.seq - 1}: one of them was changed or moved")
    if digest_of(*event[:-1]) != event.digest:
        yield Finding(key, event.seq, f"event {event.seq} was changed: it does not match its digest")


def _row_findings(incident: AnyRow, last: int, head: str) -> Iterator[Finding]:
    if incident.version > last:
        yield Finding(incident.key, last + 1, f"{_span(last + 1, incident.version)} missing at the end")
    elif incident.version < last:
        yield Finding(incident.key, last, f"the incident is stored at version {incident.version}, but has {last} events")
    elif incident.head_digest != head:
        yield Finding(incident.key, last, "the incident's head was changed: it is not its last event's digest")


def _heads_of_incident(tx: Connection, incident: AnyRow, digests: dict[int, str]) -> Iterator[Finding]:
    own = select(*_raw(heads, ("number", "version", "head_digest"))).where(heads.c.incident_id == incident.id).order_by(heads.c.number)
    rows = tx.execute(own).all()
    for head in rows:
        if digests.get(head.version, head.head_digest) != head.head_digest:
            yield Finding(incident.key, head.version, f"event {head.version} is not the one that entry {head.number} of the heads names")
    newest = rows[-1].version if rows else 0
    if newest != incident.version:
        yield Finding(incident.key, newest, f"the incident is stored at version {incident.version}, but its newest head is {newest}")


def _head_findings(tx: Connection) -> Iterator[Finding]:
    """Walk the log of heads; it may be long, so rows are read as they come."""
    expected, previous = 1, ORIGIN
    for head in tx.execute(select(*_raw(heads, (*HEAD_COLUMNS, "digest"))).order_by(heads.c.number)):
        if head.number != expected:
            yield Finding(None, None, f"entries {expected} to {head.number - 1} of the heads are missing")
        elif head.previous_digest != previous:
            yield Finding(None, None, f"entry {head.number} of the heads does not follow entry {head.number - 1}")
        if digest_of(*head[:-1]) != head.digest:
            yield Finding(None, None, f"entry {head.number} of the heads was changed: it does not match its digest")
        expected, previous = head.number + 1, head.digest


def _vanished(tx: Connection) -> list[Finding]:
    """Find incidents that only the log of heads, or events, still know."""
    gone = []
    for table, trace in ((heads, "heads"), (events, "events")):
        unknown = select(table.c.incident_id).distinct().where(~exists().where(incidents.c.id == table.c.incident_id))
        gone += [Finding(name, None, f"incident {name} is missing, its {trace} are not") for name in tx.execute(unknown).scalars()]
    return gone


def _span(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"


PROTECTED: Final = {events: (*EVENT_COLUMNS, "digest"), heads: (*HEAD_COLUMNS, "digest"), incidents: ("id", "version", "head_digest")}
"""Columns in which a change is found without `rebuild`."""
