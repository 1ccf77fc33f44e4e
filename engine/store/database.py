"""A unit of work is a plain function of a Connection; only this file and `postgres.py` know how it is run.

Rules for units: they never commit or roll back, return plain values (no open cursors), may be run on any
thread, and more than once. What `write` returned is on disk; what it raised has left nothing behind, unless it
is the Fault that says that nobody knows.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.store.database_url import POOL, is_postgres, url_of
from engine.store.fault import Fault
from engine.store.glance import Glance, NotShort
from engine.store.group_commit import Committed, GroupCommit, Waiting, unheard
from engine.store.sqlite_file import READERS, WriterLock, fault_of, path_of, reading_engine, scrub_file

if TYPE_CHECKING:
    from engine.store.postgres import PostgresDatabase

T = TypeVar("T")


class Database(Protocol):
    """Where units of work are run."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write at the same time."""

    @property
    def lost(self) -> int:
        """How many changes that were acknowledged here are missing in the database now; a standby took over without them."""

    async def look_for_lost(self) -> int:
        """Look whether what was acknowledged here is still there; returns `lost`. Raises Fault."""

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Run one atomic unit and answer after it is durable; raises what the unit raised, or Fault."""

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a unit that only reads, on one consistent moment; raises what the unit raised, or Fault."""

    async def glance(self, unit: Callable[[Connection], T]) -> T:
        """Run a unit that reads a few rows by an index, as `read` does, on the caller's own thread where that is quicker."""

    async def scrub(self) -> None:
        """Leave no copy of overwritten rows in the write-ahead log (after a sealing key is destroyed)."""

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` whenever another process has said something on a channel, until cancelled; on a file there is none."""

    async def close(self) -> None:
        """Finish the waiting units, then release the files."""


class SqliteDatabase:
    """One SQLite file: one writer thread with group commit (None: opened for reading), and a few readers."""

    is_shared = False
    lost = 0
    """Nobody takes a file's place."""

    def __init__(self, path: Path, writer: GroupCommit | None, lock: WriterLock | None) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._reading = reading_engine(path)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="firebreak-reader")
        self._glance = Glance(path)
        self._is_closed = False

    async def write(self, unit: Callable[[Connection], T]) -> T:
        if self._writer is None:
            raise Fault("the database was opened for reading", done="changed nothing", advice="send the change to the running server")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.put(Waiting(unit, loop, future))
        return await future

    async def read(self, unit: Callable[[Connection], T]) -> T:
        if self._is_closed:
            raise Fault("the database is closed", done="read nothing", advice="start the service again")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, unit)

    async def glance(self, unit: Callable[[Connection], T]) -> T:
        if self._is_closed:
            return await self.read(unit)
        try:
            return self._glance.look(unit)
        except NotShort:
            return await self.read(unit)

    async def look_for_lost(self) -> int:
        return self.lost

    async def scrub(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, scrub_file, self._path)

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Nobody else writes here."""

    async def close(self) -> None:
        self._is_closed = True
        self._glance.close()
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _look(self, unit: Callable[[Connection], T]) -> T:
        try:
            with self._reading.begin() as connection:
                return unit(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            fault = fault_of(error, done="read nothing")
            if fault is None:
                raise
            raise fault from error

    def _close(self) -> None:
        self._threads.shutdown()
        self._reading.dispose()
        if self._writer:
            self._writer.stop()
        if self._lock:
            self._lock.release()


def open_database(
    url: str, *, mode: Literal["write", "read"] = "write", pool: int = POOL, committed: Committed = unheard
) -> "SqliteDatabase | PostgresDatabase":
    """Open an upgraded database (see `migrate.upgrade`); raises Fault, for a file also when another process writes to it.

    `pool` is the number of connections to PostgreSQL, which is first spoken to by the first unit. `committed` hears of every commit.
    """
    if is_postgres(url):
        from engine.store.postgres import PostgresDatabase

        return PostgresDatabase(url_of(url), pool=pool, is_reader=mode == "read", committed=committed)
    return _open_file(path_of(url), mode, committed)


def _open_file(path: Path, mode: Literal["write", "read"], committed: Committed) -> SqliteDatabase:
    if not path.exists():
        raise Fault(f"there is no database file {path.name}", done="opened nothing", advice="run: firebreak db upgrade")
    if mode == "read":
        return SqliteDatabase(path, None, None)
    lock = WriterLock(path)
    lock.acquire()
    writer = GroupCommit(path, committed=committed)
    try:
        writer.start()
    except Fault:
        lock.release()
        raise
    return SqliteDatabase(path, writer, lock)
