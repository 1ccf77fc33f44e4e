"""Tells those who follow an incident that it changed, whichever process changed it.

Rules: the log of heads is asked twice a second, once for everybody, and only while somebody follows something. A storage
that is away is asked again; nothing is missed, because the log is read on from where it was left.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from engine.store.changes import MOST, changed_since, last_change
from engine.store.database import Database
from engine.store.fault import Fault

LOOK_SECONDS: Final = 0.5

_log = structlog.get_logger("firebreak.following")


class Following:
    """Followers of one process; `every` is in seconds."""

    def __init__(self, database: Database, *, every: float = LOOK_SECONDS) -> None:
        self._database = database
        self._every = every
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._asking: asyncio.Task[None] | None = None
        self._seen = 0
        self.closed = asyncio.Event()

    @asynccontextmanager
    async def of(self, incident_id: str) -> AsyncIterator[asyncio.Event]:
        """Follow an incident: the event is set after each change, and when nothing more will be told. Raises Fault."""
        changed = asyncio.Event()
        newest = await self._database.read(last_change)
        self._followers[incident_id].add(changed)
        if self._asking is None:  # who came meanwhile has begun, and hears of what is between
            self._seen = newest
            self._asking = asyncio.create_task(self._ask())
        try:
            yield changed
        finally:
            self._leave(incident_id, changed)

    def close(self) -> None:
        """Wake everybody: this process stops."""
        self.closed.set()
        for changed in self._everybody():
            changed.set()

    def _leave(self, incident_id: str, changed: asyncio.Event) -> None:
        self._followers[incident_id].discard(changed)
        if not self._followers[incident_id]:
            del self._followers[incident_id]
        if not self._followers and self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _ask(self) -> None:
        while not self.closed.is_set():
            is_behind = await self._tell()
            if not is_behind:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.closed.wait(), self._every)

    async def _tell(self) -> bool:
        """Wake the followers of what changed; True when there may be more to tell at once."""
        try:
            last, changed = await self._database.read(lambda tx: changed_since(tx, self._seen))
        except Fault as fault:
            _log.warning("what changed can't be read", fault=str(fault))
            return False
        is_behind, self._seen = last - self._seen >= MOST, last
        for incident_id in changed & self._followers.keys():
            for each in self._followers[incident_id]:
                each.set()
        return is_behind

    def _everybody(self) -> list[asyncio.Event]:
        return [changed for followers in self._followers.values() for changed in followers]
