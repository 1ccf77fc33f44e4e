"""Whether the work itself goes on: what is overdue, what is stuck, each said in one sentence that names nobody.

`/readyz` says these sentences, and the heartbeat (`heartbeat.py`) is not sent while there is one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from engine.runtime.worker import HEARTBEAT
from engine.store.alarms import next_alarm_at
from engine.store.migrate import is_usable
from engine.store.watching import pending_since

OVERDUE: Final = timedelta(seconds=2 * HEARTBEAT)
"""How late an alarm may be before it is said."""
STUCK: Final = timedelta(minutes=15)
"""How long a delivery may have been owed, tries and pauses included, before it is said. What is held back or dead is not counted."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands in the database; instants are aware UTC."""

    is_current: bool
    alarm_at: datetime | None
    pending_since: datetime | None

    @staticmethod
    def read(tx: Connection) -> "Signs":
        """Read the signs of one moment."""
        return Signs(is_usable(tx), next_alarm_at(tx), pending_since(tx))


def is_overdue(alarm_at: datetime | None, now: datetime) -> bool:
    return alarm_at is not None and now - alarm_at > OVERDUE


def is_stuck(pending_since: datetime | None, now: datetime) -> bool:
    return pending_since is not None and now - pending_since > STUCK


def wrongs(signs: Signs, now: datetime) -> list[str]:
    """List what is wrong, what keeps the most from working first."""
    found = []
    if not signs.is_current:
        found.append("the database's schema is not this program's: run 'firebreak db upgrade', or install the release that wrote it")
    if signs.alarm_at is not None and is_overdue(signs.alarm_at, now):
        late = _span(now - signs.alarm_at)
        found.append(f"the oldest alarm is overdue by {late}: the worker is down, behind, or its work breaks off; see its log")
    if signs.pending_since is not None and is_stuck(signs.pending_since, now):
        old = _span(now - signs.pending_since)
        found.append(f"the oldest delivery has been owed for {old}: its channel takes nothing; 'firebreak incident deliveries' says why")
    return found


def _span(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
