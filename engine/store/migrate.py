"""Bring a database to this program's schema, in one transaction: killed half-way, it starts over.

On PostgreSQL processes that start together wait for one of them, and a running older release goes on meanwhile: a
change of the schema that can't have its lock at once gives up, so that nobody queues behind it.

Alembic runs inside our own explicit transaction; the driver's default mode would commit before each
change of the schema. It is loaded only when there is something to change: which schema stands there is one row,
and which one is ours the newest of the scripts' names. A schema newer than the program is a Fault: an old program
would drop what it does not know.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from engine.store.database_url import is_postgres, url_of
from engine.store.fault import Fault
from engine.store.locking import lock_number
from engine.store.sqlite_file import WriterLock, fault_of, path_of, writing_engine

SCRIPTS: Final = Path(__file__).parent / "migrations"
_TURN_SECONDS: Final = 60
"""How long a process waits while another one upgrades."""
_DDL_SECONDS: Final = 4
"""How long a change of the schema waits for whoever uses the table."""
_UNTOUCHED: Final = "left the schema as it was"


def upgrade(url: str) -> None:
    """Create or upgrade the schema, blocking, before `open_database`; raises Fault, also when another process writes."""
    if is_postgres(url):
        with ThreadPoolExecutor(1, thread_name_prefix="firebreak-upgrade") as thread:  # the caller's own thread may have a loop
            thread.submit(asyncio.run, _upgrade_postgres(url_of(url))).result()
        return
    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(path)
    lock.acquire()
    engine = writing_engine(path)
    try:
        with engine.begin() as connection:
            if not is_current(connection):
                _migrate(connection)
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = fault_of(error, done=_UNTOUCHED)
        if fault is None:
            raise
        raise fault from error
    finally:
        engine.dispose()
        lock.release()


def is_current(tx: Connection) -> bool:
    """Say whether the schema is exactly this program's."""
    return revision_of(tx) == known_revisions()[-1]


def is_usable(tx: Connection) -> bool:
    """Say whether a program that runs already can go on: the schema is its own, or a newer release has added to it since.

    Revisions are numbers of four digits. A migration only adds, or waits until no older release runs (`docs/operating.md`).
    """
    current, known = revision_of(tx), known_revisions()
    return current is not None and (current == known[-1] or (current not in known and current > known[-1]))


def known_revisions() -> list[str]:
    """List this program's revisions, oldest first: a script's name begins with its own."""
    return sorted(script.name[:4] for script in (SCRIPTS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def revision_of(tx: Connection) -> str | None:
    """Read which revision stands in the database; None in one that was never upgraded."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    found: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


async def _upgrade_postgres(url: URL) -> None:
    from engine.store.postgres import connected, engine_of
    from engine.store.postgres_faults import DRIVER_ERRORS
    from engine.store.postgres_faults import fault_of as postgres_fault_of
    from engine.store.postgres_pooler import refuse_swapped

    engine = engine_of(url, pool=2)
    try:
        await refuse_swapped(engine, done=_UNTOUCHED)
        async with connected(engine) as connection, connection.begin():
            if not await connection.run_sync(is_current):
                await connection.execute(text(f"SET LOCAL lock_timeout = '{_TURN_SECONDS}s'"))
                await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": lock_number("schema")})
                await connection.execute(text(f"SET LOCAL lock_timeout = '{_DDL_SECONDS}s'"))
                await connection.execute(text("SET LOCAL statement_timeout = 0"))
                await connection.run_sync(_migrate)
    except DRIVER_ERRORS as error:
        fault = postgres_fault_of(error, done=_UNTOUCHED)
        if fault is None:
            raise
        raise fault from error
    finally:
        await engine.dispose()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Fault(
            f"the database's schema is newer than this program, or not its own ({error})",
            done=_UNTOUCHED,
            advice="install the release that wrote it, or restore a backup",
        ) from error
