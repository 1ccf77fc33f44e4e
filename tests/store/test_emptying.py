"""The write-ahead log is emptied beside the writer, and does not grow while it is."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Connection

from engine.store.database import SqliteDatabase, open_database
from engine.store.emptying import Emptying, emptying_connection
from engine.store.migrate import upgrade
from engine.store.settings import put_setting

LARGE = 400_000
PATIENCE = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    upgrade(f"sqlite:///{tmp_path / 'firebreak.db'}")
    return tmp_path / "firebreak.db"


def putting(value: str) -> Callable[[Connection], None]:
    return lambda tx: put_setting(tx, "large", value)


def holds(path: Path, words: bytes) -> bool:
    return any(words in each.read_bytes() for each in (path, path.with_name(path.name + "-wal")))


async def until(is_so: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < end
        await asyncio.sleep(0.02)


async def test_what_was_committed_moves_into_the_database_file_although_nobody_writes_again(path: Path) -> None:
    database = open_database(f"sqlite:///{path}")
    try:
        await database.write(putting("here" * 10))

        await until(lambda: b"here" * 10 in path.read_bytes())
    finally:
        await database.close()


async def test_the_log_is_used_again_once_it_was_emptied(path: Path) -> None:
    database, log = open_database(f"sqlite:///{path}"), path.with_name(path.name + "-wal")
    try:
        sizes = []
        for letter in "abcd":
            await database.write(putting(letter * LARGE))
            await until(lambda letter=letter: letter.encode() * 1_000 in path.read_bytes())  # type: ignore[misc]
            sizes.append(log.stat().st_size)

        assert max(sizes) < 2 * sizes[0]
    finally:
        await database.close()


async def test_scrubbing_waits_for_what_is_being_emptied_and_leaves_nothing(path: Path) -> None:
    database = open_database(f"sqlite:///{path}")
    assert isinstance(database, SqliteDatabase)
    try:
        await database.write(putting("secret"))
        await database.write(putting("forgotten"))

        await database.scrub()

        assert not holds(path, b"secret")
    finally:
        await database.close()


async def test_one_that_never_began_ends(path: Path) -> None:
    with closing(emptying_connection(path)) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    Emptying(path).stop()
