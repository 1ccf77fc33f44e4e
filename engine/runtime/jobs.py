"""Where the worker's jobs come from: one port, two drivers.

A job is put there in the transaction that makes it necessary (`engine.store.queued.enqueue_owed`, and the owed rows themselves),
claimed by one process, and finished in the transaction that records what came of it: done, to be tried later, or dead. Whoever
does one may do it twice: each looks at its row first.

- `RowJobs`, on a file: the rows that are owed are the jobs, and one process does them.
- `QueuedJobs`, where processes share a database: pgqueuer claims, waits for signs of life and gives a dead worker's jobs to others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog
from sqlalchemy import Connection

from engine.runtime.clock import new_id
from engine.runtime.outcome import Decided
from engine.runtime.together import Together
from engine.store.alarms import due_alarms
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.job import Job
from engine.store.outbox import Arrival, Owed, claim_due, next_due, record_sent
from engine.store.pgqueue import CHANNEL, Unreadable, beat, finish, park, parked, strays
from engine.store.queued import claim_alarms, claim_deliveries, end_and_enqueue, record_arrivals, sweep
from engine.store.seal import Sealer

ALONE: Final = timedelta(seconds=60)
"""How long what was in flight when a process died stays in doubt; a living process never sends it twice at once."""
SHARED: Final = timedelta(minutes=5)
"""Longer than any sending: it keeps older releases, which know of no queue, from what a job holds."""
BEAT_SECONDS: Final = 1.0
"""Between two signs of life; a job outlives a database that is away for five of them (`pgqueue.SILENT`)."""
SWEEP_SECONDS: Final = 0.2
"""At least, between two sweeps of one process."""
LISTED: Final = 16
"""Alarms that are taken at a time: while they are answered, requests wait, and other workers find the rest."""
SHOWN: Final = 20

_log = structlog.get_logger("firebreak.jobs")


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm that is due, for the caller alone to ring; `job` is what it was claimed by, where jobs are queued."""

    incident_id: str
    at: datetime
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was claimed together, and when there may be more to claim."""

    owed: list[Owed]
    next_at: datetime | None


class Jobs(Protocol):
    """What there is to do on one kind of database."""

    async def sweep(self, now: datetime, *, at_once: bool) -> None:
        """Make jobs of what only time has made due; not too often, unless `at_once`."""

    async def alarms(self, now: datetime) -> list[Due]:
        """Claim alarms that are due, longest due first."""

    async def deliveries(self, sealer: Sealer, now: datetime, *, limit: int, lease: timedelta) -> Claimed:
        """Claim what may be sent now: of each lane at most one post, and edits of what stands already."""

    def held(self, *jobs: Job | None) -> AbstractAsyncContextManager[None]:
        """Keep claimed jobs from other processes until the block ends."""

    def finish(self, tx: Connection, job: Job | None) -> None:
        """End a job, in the transaction that records what came of it."""

    def settled(self, tx: Connection, owed: Owed, now: datetime) -> None:
        """End what a delivery was claimed by, and let go what waited for it, in the transaction that records what came of it."""

    async def arrived(self, sealer: Sealer, arrival: Arrival, now: datetime) -> None:
        """Record that a delivery was sent, and settle it; with others that are there at the same time, where that is cheaper."""

    async def look_after(self) -> None:
        """Take out what nobody can do; now and then."""

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever another process has made a job, until cancelled."""


def jobs_on(database: Database) -> Jobs:
    """Choose the driver of a database."""
    return QueuedJobs(database, UUID(new_id())) if database.is_shared else RowJobs(database)


class RowJobs:
    """One process on a file: nothing is queued, nobody has to be kept away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self, now: datetime, *, at_once: bool) -> None:
        """Rows that are due are jobs already."""

    async def alarms(self, now: datetime) -> list[Due]:
        return [Due(*found) for found in await self._database.read(lambda tx: due_alarms(tx, now, LISTED))]

    async def deliveries(self, sealer: Sealer, now: datetime, *, limit: int, lease: timedelta) -> Claimed:
        return await self._database.write(
            lambda tx: Claimed(claim_due(tx, sealer, now, limit=limit, lease_until=now + lease), next_due(tx))
        )

    def held(self, *jobs: Job | None) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def finish(self, tx: Connection, job: Job | None) -> None:
        """The row's new state is its end."""

    def settled(self, tx: Connection, owed: Owed, now: datetime) -> None:
        """What waited in its lane is owed already."""

    async def arrived(self, sealer: Sealer, arrival: Arrival, now: datetime) -> None:
        await self._database.write(lambda tx: record_sent(tx, sealer, arrival.owed, arrival.receipt, now))

    async def look_after(self) -> None:
        """Rows are what we wrote."""

    async def listen(self, heard: Callable[[], None]) -> None:
        """Nobody else writes here."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    sealer: Sealer
    arrival: Arrival
    now: datetime


class QueuedJobs:
    """One of several processes on one database; `worker` tells it from the others."""

    def __init__(self, database: Database, worker: UUID) -> None:
        self._database = database
        self._worker = worker
        self._under_way: set[int] = set()
        self._told: set[int] = set()
        self._swept_at = float("-inf")
        self._arrived: Together[_Arrived] = Together(self._record)

    async def sweep(self, now: datetime, *, at_once: bool) -> None:
        clock = asyncio.get_running_loop().time()
        if at_once or clock - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = clock
            await self._database.write(lambda tx: sweep(tx, now))

    async def alarms(self, now: datetime) -> list[Due]:
        claimed = await self._database.write(lambda tx: claim_alarms(tx, self._worker, now, LISTED))
        return [Due(job.about, at, job) for job, at in claimed]

    async def deliveries(self, sealer: Sealer, now: datetime, *, limit: int, lease: timedelta) -> Claimed:
        until, under_way = now + lease, frozenset(self._under_way)

        def claimed(tx: Connection) -> Claimed:
            owed = claim_deliveries(tx, sealer, self._worker, now, limit=limit, lease_until=until, under_way=under_way)
            return Claimed(owed, next_due(tx))

        return await self._database.write(claimed)

    @asynccontextmanager
    async def held(self, *jobs: Job | None) -> AsyncIterator[None]:
        numbers = {job.number for job in jobs if job is not None}
        self._under_way |= numbers
        beating = asyncio.create_task(self._beat(numbers))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            self._under_way -= numbers

    def finish(self, tx: Connection, job: Job | None) -> None:
        finish(tx, self._worker, [job.number] if job else [])

    def settled(self, tx: Connection, owed: Owed, now: datetime) -> None:
        end_and_enqueue(tx, self._worker, [owed], now)

    async def arrived(self, sealer: Sealer, arrival: Arrival, now: datetime) -> None:
        await self._arrived.put(_Arrived(sealer, arrival, now))

    async def _record(self, arrived: Sequence[_Arrived]) -> None:
        arrivals, last = [each.arrival for each in arrived], arrived[-1]
        await self._database.write(lambda tx: record_arrivals(tx, last.sealer, self._worker, arrivals, last.now))

    async def look_after(self) -> None:
        for each in await self._database.write(_parked):
            if each.number not in self._told:
                self._told.add(each.number)
                _log.error("nobody here can do a job: it is parked", job=each.number, kind=each.kind)

    async def listen(self, heard: Callable[[], None]) -> None:
        await self._database.listen(CHANNEL, heard)

    async def _beat(self, numbers: set[int]) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(Fault):  # tried again in a moment; whoever records the outcome tells
                await self._database.write(lambda tx: beat(tx, numbers))


@dataclass(frozen=True, slots=True)
class Finishing:
    """Ends a job in the transaction of the command that it caused, whatever came of it."""

    jobs: Jobs
    job: Job | None

    def recall(self, tx: Connection) -> None:
        """Know nothing: time that passes twice changes nothing."""

    def keep(self, tx: Connection, _decided: Decided, /) -> None:
        self.jobs.finish(tx, self.job)


def _parked(tx: Connection) -> list[Unreadable]:
    park(tx, [each.number for each in strays(tx, SHOWN)])
    return parked(tx, SHOWN)
