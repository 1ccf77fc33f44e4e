"""Which incidents are worked in a channel: found by an index, however many incidents are open.

Rules:
- A room is known from the receipt of its delivery of kind `room`, in a rehearsal also of its card (there the room
  is a name until something stands in it); it is written in the same unit.
- Channels are kept by keyed hash, like links: they are only ever compared.
- Several incidents may share a room (rehearsals do); nobody finds one that they may not know of.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from engine.store.marks import is_erased
from engine.store.prepared import Prepared
from engine.store.projections import INCIDENT_COLUMNS, IncidentRow, incident_row
from engine.store.seal import Sealer
from engine.store.tables import deliveries, incidents, rooms
from engine.store.views import delivery_by_id, is_visible

_PUT: Final = Prepared.upsert(rooms)
_KNOWN: Final = Prepared.of(select(rooms.c.incident_id).where(rooms.c.incident_id == bindparam("wanted")))
_LISTED: Final = tuple(incidents.c[name] for name in INCIDENT_COLUMNS)
_MOST: Final = 20
"""Incidents of one channel; only a rehearsal channel has more, and there the newest count."""


def put_room(tx: Connection, sealer: Sealer, incident_id: str, receipt: dict[str, Any]) -> None:
    """Remember where an incident is worked, when the receipt says so; an id is better than a `#name`."""
    channel = receipt.get("channel")
    if not isinstance(channel, str) or not channel:
        return
    if channel.startswith("#") and _KNOWN.first(tx, {"wanted": incident_id}) is not None:
        return
    _PUT.change(tx, {"incident_id": incident_id, "fingerprint": _fingerprint(tx, sealer, channel)})


def incidents_in(
    tx: Connection, sealer: Sealer, channels: Iterable[str], *, statuses: tuple[str, ...], viewer: str | None
) -> list[IncidentRow]:
    """List the incidents worked in one of the channels (ids, or `#name` in rehearsals), newest first."""
    prints = sorted({_fingerprint(tx, sealer, channel) for channel in channels})
    found = (
        select(*_LISTED)
        .join_from(rooms, incidents, incidents.c.id == rooms.c.incident_id)
        .where(rooms.c.fingerprint.in_(prints), incidents.c.status.in_(statuses), is_visible(viewer))
        .order_by(incidents.c.number.desc())
        .limit(_MOST)
    )
    rows = tx.execute(found).all()
    summaries = sealer.unseal_texts(tx, [row.summary for row in rows])
    return [incident_row(row, summary) for row, summary in zip(rows, summaries, strict=True)]


def catch_up(tx: Connection, sealer: Sealer) -> int:
    """Remember the rooms that were opened before there was this table; a write unit, returns how many."""
    unknown = (
        select(deliveries.c.incident_id, deliveries.c.receipt)
        .outerjoin(rooms, rooms.c.incident_id == deliveries.c.incident_id)
        .where(deliveries.c.kind == bindparam("kind"), deliveries.c.receipt.is_not(None), rooms.c.incident_id.is_(None))
    )
    rows = tx.execute(unknown, {"kind": "room"}).all()
    receipts = sealer.unseal_texts(tx, [row.receipt for row in rows])
    for row, receipt in zip(rows, receipts, strict=True):
        put_room(tx, sealer, row.incident_id, {} if is_erased(receipt) else receipt)
    return len(rows)


def channel_of(tx: Connection, sealer: Sealer, incident_id: str, key: str) -> str | None:
    """Give the channel that an incident is worked in now, or None while it is not open.

    An incident that was closed to others has gone on in a second room, which counts as soon as it is owed.
    """
    known = (delivery_by_id(tx, sealer, incident_id, each) for each in (f"{key}:room:private", f"{key}:room"))
    room = next((each for each in known if each is not None), None)
    channel = (room.receipt or {}).get("channel") if room else None
    return channel if isinstance(channel, str) else None


def _fingerprint(tx: Connection, sealer: Sealer, channel: str) -> str:
    sealer.learn(tx)
    return sealer.fingerprint("room", channel)
