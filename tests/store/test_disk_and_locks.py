"""What the machine does to a database: full disks, locks, kills, deleted files. An acknowledged write is never lost."""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import Connection, func, select

from engine.store.audit import verify
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.migrate import upgrade
from engine.store.seal import Sealer
from engine.store.settings import put_setting
from engine.store.tables import incidents, settings, steps

LARGE = "x" * 60_000

KINDS = ("sqlite",)
"""It is about SQLite's file, its locks and the disk below it."""


def _putting(name: str, value: str = "x") -> Callable[[Connection], str]:
    def unit(tx: Connection) -> str:
        put_setting(tx, name, value)
        return name

    return unit


def _names(tx: Connection) -> list[str]:
    return list(tx.execute(select(settings.c.name).order_by(settings.c.name)).scalars())


async def _in_one_group(database: Database, *units: Callable[[Connection], object]) -> list[object]:
    """Let units wait behind one that blocks the writer, so that they share the next transaction."""
    entered, gate = Event(), Event()

    def block(_tx: Connection) -> None:
        entered.set()
        gate.wait(5)

    blocked = asyncio.ensure_future(database.write(block))
    await asyncio.to_thread(entered.wait, 5)
    waiting = [asyncio.ensure_future(database.write(unit)) for unit in units]
    await asyncio.sleep(0)
    gate.set()
    await blocked
    return list(await asyncio.gather(*waiting, return_exceptions=True))


def _filling(tx: Connection) -> None:
    """Fill the file with single inserts: SQLite then rolls the whole transaction back."""
    for number in range(200):
        put_setting(tx, f"large {number}", LARGE)


def _filling_in_one_statement(tx: Connection) -> None:
    """Fill the file with one statement, which SQLite undoes alone, leaving the transaction open."""
    tx.exec_driver_sql(
        "INSERT INTO settings WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
        " SELECT 'large ' || i, hex(zeroblob(30000)) FROM n"
    )


def _pages(count: int) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {count}")

    return unit


@pytest.mark.parametrize("fill", [_filling, _filling_in_one_statement])
async def test_a_group_in_which_one_unit_finds_the_disk_full_acknowledges_nothing(
    database: Database, fill: Callable[[Connection], None]
) -> None:
    await database.write(_putting("before"))
    await database.write(_pages(100))
    answers = await _in_one_group(database, _putting("a"), fill, _putting("b"))

    assert [type(answer) for answer in answers] == [Fault, Fault, Fault]
    assert "the disk is full" in str(answers[0])
    assert await database.read(_names) == ["before"]
    assert await database.write(_putting("after")) == "after"


@dataclass(frozen=True)
class SmallDisk:
    folder: Path
    fill: Callable[[], None]
    free: Callable[[], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 4 MiB; where mounting is not allowed, a limit on the size of files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        with _limited(folder) as disk:
            yield disk
        return
    filler = folder / "filler"
    yield SmallDisk(folder, lambda: _fill(filler), filler.unlink)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            return


@contextmanager
def _limited(folder: Path) -> Iterator[SmallDisk]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        written = next(folder.glob("*-wal")).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(written, 65_536), hard))

    def free() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    yield SmallDisk(folder, fill, free)
    free()


async def test_a_full_disk_refuses_writes_serves_reads_and_recovers_by_itself(small_disk: SmallDisk) -> None:
    url = f"sqlite:///{small_disk.folder / 'firebreak.db'}"
    upgrade(url)
    database = open_database(url)
    await database.write(_putting("before"))
    small_disk.fill()
    answers = await _in_one_group(database, *(_putting(name, LARGE) for name in "abc"))
    while_full = await database.read(_names)
    small_disk.free()
    after = await database.write(_putting("after", LARGE))
    intact = await database.read(lambda tx: tx.exec_driver_sql("PRAGMA integrity_check").scalar())
    stored = await database.read(_names)
    await database.close()

    assert [type(answer) for answer in answers] == [Fault, Fault, Fault]
    assert (while_full, after, intact, stored) == (["before"], "after", "ok", ["after", "before"])


async def test_a_lock_held_by_somebody_else_is_waited_for_once_and_not_longer_than_5_seconds(file: Path, database: Database) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    start = monotonic()
    first = asyncio.ensure_future(database.write(_putting("a")))
    read = await database.read(_names)
    late = asyncio.ensure_future(database.write(_putting("late")))
    answers = await asyncio.gather(first, late, return_exceptions=True)
    waited = monotonic() - start
    other.execute("ROLLBACK")
    other.close()

    assert [type(answer) for answer in answers] == [Fault, Fault]
    assert "keeps the database locked" in str(answers[0])
    assert (read, waited < 7) == ([], True)
    assert await database.write(_putting("after")) == "after"


async def test_files_deleted_below_us_lose_nothing_and_are_noticed(file: Path) -> None:
    database = open_database(f"sqlite:///{file}")
    await database.write(_putting("acknowledged"))
    file.with_name(file.name + "-wal").unlink()
    for _ in range(2):
        with pytest.raises(Fault, match="deleted or replaced"):
            await database.write(_putting("lost"))
    await database.close()
    again = open_database(f"sqlite:///{file}")
    stored = await again.read(_names)
    await again.close()

    assert "acknowledged" in stored


def _child(file: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.store.writing_child", f"sqlite:///{file}"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONPATH": "."}
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


def _killed(child: "subprocess.Popen[str]") -> list[str]:
    """Kill a process at once and return what it had acknowledged; its last line may be torn."""
    child.send_signal(signal.SIGKILL)
    assert child.stdout is not None
    said = child.stdout.read()
    child.wait()
    child.stdout.close()
    return said[: said.rfind("\n") + 1].split("\n")[:-1]


def test_a_second_writing_process_is_refused_by_name_and_reading_is_not(file: Path) -> None:
    child = _child(file)
    with pytest.raises(Fault, match=f"process {child.pid} already writes"):
        open_database(f"sqlite:///{file}")
    with pytest.raises(Fault, match=f"process {child.pid} already writes"):
        upgrade(f"sqlite:///{file}")
    reading = open_database(f"sqlite:///{file}", mode="read")
    asyncio.run(reading.close())
    _killed(child)

    writing = open_database(f"sqlite:///{file}")
    asyncio.run(writing.close())


def test_what_a_killed_process_had_acknowledged_is_there_whole_and_in_order(file: Path, sealer: Sealer) -> None:
    acknowledged: dict[str, int] = {}
    for round_number in range(4):
        child = _child(file)
        assert child.stdout is not None
        for _ in range(7 * round_number + 1):
            child.stdout.readline()
        for line in _killed(child):
            key, version = line.split()
            acknowledged[key] = int(version)
    stored, half_built, report, troubles = asyncio.run(_found(file, sealer))

    assert {key: version for key, version in acknowledged.items() if stored.get(key, 0) < version} == {}
    assert (half_built, report, troubles) == (0, "consistent, not anchored", [("ok",)])


async def _found(file: Path, sealer: Sealer) -> tuple[dict[str, int], int, str, list[tuple[object, ...]]]:
    database = open_database(f"sqlite:///{file}")

    def unit(tx: Connection) -> tuple[dict[str, int], int, str, list[tuple[object, ...]]]:
        stored = {row.key: row.version for row in tx.execute(select(incidents.c.key, incidents.c.version))}
        sizes = select(func.count()).select_from(steps).group_by(steps.c.incident_id)
        half = [size for size in tx.execute(sizes).scalars() if size != 12]
        troubles = [*tx.exec_driver_sql("PRAGMA integrity_check"), *tx.exec_driver_sql("PRAGMA foreign_key_check")]
        return stored, len(half), verify(tx, sealer).verdict, [tuple(row) for row in troubles]

    try:
        return await database.read(unit)
    finally:
        await database.close()
