"""Short reads on the caller's own thread: a hop to a reader's thread and back costs more than the read itself.

Rules:
- It holds up everything else on that thread, so it waits for nothing: no lock, and no statement beyond `LONGEST`.
- What can't be had so is `NotShort`, and is for a reader's thread: that one waits, and says what is wrong.
- One thread has it, the first that asks.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from engine.store.sqlite_file import driver_connection, glancing_engine

LONGEST: Final = 0.005
"""Seconds that statements may take together."""
_OFTEN: Final = 1_000
"""Steps of SQLite's machine between two looks at the clock; a page of a list takes a few thousand."""

T = TypeVar("T")


class NotShort(Exception):
    """The read is for a reader's thread."""


class Glance:
    """One kept connection to a file."""

    def __init__(self, path: Path) -> None:
        self._engine: Engine = glancing_engine(path)
        self._connection: Connection | None = None
        self._thread = 0
        self._until = 0.0

    def look(self, unit: Callable[[Connection], T]) -> T:
        """Run a unit that only reads, on one consistent moment; raises what the unit raised, or NotShort."""
        try:
            connection = self._mine()
            raw = driver_connection(connection)
            self._until = perf_counter() + LONGEST
            raw.execute("BEGIN")
            try:
                return unit(connection)
            finally:
                self._end(connection, raw)
        except (SQLAlchemyError, sqlite3.Error) as error:
            self.close()
            raise NotShort from error

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _mine(self) -> Connection:
        here = threading.get_ident()
        self._thread = self._thread or here
        if self._thread != here:
            raise NotShort
        if self._connection is None:
            self._connection = self._engine.connect()
            driver_connection(self._connection).set_progress_handler(self._is_over, _OFTEN)
        return self._connection

    def _end(self, connection: Connection, raw: sqlite3.Connection) -> None:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        if connection.in_transaction():
            connection.rollback()

    def _is_over(self) -> bool:
        return perf_counter() > self._until
