"""One alarm an incident: the earliest instant at which time itself must act."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from engine.store.prepared import Prepared
from engine.store.tables import alarms

_MOVE: Final = Prepared.upsert(alarms)
_TAKE_AWAY: Final = Prepared.of(delete(alarms).where(alarms.c.incident_id == bindparam("wanted")))


def set_alarm(tx: Connection, incident_id: str, at: datetime | None) -> None:
    """Move an incident's alarm; None takes it away."""
    if at is None:
        _TAKE_AWAY.change(tx, {"wanted": incident_id})
        return
    _MOVE.change(tx, {"incident_id": incident_id, "due_at": at})


def due_alarms(tx: Connection, now: datetime, limit: int) -> list[tuple[str, datetime]]:
    """List incidents whose alarm is due, by id, with the instant of the alarm, longest due first."""
    return [(incident_id, datetime.fromisoformat(due_at)) for incident_id, due_at in _DUE.every(tx, {"now": now, "most": limit})]


def next_alarm_at(tx: Connection) -> datetime | None:
    """Find the earliest alarm of all."""
    first = _FIRST.first(tx, {})
    return datetime.fromisoformat(first[0]) if first and first[0] else None


_LONGEST_DUE: Final = (
    select(alarms.c.incident_id, alarms.c.due_at)
    .where(alarms.c.due_at <= bindparam("now"))
    .order_by(alarms.c.due_at, alarms.c.incident_id)
    .limit(bindparam("most"))
)
_DUE: Final = Prepared.of(_LONGEST_DUE)
_FIRST: Final = Prepared.of(select(func.min(alarms.c.due_at)))
