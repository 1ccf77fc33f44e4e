"""One thread writes: units that wait at the same time share a transaction, and its one fsync.

Rules:
- Each unit has its own savepoint: its error undoes it alone, and is raised to whoever asked.
- Nobody is answered before COMMIT returned. When the transaction is lost, every unit of the group gets a
  Fault and none is acknowledged. On a full or failing disk, whichever unit hits it, SQLite rolls back
  everything or only the statement; we always give up the whole group.
- A lock held by another program is waited for once, on behalf of all who wait by then.
- When somebody deletes or replaces the files below us, what is in the log is saved into the database file
  and nothing is acknowledged any more: a commit into a deleted file would be lost at the next start.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.store.fault import Fault
from engine.store.sqlite_file import driver_connection, fault_of, file_identities, is_disk_trouble, truncate_log, writing_engine

MAX_GROUP: Final = 128
_UNDONE: Final = "kept nothing of it"

Committed = Callable[[int, float], None]
"""Hears of each group that was committed, on the writer's thread: how many units, and how many seconds it took."""


def unheard(_units: int, _seconds: float) -> None:
    """Tell nobody."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One unit, whoever waits for it, and what came of it."""

    unit: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def answer(self) -> None:
        """Give what came of it to whoever waits; on the loop's thread."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
            return
        self.future.set_result(self.result)


class TransactionLost(Exception):
    """The group's transaction ended before its COMMIT."""


class _Savepoint:
    """Hold one unit's changes: an error undoes them and is kept for whoever asked."""

    def __init__(self, raw: sqlite3.Connection, waiting: Waiting) -> None:
        self._raw = raw
        self._waiting = waiting

    def __enter__(self) -> None:
        self._raw.execute("SAVEPOINT unit")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not self._raw.in_transaction or is_disk_trouble(error):
            raise TransactionLost("a unit ended the transaction of its group") from error
        if error is None:
            self._raw.execute("RELEASE unit")
            return False
        self._raw.execute("ROLLBACK TO unit")
        self._raw.execute("RELEASE unit")
        self._waiting.error = fault_of(error, done=_UNDONE) or error
        return True


class GroupCommit:
    """The writer of one file; units may be put from any event loop."""

    def __init__(self, path: Path, *, committed: Committed = unheard) -> None:
        self._path = path
        self._committed = committed
        self._engine = writing_engine(path)
        self._connection: Connection | None = None
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._gate = Lock()
        self._is_closed = False
        self._files = file_identities(path)
        self._lost_files: Fault | None = None
        self._thread = Thread(target=self._work, name="firebreak-writer", daemon=True)

    def start(self) -> None:
        """Open the file, so that what is wrong with it shows now, then start the thread; raises Fault."""
        try:
            self._connected()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise _fault(error) from error
        self._thread.start()

    def put(self, waiting: Waiting) -> None:
        """Let a unit wait for its turn; raises Fault after `stop`."""
        with self._gate:
            if self._is_closed:
                raise Fault("the database is closed", done="ran nothing", advice="start the service again")
            self._queue.put(waiting)

    def stop(self) -> None:
        """Finish the waiting units, then close the file; blocking."""
        with self._gate:
            self._is_closed = True
            self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            group = [self._queue.get(), *self._queued(MAX_GROUP - 1)]
            is_open = None not in group
            wanted = [waiting for waiting in group if waiting is not None and not waiting.future.cancelled()]
            if wanted:
                self._settle(wanted)
        self._disconnect()
        self._engine.dispose()

    def _queued(self, limit: int) -> list[Waiting | None]:
        found: list[Waiting | None] = []
        with suppress(Empty):
            while len(found) < limit:
                found.append(self._queue.get_nowait())
        return found

    def _settle(self, group: list[Waiting]) -> None:
        """Run a group and answer it; an answer without an error has been committed."""
        if self._lost_files:
            _refuse(group, self._lost_files)
            return
        try:
            connection, began = self._connected(), perf_counter()
            connection.begin()
        except (SQLAlchemyError, sqlite3.Error) as error:
            self._disconnect()
            _refuse([*group, *self._late()], _fault(error))
            return
        fault = self._commit(connection, group)
        if fault is None:
            self._committed(len(group), perf_counter() - began)
            _answer(group)
            return
        self._disconnect()
        _refuse(group, fault)

    def _late(self) -> list[Waiting]:
        """Take those who came while we waited for a lock, so that nobody waits for it twice."""
        late = self._queued(self._queue.qsize())
        if None in late:
            self._queue.put(None)
        return [waiting for waiting in late if waiting is not None]

    def _commit(self, connection: Connection, group: list[Waiting]) -> Fault | None:
        try:
            raw = driver_connection(connection)
            for waiting in group:
                with _Savepoint(raw, waiting):
                    waiting.result = waiting.unit(connection)
            connection.commit()
        except TransactionLost as lost:
            return _fault(lost.__cause__ or lost)
        except (SQLAlchemyError, sqlite3.Error) as error:
            return _fault(error)
        if file_identities(self._path) != self._files:
            self._lost_files = _rescued(raw)
        return self._lost_files

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._files = file_identities(self._path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        connection.invalidate()
        connection.close()


def _rescued(raw: sqlite3.Connection) -> Fault:
    truncate_log(raw)
    return Fault(
        "the database's files were deleted or replaced while in use",
        done="saved what was acknowledged into the open database file, and stopped writing",
        advice="put the files in order and restart the service",
    )


def _fault(error: BaseException) -> Fault:
    return fault_of(error, done=_UNDONE) or Fault(
        f"a transaction broke off ({type(error).__name__}: {error})", done=_UNDONE, advice="try again, and report it if it stays"
    )


def _refuse(group: list[Waiting], fault: Fault) -> None:
    for waiting in group:
        waiting.error = Fault(fault.what, done=fault.done, advice=fault.advice)
    _answer(group)


def _answer(group: Iterable[Waiting]) -> None:
    """Wake each event loop once for all that it waits for; a loop that has ended is waited for by nobody."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, answered in by_loop.items():
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer_all, answered)


def _answer_all(answered: list[Waiting]) -> None:
    for waiting in answered:
        waiting.answer()
