"""Bring a database to this program's schema, in one transaction: killed half-way, it starts over.

Alembic runs inside our own explicit transaction; the driver's default mode would commit before each
change of the schema. A schema newer than the program is a Fault: an old program would drop what it
does not know.
"""

import sqlite3
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.store.fault import Fault
from engine.store.sqlite_file import WriterLock, fault_of, path_of, writing_engine

SCRIPTS: Final = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Create or upgrade the schema, blocking, before `open_database`; raises Fault, also when another process writes."""
    path = path_of(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(path)
    lock.acquire()
    engine = writing_engine(path)
    try:
        with engine.begin() as connection:
            _migrate(connection)
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = fault_of(error, done="left the schema as it was")
        if fault is None:
            raise
        raise fault from error
    finally:
        engine.dispose()
        lock.release()


def is_current(tx: Connection) -> bool:
    """Say whether the schema is exactly this program's."""
    return MigrationContext.configure(tx).get_current_revision() == ScriptDirectory(str(SCRIPTS)).get_current_head()


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Fault(
            f"the database's schema is newer than this program, or not its own ({error})",
            done="left the schema as it was",
            advice="install the release that wrote it, or restore a backup",
        ) from error
