"""What happened since somebody last looked, change by change: which events of which incidents, from the log of heads.

The log of heads is written with every change, in its transaction and in one order for all incidents: whoever reads on from where
they were misses nothing and needs nobody to tell them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from engine.store.prepared import Prepared
from engine.store.tables import events, heads


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: by which entry of the log it was written, and its number and type."""

    position: int
    incident_id: str
    seq: int
    type: str


_AFTER: Final = Prepared.of(
    select(heads.c.number, heads.c.incident_id, heads.c.version)
    .where(heads.c.number > bindparam("seen"))
    .order_by(heads.c.number)
    .limit(bindparam("most"))
)
_EVENTS: Final = Prepared.of(
    select(events.c.seq, events.c.type)
    .where(events.c.incident_id == bindparam("incident"), events.c.seq > bindparam("after"), events.c.seq <= bindparam("until"))
    .order_by(events.c.seq)
)
_VERSION_BEFORE: Final = Prepared.of(
    select(func.max(heads.c.version)).where(heads.c.incident_id == bindparam("incident"), heads.c.version < bindparam("version"))
)
_WRITTEN_BY: Final = Prepared.of(
    select(func.min(heads.c.number)).where(heads.c.incident_id == bindparam("incident"), heads.c.version >= bindparam("seq"))
)


def happened_after(tx: Connection, position: int, *, most: int) -> list[Happened]:
    """List the events of at most `most` changes after `position`, in the order of the changes."""
    return [each for row in _AFTER.every(tx, {"seen": position, "most": most}) for each in _events(tx, *row)]


def happened_in(tx: Connection, incident_id: str, *, after: int, until: int) -> Sequence[tuple[int, str]]:
    """List the numbers and types of an incident's events after one and up to another."""
    rows = _EVENTS.every(tx, {"incident": incident_id, "after": after, "until": until})
    return [(row[0], row[1]) for row in rows]


def position_of(tx: Connection, incident_id: str, seq: int) -> int:
    """Find the entry of the log that wrote an event; 0 where there is none."""
    row = _WRITTEN_BY.first(tx, {"incident": incident_id, "seq": seq})
    return int(row[0] or 0) if row else 0


def version_at(tx: Connection, position: int) -> int:
    """Give the version that an entry of the log brought its incident to; 0 where there is none."""
    return tx.execute(select(heads.c.version).where(heads.c.number == position)).scalar() or 0


def _events(tx: Connection, position: int, incident_id: str, version: int) -> list[Happened]:
    row = _VERSION_BEFORE.first(tx, {"incident": incident_id, "version": version})
    before = int(row[0] or 0) if row else 0
    return [Happened(position, incident_id, *each) for each in happened_in(tx, incident_id, after=before, until=version)]
