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


def claim_alarms(tx: Connection, now: datetime, limit: int, until: datetime) -> list[tuple[str, datetime]]:
    """List what `due_alarms` does, for the caller alone: whoever claims an alarm and dies leaves it to ring again at `until`."""
    due = select(alarms.c.incident_id, alarms.c.due_at).where(alarms.c.due_at <= now)
    oldest = due.order_by(alarms.c.due_at, alarms.c.incident_id).limit(limit).with_for_update(skip_locked=True)
    claimed = [(row.incident_id, row.due_at) for row in tx.execute(oldest)]
    if claimed:
        _MOVE.change_each(tx, [{"incident_id": incident_id, "due_at": until} for incident_id, _ in claimed])
    return claimed


def next_alarm_at(tx: Connection) -> datetime | None:
    """Find the earliest alarm of all."""
    return tx.execute(select(func.min(alarms.c.due_at))).scalar()
