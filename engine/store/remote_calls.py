"""Calls to a service that limits them: remembered as long as they count, so that a restart forgets no limit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from engine.store.prepared import Prepared
from engine.store.tables import remote_calls


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call that was made, or the pause that it was answered with."""

    name: str
    at: datetime
    paused_until: datetime | None = None


def add_call(tx: Connection, call: MadeCall) -> None:
    """Write a call down."""
    _ADD.change(tx, {"name": call.name, "at": call.at, "paused_until": call.paused_until})


def calls_since(tx: Connection, at: datetime) -> list[MadeCall]:
    """List the calls made since an instant, and the pauses that end after it, oldest first."""
    counts = or_(remote_calls.c.at >= at, remote_calls.c.paused_until > at)
    rows = tx.execute(select(remote_calls).where(counts).order_by(remote_calls.c.number)).all()
    return [MadeCall(row.name, row.at, row.paused_until) for row in rows]


def forget_calls(tx: Connection, before: datetime) -> int:
    """Forget what no longer counts: calls made, and pauses that ended, before an instant. Returns how many."""
    is_over = or_(remote_calls.c.paused_until.is_(None), remote_calls.c.paused_until < before)
    return tx.execute(delete(remote_calls).where(remote_calls.c.at < before, is_over)).rowcount


_ADD: Final = Prepared.of(insert(remote_calls).values({name: bindparam(name) for name in ("name", "at", "paused_until")}))
