"""One SQLite file: who may write to it, how it is opened, and what its errors mean to an operator.

Rules: the driver never begins a transaction by itself (`isolation_level=None`), we do, explicitly; every
wait is bounded by `WAIT_SECONDS`; deleted content is overwritten (`secure_delete`); nothing is spilled to
temporary files.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, cast

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from engine.store.database_url import unusable, url_of
from engine.store.fault import Fault

WAIT_SECONDS: Final = 5.0
READERS: Final = 4

_ADVICE: Final = {
    "FULL": ("the disk is full", "free some space: the service then goes on by itself"),
    "BUSY": ("another program keeps the database locked", "end what holds it (a shell, a backup, a copy) and try again"),
    "LOCKED": ("another program keeps the database locked", "end what holds it (a shell, a backup, a copy) and try again"),
    "READONLY": ("the database can't be written", "make the file and its folder writable for this user"),
    "PERM": ("the database may not be opened", "make the file and its folder readable for this user"),
    "CANTOPEN": ("the database can't be opened", "check that the folder exists and is readable and writable for this user"),
    "IOERR": ("the disk refused a read or write", "check the disk, its quota and the system's log"),
    "CORRUPT": ("the database file is damaged", "stop the service and restore the last backup"),
    "NOTADB": ("this file is not a database", "check FIREBREAK_DATABASE_URL or restore the last backup"),
}


class WriterLock:
    """The right to write to one file, held by one process; the kernel gives it back when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise Fault at once, naming the process that has it."""
        try:
            held = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Fault(
                f"can't create the lock file {self._path.name}",
                done="opened nothing",
                advice=f"make the folder writable for this user ({error.strerror})",
            ) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(held, 32).decode(errors="replace").strip() or "unknown"
            os.close(held)
            raise Fault(
                f"process {owner} already writes to this database",
                done="opened nothing",
                advice="use the running server's API or terminal commands, or stop it first",
            ) from error
        os.ftruncate(held, 0)
        os.write(held, f"{os.getpid()}\n".encode())
        self._file = held

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def path_of(url: str) -> Path:
    """Find the file of a `sqlite:///` address; raises Fault for anything else."""
    parsed = url_of(url)
    if parsed.get_backend_name() != "sqlite":
        raise unusable(f'"{parsed.get_backend_name()}" is not supported')
    if not parsed.database or parsed.database == ":memory:":
        raise unusable("a database in memory would be lost")
    return Path(parsed.database).resolve()


def writing_engine(path: Path) -> Engine:
    """Make the engine of the one writer: each transaction begins with the write lock."""
    engine = create_engine(URL.create("sqlite"), creator=lambda: _writing_connection(path), poolclass=NullPool)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(path: Path) -> Engine:
    """Make the engine of the readers: the file is opened read-only, each transaction sees one moment."""
    engine = create_engine(
        URL.create("sqlite"),
        creator=lambda: _reading_connection(path),
        poolclass=QueuePool,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
    )
    event.listen(engine, "begin", _begin_deferred)
    return engine


def glancing_engine(path: Path) -> Engine:
    """Make the engine of short reads on the caller's own thread: it waits for no lock, and whoever reads begins and ends."""
    return create_engine(URL.create("sqlite"), creator=lambda: _reading_connection(path, wait=0), poolclass=NullPool)


def file_identities(path: Path) -> tuple[tuple[int, int] | None, ...]:
    """Tell which files stand under the names of the database and its write-ahead log now."""
    return tuple(_identity(each) for each in (path, path.with_name(path.name + "-wal")))


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """Reach below SQLAlchemy, for savepoints and for what must run outside a transaction."""
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def truncate_log(raw: sqlite3.Connection) -> bool:
    """Move the write-ahead log into the database file and empty it; False when readers kept it for `WAIT_SECONDS`."""
    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def scrub_file(path: Path) -> None:
    """Leave no overwritten content in the write-ahead log; raises Fault when readers prevent it."""
    with closing(_writing_connection(path)) as raw:
        if truncate_log(raw):
            return
    raise Fault(
        "readers kept the write-ahead log in use",
        done="the change itself is stored",
        advice="repeat the command when long reads (a backup, an audit) have ended",
    )


def fault_of(error: BaseException, *, done: str) -> Fault | None:
    """Translate what an operator has to see to; None for what is a bug of ours."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(original, sqlite3.DatabaseError):
        return None
    known = _ADVICE.get(_kind(original))
    if known:
        return Fault(f"{known[0]} ({original})", done=done, advice=known[1])
    if str(original).startswith(("no such table", "no such column")):
        return Fault(f"the database's schema is not this program's ({original})", done=done, advice="run: firebreak db upgrade")
    return None


def is_disk_trouble(error: BaseException | None) -> bool:
    """Say whether the disk is full or failing, so that nothing since BEGIN can be relied on."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, sqlite3.DatabaseError) and _kind(original) in ("FULL", "IOERR", "CORRUPT")


def _kind(error: sqlite3.DatabaseError) -> str:
    """Reduce SQLITE_IOERR_WRITE and its like to their family."""
    return str(getattr(error, "sqlite_errorname", "")).removeprefix("SQLITE_").partition("_")[0]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _writing_connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("SELECT 1 FROM sqlite_schema").fetchall()
    return connection


def _reading_connection(path: Path, *, wait: float = WAIT_SECONDS) -> sqlite3.Connection:
    address = f"{path.as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
