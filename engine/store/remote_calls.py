"""Calls to a service that limits them: remembered as long as they count, so that a restart forgets no limit.

Several processes count their calls together: whoever adds one holds them all for that moment, and takes the database's own time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, text, true

from engine.store.locking import hold, is_shared
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


def hold_calls(tx: Connection) -> None:
    """Be the only transaction that adds calls, until it ends."""
    hold(tx, "remote calls")


def database_now(tx: Connection) -> datetime | None:
    """Tell the time of a database that several processes share; None where there is no other clock than ours."""
    return datetime.fromisoformat(str(tx.execute(_NOW).scalar_one())) if is_shared(tx) else None


def calls_since(tx: Connection, at: datetime, method: str = "") -> list[MadeCall]:
    """List the calls made since an instant, and the pauses that end after it, oldest first; of one method, or of all."""
    counts = or_(remote_calls.c.at >= at, remote_calls.c.paused_until > at)
    of_method = remote_calls.c.name.startswith(f"{method} ") if method else true()
    rows = tx.execute(select(remote_calls).where(counts, of_method).order_by(remote_calls.c.number)).all()
    return [MadeCall(row.name, row.at, row.paused_until) for row in rows]


def forget_calls(tx: Connection, before: datetime) -> int:
    """Forget what no longer counts: calls made, and pauses that ended, before an instant. Returns how many."""
    is_over = or_(remote_calls.c.paused_until.is_(None), remote_calls.c.paused_until < before)
    return tx.execute(delete(remote_calls).where(remote_calls.c.at < before, is_over)).rowcount


_NOW: Final = text("""SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""")
_ADD: Final = Prepared.of(insert(remote_calls).values({name: bindparam(name) for name in ("name", "at", "paused_until")}))
