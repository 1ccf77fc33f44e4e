"""PostgreSQL: many processes read and write, each unit in a transaction of its own, on the event loop.

Rules:
- A unit is run again when it lost a race (deadlock, the same key twice) or its connection, at most until
  `PATIENCE` is over: it has left nothing behind, and a unit may be run any number of times.
- Once COMMIT has been sent, it is never run again: if the answer is lost, the Fault says that nobody knows.
- Every wait is bounded: for a connection, for a lock, for a statement, for a transaction left open.
- A caller that is cancelled, or waits no longer (`patience.py`), stops nobody: its unit ends as it would have.
- Connections belong to one event loop; use a database on the loop that used it first.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.store.acknowledged import Acknowledged, forget
from engine.store.database_url import POOL
from engine.store.fault import Fault
from engine.store.group_commit import Committed, unheard
from engine.store.patience import bounded
from engine.store.postgres_faults import (
    DRIVER_ERRORS,
    CommitUnclear,
    Unreachable,
    again_after,
    fault_of,
    is_demoted,
    is_lost,
    is_outdated,
    unanswered,
)

T = TypeVar("T")

PATIENCE: Final = 3.0
"""Seconds within which a unit is tried again; nobody is kept waiting longer than five for a database that is away."""
RACES: Final = 8
"""Times that a unit may lose to others."""
CONNECT_SECONDS: Final = 2.0
POOL_SECONDS: Final = 5.0
LOCK_SECONDS: Final = 4.0
COMMIT_SECONDS: Final = 4.0
STATEMENT_SECONDS: Final = 15.0
_IDLE_SECONDS: Final = 60.0
_LISTEN_AGAIN_SECONDS: Final = 1.0
_BOUNDS: Final = ";".join(
    f"SET {name} = {round(seconds * 1_000)}"
    for name, seconds in (
        ("statement_timeout", STATEMENT_SECONDS),
        ("lock_timeout", LOCK_SECONDS),
        ("idle_in_transaction_session_timeout", _IDLE_SECONDS),
    )
)
_RECYCLE_SECONDS: Final = 1_800
_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.5
_UNDONE: Final = "kept nothing of it"
_UNREAD: Final = "read nothing"


class PostgresDatabase:
    """One database, through a pool of connections; `mode` "read" never writes."""

    is_shared = True

    def __init__(self, url: URL, *, pool: int = POOL, is_reader: bool = False, committed: Committed = unheard) -> None:
        self._url = url
        self._engine = engine_of(url, pool=pool)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._is_reader = is_reader
        self._committed = committed
        self._is_closed = False
        self._running: set[asyncio.Task[Any]] = set()
        self._acknowledged = Acknowledged()

    @property
    def lost(self) -> int:
        """How many changes that were acknowledged here are missing in the database now, as far as `look_for_lost` knows."""
        return self._acknowledged.lost

    async def look_for_lost(self) -> int:
        """Look whether what was acknowledged here is still there; returns `lost`. Raises Fault."""
        self._acknowledged.count(await self.read(self._acknowledged.missing))
        return self.lost

    async def write(self, unit: Callable[[Connection], T]) -> T:
        if self._is_reader:
            raise Fault("the database was opened for reading", done="changed nothing", advice="send the change to the running server")
        return await self._settled(lambda: self._write(unit), done=_UNDONE)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        return await self._settled(lambda: self._look(unit), done=_UNREAD)

    async def glance(self, unit: Callable[[Connection], T]) -> T:
        return await self.read(unit)

    async def scrub(self) -> None:
        """Rewrite the table of keys, and clear what was overwritten elsewhere; the server's own log is the operator's to expire."""
        await self._settled(self._vacuum, done="the change itself is stored")

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Listen on a connection of its own, and on another one when that is lost; `heard` is called then too."""
        engine = engine_of(self._url, pool=1)
        try:
            while True:
                with suppress(*DRIVER_ERRORS):
                    await _listen(engine, channel, heard)
                await asyncio.sleep(_LISTEN_AGAIN_SECONDS)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        self._is_closed = True
        if self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _settled(self, work: Callable[[], Awaitable[T]], *, done: str) -> T:
        if self._is_closed:
            raise Fault("the database is closed", done=done, advice="start the service again")
        task = asyncio.create_task(_tried(work, done=done))
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            async with bounded():
                return await asyncio.shield(task)
        except TimeoutError as error:
            if task.done():  # it ended in the very moment in which the wait did
                return task.result()
            raise unanswered() from error

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Take note of how a unit ended, also when nobody waits for it any more."""
        self._running.discard(task)
        if not task.cancelled():
            task.exception()

    async def _write(self, unit: Callable[[Connection], T]) -> T:
        async with connected(self._engine) as connection:
            began, info = perf_counter(), connection.sync_connection.info  # type: ignore[union-attr]
            forget(info)
            answer = await _run(connection, unit)
            await _commit(connection)
            self._acknowledged.note(info)
        self._committed(1, perf_counter() - began)
        return answer

    async def _look(self, unit: Callable[[Connection], T]) -> T:
        async with connected(self._reading) as connection:
            return await _run(connection, unit)

    async def _vacuum(self) -> None:
        async with connected(self._engine) as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM FULL keys"))
            await alone.execute(text("VACUUM deliveries, idempotency_keys"))


def engine_of(url: URL, *, pool: int = POOL) -> AsyncEngine:
    """Make an engine whose every wait is bounded."""
    tls = url.query.get("sslmode")  # libpq's name for it, which hosters write; the driver's is `ssl`
    named = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": tls} if tls else {})
    engine = create_async_engine(
        named.set(drivername="postgresql+asyncpg"),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_recycle=_RECYCLE_SECONDS,
        pool_use_lifo=True,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": STATEMENT_SECONDS + LOCK_SECONDS,
            "prepared_statement_cache_size": 512,
            "server_settings": {"application_name": "firebreak"},
        },
    )
    event.listen(engine.sync_engine, "connect", _bound)
    return engine


def _bound(connection: Any, _record: object) -> None:
    """Bound the waits of a new connection, in one message; said while connecting, a pooler in between would refuse it."""
    connection.run_async(lambda driver: driver.execute(_BOUNDS, timeout=CONNECT_SECONDS))


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Hold a connection; raises Unreachable when none can be made."""
    try:
        connection = await engine.connect()
    except OSError as error:
        raise Unreachable(os.strerror(error.errno).lower() if error.errno else "no answer") from error
    try:
        yield connection
    finally:
        await connection.close()


async def _listen(engine: AsyncEngine, channel: str, heard: Callable[[], None]) -> None:
    lost = asyncio.Event()
    async with connected(engine) as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.add_termination_listener(lambda _: lost.set())
        await driver.add_listener(channel, lambda *_: heard())
        heard()
        try:
            await lost.wait()
        finally:
            await connection.invalidate()


async def _run(connection: AsyncConnection, unit: Callable[[Connection], T]) -> T:
    await connection.begin()  # `Prepared` goes below the statement layer, which would not notice that there is something to commit
    try:
        return await connection.run_sync(unit)
    except DRIVER_ERRORS as error:
        if is_outdated(error) or is_demoted(error):
            await connection.invalidate()
        if is_lost(error):
            await _forget_lost(connection)
        raise


async def _commit(connection: AsyncConnection) -> None:
    """Commit; raises CommitUnclear when the line breaks meanwhile, or when there is no answer in time.

    The line is then cut and nothing is cancelled: a commit that waits for a synchronous standby would end its wait, and show
    to everybody what that standby does not have.
    """
    assert connection.sync_connection is not None
    driver: Any = connection.sync_connection.connection.driver_connection
    leash = asyncio.get_running_loop().call_later(COMMIT_SECONDS, driver.terminate)
    try:
        await connection.commit()
    except DRIVER_ERRORS as error:
        if is_lost(error):
            raise CommitUnclear from error
        raise
    finally:
        leash.cancel()


async def _forget_lost(connection: AsyncConnection) -> None:
    """Ask the lost connection once more through SQLAlchemy, which then drops the whole pool of its age: all of them are gone."""
    with suppress(*DRIVER_ERRORS):
        await connection.execute(text("SELECT 1"))


async def _tried(work: Callable[[], Awaitable[T]], *, done: str) -> T:
    """Do one piece of work, again while that may help."""
    loop = asyncio.get_running_loop()
    give_up_at, races, pause = loop.time() + PATIENCE, RACES, _FIRST_PAUSE
    while True:
        try:
            return await work()
        except DRIVER_ERRORS as error:
            again = again_after(error)
            races -= again == "raced"
            if again is None or races <= 0 or loop.time() + pause > give_up_at:
                _raise(error, done)
        await asyncio.sleep(pause * (0.5 + loop.time() % 1))  # the clock's fraction spreads those who lost together
        pause = min(2 * pause, _LONGEST_PAUSE)


def _raise(error: Exception, done: str) -> None:
    fault = fault_of(error, done=done)
    if fault is None:
        raise error
    raise fault from error
