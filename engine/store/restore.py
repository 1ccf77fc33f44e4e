"""The last move of a restore: a checked database gets its name, and whatever had that name is moved aside, never deleted.

Rules: the caller holds the right to write there (`WriterLock`). A write-ahead log without its database counts as
a database: SQLite would play it into the restored one.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.store.backup_file import sync_folder
from engine.store.fault import Fault

_PARTS: Final = ("", "-wal", "-shm", "-journal")


def standing(database: Path) -> list[Path]:
    """List the files that a restore would take the place of."""
    return [part for part in (database.with_name(database.name + suffix) for suffix in _PARTS) if part.exists()]


def put_in_place(staged: Path, database: Path, *, now: datetime) -> list[Path]:
    """Give a staged file its name, and move aside what stands there; returns where to. Raises Fault."""
    try:
        moved = moved_aside(standing(database), now=now)
        staged.rename(database)
        sync_folder(database.parent)
    except OSError as error:
        raise Fault(
            f"can't put {database.name} in its place: {error.strerror}",
            done="the old files, if any, are beside it as .before-restore-…",
            advice="free its name and run restore again",
        ) from error
    return moved


def moved_aside(files: list[Path], *, now: datetime) -> list[Path]:
    """Rename files so that SQLite still finds what belongs together; a database's log keeps its ending. Raises OSError."""
    stamp = f".before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    moved = []
    for file in files:
        ending = next(suffix for suffix in reversed(_PARTS) if file.name.endswith(suffix))
        moved.append(file.rename(file.with_name(file.name.removesuffix(ending) + stamp + ending)))
    return moved
