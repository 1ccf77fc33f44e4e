"""Units of work: atomic, durable when answered, alone in their failure.

Tests that take `file` are about SQLite's file alone; what is PostgreSQL's own is in `test_postgres.py`.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, insert, select, text

from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.settings import put_setting, setting
from engine.store.tables import settings


def _putting(name: str, value: str = "x") -> Callable[[Connection], str]:
    def unit(tx: Connection) -> str:
        put_setting(tx, name, value)
        return name

    return unit


def _failing(name: str) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        put_setting(tx, name, "x")
        raise LookupError(name)

    return unit


def _names(tx: Connection) -> list[str]:
    return list(tx.execute(select(settings.c.name).order_by(settings.c.name)).scalars())


def _stored(file: Path) -> list[str]:
    """Ask another connection, as somebody would after a crash."""
    other = sqlite3.connect(file)
    names = [name for (name,) in other.execute("SELECT name FROM settings ORDER BY name")]
    other.close()
    return names


async def test_what_was_answered_is_seen_by_other_connections(file: Path, database: Database) -> None:
    answer = await database.write(_putting("a"))

    assert (answer, _stored(file)) == ("a", ["a"])


async def test_units_that_wait_together_share_one_transaction(file: Path, database: Database) -> None:
    gate = Event()
    inside: list[list[str]] = []

    def first(tx: Connection) -> None:
        gate.wait(5)

    def look(tx: Connection) -> None:
        inside.append(_stored(file))

    waiting = [asyncio.ensure_future(database.write(unit)) for unit in (first, _putting("a"), look, _putting("b"))]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*waiting)

    assert (inside, _stored(file)) == ([[]], ["a", "b"])


async def test_a_failing_unit_is_undone_alone(database: Database) -> None:
    answers = await asyncio.gather(
        database.write(_putting("a")), database.write(_failing("b")), database.write(_putting("c")), return_exceptions=True
    )
    stored = await database.read(_names)

    assert (answers[0], repr(answers[1]), answers[2], stored) == ("a", "LookupError('b')", "c", ["a", "c"])


async def test_a_broken_rule_of_the_schema_is_raised_as_it_is(database: Database) -> None:
    await database.write(_putting("a"))

    with pytest.raises(Exception, match=r"UNIQUE constraint failed|duplicate key value"):
        await database.write(lambda tx: tx.execute(insert(settings), {"name": "a", "value": "y"}).rowcount)


async def test_a_unit_that_commits_by_itself_is_not_acknowledged(file: Path, database: Database) -> None:
    with pytest.raises(Fault, match="a unit ended the transaction"):
        await database.write(lambda tx: tx.exec_driver_sql("COMMIT").rowcount)

    assert await database.write(_putting("after")) == "after"


async def test_a_read_sees_one_moment(file: Path, database: Database) -> None:
    def unit(tx: Connection) -> tuple[list[str], list[str]]:
        before = _names(tx)
        other = sqlite3.connect(file)
        with other:
            other.execute("INSERT INTO settings VALUES ('a', 'x')")
        other.close()
        return before, _names(tx)

    assert await database.read(unit) == ([], [])


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(Fault, match="can't be written"):
        await database.read(_putting("a"))


async def test_the_driver_never_begins_or_commits_by_itself(file: Path, database: Database) -> None:
    def unit(tx: Connection) -> None:
        put_setting(tx, "a", "x")
        tx.exec_driver_sql("CREATE TABLE extra (x INTEGER)")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(unit)

    tables = await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'")).scalar())
    assert (await database.read(_names), tables) == ([], 0)


async def test_every_commit_is_synchronous_and_deletion_overwrites(file: Path, database: Database) -> None:
    pragmas = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")

    found = await database.write(lambda tx: [tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas])

    assert found == ["wal", 2, 1, 1]


async def test_a_cancelled_caller_stops_nobody(file: Path, database: Database) -> None:
    gate = Event()
    blocked = asyncio.ensure_future(database.write(lambda _tx: gate.wait(5)))
    await asyncio.sleep(0)
    gone = asyncio.ensure_future(database.write(_putting("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(blocked, database.write(_putting("kept")), return_exceptions=True)

    assert await database.read(_names) == ["kept"]


async def test_closing_finishes_what_waits_and_then_refuses(file: Path) -> None:
    database = open_database(f"sqlite:///{file}")
    waiting = [asyncio.ensure_future(database.write(_putting(f"{number:02}"))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()

    assert len(await asyncio.gather(*waiting)) == len(_stored(file)) == 20
    with pytest.raises(Fault, match="closed"):
        await database.write(_putting("late"))


async def test_a_unit_of_another_loop_is_answered_there(file: Path, database: Database) -> None:
    answer = await asyncio.to_thread(lambda: asyncio.run(_write(database)))

    assert answer == "a"


async def _write(database: Database) -> str:
    return await database.write(_putting("a"))


async def test_opened_for_reading_it_reads_beside_a_writer_and_never_writes(file: Path, database: Database) -> None:
    await database.write(_putting("a"))
    beside = open_database(f"sqlite:///{file}", mode="read")

    assert await beside.read(lambda tx: setting(tx, "a")) == "x"
    with pytest.raises(Fault, match="opened for reading"):
        await beside.write(_putting("b"))
    await beside.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://localhost/x", "mysql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("nonsense", "not a database address"),
        ("sqlite:////nowhere/at/all.db", "no database file"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(url: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        open_database(url)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "firebreak.db"
    path.write_bytes(b"certainly not a database file" * 1_000)

    with pytest.raises(Fault, match="not a database"):
        open_database(f"sqlite:///{path}")
