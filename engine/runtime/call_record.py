"""Keeps the calls to Slack in the database, for the gate that paces them (`engine.channels.slack_gate`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from engine.runtime.clock import Clock
from engine.store.database import Database
from engine.store.remote_calls import MadeCall, add_call, calls_since, forget_calls

KEPT: Final = timedelta(minutes=2)
"""How long a call counts, with room to spare; the longest window of a limit is one minute."""


class StoredCalls:
    """The record of one service's calls."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> None:
        """Write a call down, durably. Raises Fault."""
        await self._database.write(lambda tx: add_call(tx, MadeCall(name, at, paused_until)))

    async def since(self, at: datetime) -> Sequence[tuple[str, datetime, datetime | None]]:
        """Give the calls made since an instant, and the pauses that end after it, oldest first."""
        return [(call.name, call.at, call.paused_until) for call in await self._database.read(lambda tx: calls_since(tx, at))]

    async def forget(self) -> None:
        """Forget what no longer counts: a chore."""
        before = self._clock.now() - KEPT
        await self._database.write(lambda tx: forget_calls(tx, before))
