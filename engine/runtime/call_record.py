"""Keeps the calls to Slack in the database, for the gate that paces them (`engine.channels.slack_gate`).

Where one process writes, the gate itself knows all calls, and the record outlives it. Where several do, the record decides:
one transaction at a time looks at what all of them called within the last minute, by the database's clock, and writes the
next call down or says how long it must wait.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from engine.runtime.clock import Clock
from engine.store.database import Database
from engine.store.remote_calls import MadeCall, add_call, calls_since, database_now, forget_calls, hold_calls

COUNTS: Final = timedelta(minutes=1)
"""How far back calls limit the next one."""
KEPT: Final = timedelta(minutes=2)
"""How long a call is kept, with room to spare."""


Call = tuple[str, datetime, datetime | None]
"""The name of a call, when it was made, and until when it was answered with a pause."""
Rule = Callable[[str, Sequence[Call], datetime], timedelta]
"""Says how long a call of that name must wait now, after others of its method; zero when it may be made."""


class StoredCalls:
    """The record of one service's calls; `rule` is the service's own."""

    def __init__(self, database: Database, clock: Clock, rule: Rule) -> None:
        self._database = database
        self._clock = clock
        self._rule = rule

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> timedelta:
        """Write a call down, durably, or give how long it must wait for those of other processes. Raises Fault."""
        if self._database.is_shared:
            return await self._database.write(lambda tx: self._noted(tx, name, None if paused_until is None else paused_until - at))
        await self._database.write(lambda tx: add_call(tx, MadeCall(name, at, paused_until)))
        return timedelta()

    async def since(self, at: datetime) -> Sequence[Call]:
        """Give the calls made since an instant, and the pauses that end after it, oldest first; none where the record decides."""
        if self._database.is_shared:
            return []
        return [(call.name, call.at, call.paused_until) for call in await self._database.read(lambda tx: calls_since(tx, at))]

    async def forget(self) -> None:
        """Forget what no longer counts: a chore."""
        now = self._clock.now()
        await self._database.write(lambda tx: forget_calls(tx, (database_now(tx) or now) - KEPT))

    def _noted(self, tx: Connection, name: str, pause: timedelta | None) -> timedelta:
        """Write down a pause, or a call if there is room for it among all that were made."""
        hold_calls(tx)
        now = database_now(tx)
        assert now is not None
        calls = [(call.name, call.at, call.paused_until) for call in calls_since(tx, now - COUNTS, name.partition(" ")[0])]
        wait = self._rule(name, calls, now) if pause is None else timedelta()
        if not wait:
            add_call(tx, MadeCall(name, now, None if pause is None else now + pause))
        return wait
