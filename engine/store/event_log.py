"""What happened, once, in order: each event chained to the one before by SHA-256.

Rules: payloads are sealed before they are digested, so that erasing breaks no chain; an incident's row,
its snapshot and its head change in the same statement, and only if nobody changed them since they were
loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from engine.store.acknowledged import leave
from engine.store.canonical import canonical, parsed
from engine.store.chain import ORIGIN, digest_of
from engine.store.locking import NUMBERS, ORDER, hold, locked
from engine.store.prepared import Prepared
from engine.store.projections import INCIDENT_COLUMNS, IncidentRow
from engine.store.seal import Sealer
from engine.store.tables import events, heads, incidents, instant_text

LOADED: Final = (
    incidents.c.id,
    incidents.c.key,
    incidents.c.playbook_id,
    incidents.c.playbook_version,
    incidents.c.playbook_digest,
    incidents.c.version,
    incidents.c.head_digest,
    incidents.c.status,
    incidents.c.severity,
    incidents.c.snapshot,
)
_WANTED: Final = select(*LOADED).where(or_(incidents.c.key == bindparam("wanted"), incidents.c.id == bindparam("wanted")))
_BY_KEY_OR_ID: Final = Prepared.of(_WANTED)
_TO_CHANGE: Final = Prepared(lambda dialect: locked(dialect, _WANTED))
_NAMES: Final = Prepared.of(
    select(incidents.c.id, incidents.c.key).where(or_(incidents.c.key == bindparam("wanted"), incidents.c.id == bindparam("wanted")))
)
_LAST_HEAD: Final = Prepared.of(select(heads.c.number, heads.c.digest).order_by(heads.c.number.desc()).limit(1))
_ADD_INCIDENT: Final = Prepared.of(insert(incidents))
_ADD_EVENTS: Final = Prepared.of(insert(events))
_ADD_HEAD: Final = Prepared.of(insert(heads))
_LAST_NUMBER: Final = select(func.max(incidents.c.number))


class Conflict(Exception):
    """Somebody else changed the incident since it was loaded."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event as `codec` encodes it; `payload` may hold personal marks. `actor`: what is written as JSON."""

    at: datetime
    actor: Any
    type: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as it was stored, unsealed."""

    seq: int
    at: datetime
    actor: dict[str, Any]
    type: str
    payload: dict[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """An incident as last stored: its unsealed snapshot, and the head that the next events follow."""

    id: str
    key: str
    playbook_id: str
    playbook_version: str
    playbook_digest: str
    version: int
    head_digest: str
    status: str
    severity: str
    snapshot: dict[str, Any]


def next_number(tx: Connection) -> int:
    """Give the number of the next incident (`INC-<number>`), in the same unit that declares it; nobody else declares meanwhile."""
    hold(tx, NUMBERS)
    return (tx.execute(_LAST_NUMBER).scalar() or 0) + 1


def load(tx: Connection, sealer: Sealer, key_or_id: str, *, to_change: bool = False) -> StoredIncident | None:
    """Find an incident by key or id, whoever asks (screens use `views.incident_by_key`); `to_change` locks it until the unit ends."""
    row = (_TO_CHANGE if to_change else _BY_KEY_OR_ID).first(tx, {"wanted": key_or_id})
    return loaded(tx, sealer, row) if row else None


def named_as(tx: Connection, key_or_id: str) -> tuple[str, str] | None:
    """Find the id and the key of an incident without reading it."""
    row = _NAMES.first(tx, {"wanted": key_or_id})
    return (row[0], row[1]) if row else None


def loaded(tx: Connection, sealer: Sealer, row: Sequence[Any]) -> StoredIncident:
    """Unseal a row of the columns `LOADED`."""
    stored = StoredIncident(*row)
    return replace(stored, snapshot=sealer.unseal_texts(tx, [row[-1]])[0])


def append(
    tx: Connection,
    sealer: Sealer,
    after: StoredIncident | None,
    *,
    events: Sequence[NewEvent],
    row: IncidentRow,
    snapshot: Any,
) -> str:
    """Write at least one event after `after` (None: a new incident), with the incident's row and snapshot; returns the head digest.

    `snapshot` is whatever is written as JSON; `row.version` is the version after the events. The caller says `put_in_order` with
    the head when the rest of its unit is written. Raises Conflict when the stored incident is not `after` any more.
    """
    version, head = (after.version, after.head_digest) if after else (0, ORIGIN)
    if not events or row.version != version + len(events):
        raise ValueError(f"{len(events)} events after version {version} can't make version {row.version}")
    chained = _chained(tx, sealer, row.id, events, version, head)
    new_head = str(chained[-1]["digest"])
    summary, sealed = sealer.seal_texts(tx, (row.summary, snapshot), row.id)
    stored = {name: getattr(row, name) for name in INCIDENT_COLUMNS} | {
        "head_digest": new_head,
        "search": f"{row.key} {row.title}".casefold(),
        "summary": summary,
        "snapshot": sealed,
    }
    _store_incident(tx, stored, after)
    _ADD_EVENTS.change_each(tx, chained)
    return new_head


def put_in_order(tx: Connection, incident_id: str, version: int, head: str) -> None:
    """Give what was appended its place among all changes; everybody else who changes something waits from here until the unit ends."""
    hold(tx, ORDER)
    last = _LAST_HEAD.first(tx, {})
    number, previous = (last[0] + 1, last[1]) if last else (1, ORIGIN)
    row = {"number": number, "incident_id": incident_id, "version": version, "head_digest": head, "previous_digest": previous}
    digest = digest_of(*row.values())
    _ADD_HEAD.change(tx, row | {"digest": digest})
    leave(tx, number, digest)


def read_events(tx: Connection, sealer: Sealer, incident_id: str, *, after: int = 0, limit: int | None = None) -> list[StoredEvent]:
    """List events with seq > `after`, oldest first."""
    wanted = select(events).where(events.c.incident_id == incident_id, events.c.seq > after).order_by(events.c.seq).limit(limit)
    rows = tx.execute(wanted).all()
    payloads = sealer.unseal_texts(tx, [row.payload for row in rows])
    return [
        StoredEvent(row.seq, row.at, parsed(row.actor), row.type, payload, row.digest) for row, payload in zip(rows, payloads, strict=True)
    ]


def _chained(tx: Connection, sealer: Sealer, incident_id: str, new: Sequence[NewEvent], version: int, head: str) -> list[dict[str, Any]]:
    rows = []
    payloads = sealer.seal_texts(tx, (event.payload for event in new), incident_id)
    for seq, (event, text) in enumerate(zip(new, payloads, strict=True), start=version + 1):
        at, actor = instant_text(event.at), canonical(event.actor)
        digest = digest_of(incident_id, seq, at, actor, event.type, text, head)
        rows.append(
            {
                "incident_id": incident_id,
                "seq": seq,
                "at": at,
                "actor": actor,
                "type": event.type,
                "payload": text,
                "previous_digest": head,
                "digest": digest,
            }
        )
        head = digest
    return rows


def _store_incident(tx: Connection, stored: dict[str, Any], after: StoredIncident | None) -> None:
    if after is None:
        try:
            _ADD_INCIDENT.change(tx, stored)
        except tx.dialect.loaded_dbapi.IntegrityError as error:
            raise Conflict(f"an incident {stored['key']} exists already") from error
        return
    is_found_alike = all(stored[name] == getattr(after, name) for name in _FOUND_BY)
    change = _CHANGE_WITHIN if is_found_alike else _CHANGE
    changed = change.change(tx, stored | {"stored_id": after.id, "stored_version": after.version, "stored_head": after.head_digest})
    if changed != 1:
        raise Conflict(f"{after.key} is not at version {after.version} any more")


_FIXED: Final = frozenset({"id", "number", "key", "declared_at", "declared_by", "external_ref", "parent_id"})
"""Said once, when the incident is declared; leaving them out spares their indexes a rewrite."""
_FOUND_BY: Final = frozenset({"status", "severity", "playbook_id"})
"""What else incidents are found by; most commands change none of it."""


def _changing(fixed: frozenset[str]) -> Prepared:
    """Prepare the change of an incident's row but for these columns, unless somebody changed it since it was loaded."""
    changed = update(incidents).where(
        incidents.c.id == bindparam("stored_id"),
        incidents.c.version == bindparam("stored_version"),
        incidents.c.head_digest == bindparam("stored_head"),
    )
    return Prepared.of(changed.values({column.name: bindparam(column.name) for column in incidents.columns if column.name not in fixed}))


_CHANGE: Final = _changing(_FIXED)
_CHANGE_WITHIN: Final = _changing(_FIXED | _FOUND_BY)
