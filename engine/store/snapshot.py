"""One moment of a SQLite file that is being written, as a file of its own, and what can be said of such a file.

Rules:
- `VACUUM INTO` runs in one read transaction: writers go on meanwhile, and nothing of what they add is in the copy.
- The copy holds live rows only: no free pages, no write-ahead log, so nothing that was overwritten.
- What is said of a file is read from the file itself, by SQL that every schema answers: it may be older than this program.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from engine.store.fault import Fault
from engine.store.finding import Finding
from engine.store.sqlite_file import WAIT_SECONDS, fault_of

Told = Callable[[str, float], None]
"""Hears what is being done, and how much of it is (0 to 1)."""

_OPERATIONS_BETWEEN: Final = 200_000
"""How many operations SQLite does before it says again how far it is; about a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: its schema's revision, rows by table, and the newest entry of the log of heads (0 and "" without any)."""

    schema: str
    counts: Mapping[str, int]
    head_number: int
    head_digest: str


def take_snapshot(path: Path, to: Path, told: Told) -> None:
    """Copy one moment into a new file that only its owner reads, blocking; raises Fault."""
    try:
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise Fault(
            f"can't write {to.name}: {error.strerror}", done="copied nothing", advice="choose a folder that can be written"
        ) from error
    try:
        with closing(_read_only(path)) as raw:
            whole = raw.execute("PRAGMA page_count").fetchone()[0] * raw.execute("PRAGMA page_size").fetchone()[0]
            raw.set_progress_handler(lambda: told("copying", min(1.0, to.stat().st_size / max(whole, 1))), _OPERATIONS_BETWEEN)
            raw.execute("VACUUM INTO ?", (str(to),))
    except sqlite3.Error as error:
        raise _fault(error, "copied nothing") from error


def contents_of(path: Path) -> Contents:
    """Count what a file holds; raises Fault where it is no database of Firebreak's."""
    try:
        with closing(_read_only(path)) as raw:
            found = raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
            names = [name for (name,) in found if not name.startswith("sqlite_") and name != "alembic_version"]
            (schema,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - names from the schema
            head = raw.execute("SELECT number, digest FROM heads ORDER BY number DESC LIMIT 1").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise _fault(error, "read nothing") from error
    number, digest = head or (0, "")
    return Contents(schema=schema, counts=counts, head_number=number, head_digest=digest)


def damages(path: Path) -> list[Finding]:
    """Find what SQLite itself holds to be wrong: damaged pages and indexes, and rows that point nowhere; raises Fault."""
    try:
        with closing(_read_only(path)) as raw:
            said = [text for (text,) in raw.execute("PRAGMA integrity_check") if text != "ok"]
            lost = raw.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [Finding(None, None, f"the database file is damaged: {error}")]
    return [
        *(Finding(None, None, f"the database file is damaged: {text}") for text in said),
        *(Finding(None, None, f"row {row} of {table} points to a row of {parent} that is not there") for table, row, parent, _ in lost),
    ]


def _read_only(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS, isolation_level=None)
    raw.execute("PRAGMA temp_store=MEMORY")
    return raw


def _fault(error: Exception, done: str) -> Exception:
    if isinstance(error, TypeError) or "no such table" in str(error):
        return Fault("this is not a database of Firebreak's", done=done, advice="check FIREBREAK_DATABASE_URL")
    return (fault_of(error, done=done) if isinstance(error, sqlite3.Error | SQLAlchemyError) else None) or error
