"""What is being sent here stays ours, and what a dead process had is soon somebody else's.

Where nobody else writes, a lease only marks what was in flight; the next process takes it over when it starts.
Where others do, a lease is short and is extended as long as the sending lasts.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from engine.runtime.clock import Clock
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.leases import extend_leases
from engine.store.outbox import Owed

ALONE: Final = timedelta(seconds=60)
"""How long what was in flight when a process died stays in doubt; a living process never sends it twice at once."""
SHARED: Final = timedelta(seconds=9)
"""How long a dead process keeps others from its work; also what its alarms are late by."""
EXTENDED_EVERY: Final = 3.0
"""Seconds; a lease outlives two extensions that fail."""


def lease_on(database: Database) -> timedelta:
    """Say how long work is leased for on this database."""
    return SHARED if database.is_shared else ALONE


@asynccontextmanager
async def held(database: Database, clock: Clock, owed: Owed, lease: timedelta, *, every: float = EXTENDED_EVERY) -> AsyncIterator[None]:
    """Keep a claimed delivery from other processes until the block ends; `every` is in seconds."""
    if not database.is_shared:
        yield
        return
    extending = asyncio.create_task(_extend(database, clock, owed, lease, every))
    try:
        yield
    finally:
        extending.cancel()
        await asyncio.gather(extending, return_exceptions=True)


async def _extend(database: Database, clock: Clock, owed: Owed, lease: timedelta, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        with suppress(Fault):  # tried again in a moment; whoever records the outcome tells
            until = clock.now() + lease
            await database.write(lambda tx: extend_leases(tx, [owed], until))  # noqa: B023 - it is awaited at once
