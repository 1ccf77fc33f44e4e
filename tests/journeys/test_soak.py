"""Killed, drained, stormed and fed poison, a real server loses nothing, says so when it is busy, and recovers by itself.

The short forms are CI's; `make soak` runs them many times longer (`SOAK`).
"""

import asyncio
import gzip
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.load_client import Ask, Connection, loop, written
from benchmarks.load_fill import Filled
from tests.journeys.soaking import SOAK, WRITERS, Account, Life, a_note, chain_of, end, faults_of, filled_in, found_in, serving

ROUNDS = 3 * SOAK
READY = 5.0
"""Seconds until a killed process is back, without those in which other processes had the processor."""
DRAINED = 10.0
DRAINING = 64
"""Clients that write while the process is ended in peace."""
REQUESTS = 1_000 * SOAK
HEALTHY = 1.0 if SOAK > 1 else 4.0
"""Seconds in which a probe is answered in the storm; the short form shares its machine with other tests."""
GROWN = 50.0
"""MiB that poison may cost."""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with serving(filled_in(tmp_path_factory.mktemp("soak"))) as running:
        yield running


async def _killed(life: Life, account: Account, after: float) -> None:
    """Repeat what nobody answered in the life before, then write until the process is killed."""
    stop = asyncio.Event()
    connection = Connection(life.process.port)
    for key in account.unsure:
        assert await account.ask(life, connection, key)
    connection.close()
    writers = [asyncio.create_task(account.write(life, stop)) for _ in range(WRITERS)]
    await asyncio.sleep(after)
    life.running.kill()
    stop.set()
    await asyncio.gather(*writers)


@pytest.mark.timeout(120 * SOAK)
def test_killed_at_any_moment_it_keeps_what_it_acknowledged_and_does_nothing_twice(tmp_path: Path) -> None:
    filled, account, dice, starts = filled_in(tmp_path), Account(), random.Random(ROUNDS), []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        with serving(filled) as life:
            starts.append(time.monotonic() - begun - life.process.starved)
            asyncio.run(_killed(life, account, dice.random()))
        assert faults_of(tmp_path / "firebreak.db") == []
    found = found_in(tmp_path / "firebreak.db")

    assert account.acknowledged - found.keys() == set(), "acknowledged, then missing"
    assert [key for key, times in found.items() if times > 1] == [], "done twice"
    assert found.keys() - account.asked.keys() == set(), "never asked"
    assert max(starts) <= READY, starts
    assert account.refused == []
    assert len(account.acknowledged) > 10 * ROUNDS
    assert chain_of(filled).returncode == 0


async def _drained(life: Life, account: Account) -> float:
    """Write, then end the process in peace; gives seconds until it was gone."""
    stop = asyncio.Event()
    writers = [asyncio.create_task(account.write(life, stop)) for _ in range(DRAINING)]
    await asyncio.sleep(0.5)
    begun = time.monotonic()
    end(life)
    await asyncio.gather(*writers)
    await asyncio.to_thread(life.running.wait, DRAINED + 5)
    return time.monotonic() - begun


def test_ended_under_load_it_answers_what_it_took_and_is_gone_in_ten_seconds(tmp_path: Path) -> None:
    filled, account = filled_in(tmp_path), Account()
    with serving(filled) as life:
        seconds = asyncio.run(_drained(life, account))
    found = found_in(tmp_path / "firebreak.db")

    assert seconds <= DRAINED
    assert life.running.returncode == 0
    assert (account.refused, account.resets) == ([], 0)
    assert account.acknowledged - found.keys() == set()
    assert [key for key in account.unsure if key in found] == [], "done, and its answer was cut off"


async def _poisoned(life: Life) -> list[int]:
    path = "/v1/incidents"
    bomb = gzip.compress(bytes(20_000_000))
    poison = [
        life.raw(path, b"[" * 10_000 + b"]" * 10_000),
        life.raw(path, bomb, content_encoding="gzip"),
        written("POST", path, **life.headers).replace(b"content-length: 0", b"content-length: 104857600"),
        life.raw(path, b'{"playbook": "' + b"x" * 1_000_000 + b'"}'),
    ]
    statuses = []
    for wire in poison:
        connection = Connection(life.process.port)
        statuses.append((await connection.ask(wire))[0])
        connection.close()
    return statuses


def test_deep_json_a_gzip_bomb_and_a_huge_body_are_refused_and_cost_no_memory(life: Life) -> None:
    before = life.process.memory
    statuses = asyncio.run(_poisoned(life))

    assert [status for status in statuses if not 400 <= status < 500] == []
    assert life.process.memory - before <= GROWN


async def _beside_open_sockets(life: Life) -> tuple[int, float]:
    """Leave 200 requests half sent, and ask for something whole."""
    half = b"POST /v1/incidents HTTP/1.1\r\nhost: firebreak\r\ncontent-length: 100\r\n"
    opened = [await asyncio.open_connection("127.0.0.1", life.process.port) for _ in range(200)]
    for _, writer in opened:
        writer.write(half)
    begun = time.monotonic()
    connection = Connection(life.process.port)
    status, _, _ = await connection.ask(life.get("/v1/incidents?limit=1").wire)
    seconds = time.monotonic() - begun
    connection.close()
    for _, writer in opened:
        writer.close()
    return status, seconds


def test_200_half_open_sockets_keep_nobody_waiting(life: Life) -> None:
    before = life.process.memory
    status, seconds = asyncio.run(_beside_open_sockets(life))

    assert (status, seconds <= HEALTHY) == (200, True)
    assert life.process.memory - before <= GROWN


async def _many(life: Life, requests: int) -> None:
    left = iter(range(requests))

    def makes(place: int) -> Callable[[], Ask | None]:
        return lambda: a_note(life, place) if next(left, None) is not None else None

    sample = await loop(life.process, "note", 8, 3_600.0, makes)
    assert sample.failures == []


@pytest.mark.timeout(120 * SOAK)
def test_many_requests_leave_memory_and_open_files_as_they_were(life: Life) -> None:
    asyncio.run(_many(life, 500))
    memory, files = life.process.memory, life.process.files
    asyncio.run(_many(life, REQUESTS))

    assert life.process.memory <= memory * 1.1 + 5
    assert life.process.files <= files + 8


async def _locked_out(life: Life) -> tuple[int, bytes, float, int]:
    connection = Connection(life.process.port)
    begun = time.monotonic()
    with closing(sqlite3.connect(_file(life.filled), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, head, _ = await connection.ask(a_note(life, 0).wire)
        waited = time.monotonic() - begun
        other.execute("ROLLBACK")
    after, _, _ = await connection.ask(a_note(life, 0).wire)
    connection.close()
    return status, head, waited, after


def _file(filled: Filled) -> Path:
    return filled.folder / "firebreak.db"


def test_a_database_that_another_program_locks_is_503_in_bounded_time_and_recovers_by_itself(life: Life) -> None:
    status, head, waited, after = asyncio.run(_locked_out(life))

    assert status == 503
    assert b"retry-after:" in head
    assert waited <= 8.0
    assert after == 200
