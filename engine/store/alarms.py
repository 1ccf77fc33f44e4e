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
    due = select(alarms.c.incident_id, alarms.c.due_at).where(alarms.c.due_at <= now)
    return [(row.incident_id, row.due_at) for row in tx.execute(due.order_by(alarms.c.due_at, alarms.c.incident_id).limit(limit))]


def next_alarm_at(tx: Connection) -> datetime | None:
    """Find the earliest alarm of all."""
    return tx.execute(select(func.min(alarms.c.due_at))).scalar()
