"""What processes on a shared database do now and then beside their work, whether a worker runs in them or not."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from api.settings import Settings
from engine.runtime.clock import Clock, SystemClock
from engine.runtime.lost_history import LostHistory
from engine.runtime.shared_clock import SharedClock
from engine.runtime.worker import HEARTBEAT, Chore
from engine.store.database import Database
from engine.store.database_url import is_postgres
from engine.store.fault import Fault


def clock_for(settings: Settings) -> Clock:
    """Choose what tells the time: on PostgreSQL, which machines share, they go by its clock."""
    return SharedClock(SystemClock()) if is_postgres(settings.database) else SystemClock()


async def kept_on(database: Database, clock: Clock) -> tuple[Chore, ...]:
    """Set the clock right, and give what is to be done again and again; what fails leaves the database free. Raises Fault."""
    if not isinstance(clock, SharedClock):
        return ()
    try:
        await clock.compare(database)
    except Fault:
        await database.close()
        raise
    return partial(clock.compare, database), LostHistory(database).look


async def keep(chores: Sequence[Chore], stop: asyncio.Event, *, every: float = HEARTBEAT) -> None:
    """Do the chores every so many seconds until told to stop; while the database is away they wait."""
    while chores and not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)
            return
        for chore in chores:
            with suppress(Fault):
                await chore()
