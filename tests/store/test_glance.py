"""Short reads on the caller's own thread: they see what is committed, wait for nothing, and leave what is long to a reader."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import Connection, text

from engine.store.database import Database
from engine.store.glance import Glance, NotShort
from engine.store.settings import put_setting, setting
from engine.store.sqlite_file import WAIT_SECONDS

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n"


def _long(tx: Connection) -> int:
    return int(tx.execute(text(LONG)).scalar_one())


def _fails(tx: Connection) -> None:
    setting(tx, "a")
    raise LookupError("not there")


@pytest.fixture
def glance(file: Path, database: Database) -> Iterator[Glance]:
    assert database is not None
    glance = Glance(file)
    yield glance
    glance.close()


async def test_it_sees_what_was_committed_and_nothing_stays_open(database: Database) -> None:
    for value in ("1", "2", "3"):
        await database.write(lambda tx, value=value: put_setting(tx, "a", value))

        assert await database.glance(lambda tx: setting(tx, "a")) == value


async def test_what_a_unit_raises_is_raised_and_leaves_no_transaction(glance: Glance, database: Database) -> None:
    with pytest.raises(LookupError):
        glance.look(_fails)
    await database.write(lambda tx: put_setting(tx, "a", "later"))

    assert glance.look(lambda tx: setting(tx, "a")) == "later"


async def test_what_turns_out_long_is_left_to_a_reader(glance: Glance, database: Database) -> None:
    with pytest.raises(NotShort):
        glance.look(_long)

    assert await database.glance(_long) == 300_000
    assert glance.look(lambda tx: setting(tx, "a")) is None


async def test_it_does_not_wait_for_a_lock(file: Path, glance: Glance, database: Database) -> None:
    await database.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        began = perf_counter()
        with pytest.raises(NotShort):
            glance.look(lambda tx: setting(tx, "a"))

    assert perf_counter() - began < WAIT_SECONDS / 2


async def test_another_thread_reads_elsewhere(glance: Glance) -> None:
    assert glance.look(lambda tx: setting(tx, "a")) is None

    with pytest.raises(NotShort):
        await asyncio.to_thread(glance.look, lambda tx: setting(tx, "a"))
