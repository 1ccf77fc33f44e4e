"""More clients than the service can serve at once: each is answered or told to come again, and afterwards everything is as before.

What the machine does beside it is taken out: seconds in which the server or the clients could have run and others had the processor.
The short form is CI's; `make soak` runs it many times longer (`SOAK`).
"""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.load_client import Connection, Sample, loop, written
from benchmarks.load_server import Process
from tests.journeys.soaking import SOAK, Life, a_note, filled_in, serving

ROUNDS = 3
SHORT = 0.4
"""Seconds of each round of one number of clients."""
STORM = 2.5
HEALTHY = 1.0
"""Seconds in which one more client hears how it is."""
CALM = 5.0
"""Seconds after a storm in which everything takes as long as before."""
AS_BEFORE = 2.0
"""Times that a request may take what it took before the storm."""
TAIL = 20.0 if SOAK > 1 else 60.0
"""Times that the slowest hundredth with 32 clients may take what one client alone waits for usually; wider where other tests share
the processors."""
KEPT = 0.9
"""Part of what 8 clients get done that 32 have to get done too."""
OURSELVES = Process(0, os.getpid(), 0.0)


@dataclass
class Storm:
    """What was seen of it; seconds."""

    sample: Sample
    health: list[float] = field(default_factory=list)
    usual: float = 0.0
    calm_after: float = float("inf")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with serving(filled_in(tmp_path_factory.mktemp("storm"))) as running:
        yield running


async def _storming(life: Life, clients: int, seconds: float) -> Sample:
    return await loop(life.process, "note", clients, seconds, lambda place: lambda: a_note(life, place))


def _waited(life: Life) -> float:
    """Give the seconds so far in which others had the processor that the server, or we, could have used."""
    return life.process.starved + OURSELVES.starved


async def _asked(life: Life, connection: Connection, wire: bytes) -> float:
    """Ask once, and give the seconds that it took of the server and of us."""
    begun, waited = time.monotonic(), _waited(life)
    status, _, _ = await connection.ask(wire)
    return time.monotonic() - begun - (_waited(life) - waited) if status == 200 else float("inf")


async def _probe(life: Life, over: asyncio.Event, health: list[float]) -> None:
    connection = Connection(life.process.port)
    while not over.is_set():
        health.append(await _asked(life, connection, written("GET", "/healthz")))
        await asyncio.sleep(0.05)
    connection.close()


async def _calm(life: Life, usual: float) -> float:
    """Give the seconds until one client alone is served as fast as before, five times running."""
    connection, begun, running = Connection(life.process.port), time.monotonic(), 0
    while running < 5 and time.monotonic() - begun < 4 * CALM:
        took = await _asked(life, connection, a_note(life, 0).wire)
        running = running + 1 if took <= AS_BEFORE * usual else 0
    connection.close()
    return time.monotonic() - begun


async def _stormed(life: Life) -> Storm:
    """Let 256 clients write while one more asks how it is; then wait until one client alone is served as before."""
    usual = (await _storming(life, 1, SHORT)).percentile(0.9) / 1_000
    over, health = asyncio.Event(), list[float]()
    probing = asyncio.create_task(_probe(life, over, health))
    sample = await _storming(life, 256, STORM * SOAK)
    over.set()
    await probing
    return Storm(sample, health, usual, await _calm(life, usual))


@pytest.mark.timeout(60 + 10 * SOAK)
def test_256_clients_are_answered_or_told_to_come_again_and_then_it_is_as_before(life: Life) -> None:
    storm = asyncio.run(_stormed(life))

    assert storm.sample.failures == []
    assert len(storm.sample.took) >= 256
    assert max(storm.health) <= HEALTHY
    assert storm.calm_after <= CALM


async def _in_turn(life: Life) -> dict[int, list[Sample]]:
    """Measure 1, 8 and 32 clients one after another, several times."""
    samples: dict[int, list[Sample]] = {1: [], 8: [], 32: []}
    for _ in range(ROUNDS * min(SOAK, 10)):
        for clients, found in samples.items():
            found.append(await _storming(life, clients, SHORT))
    return samples


@pytest.mark.timeout(60 + 10 * SOAK)
def test_with_32_clients_as_much_is_done_as_with_8_and_the_slowest_wait_twenty_times_as_long_at_most(life: Life) -> None:
    samples = asyncio.run(_in_turn(life))
    best = {clients: max(each.rate for each in found) for clients, found in samples.items()}
    alone = min(each.median for each in samples[1])

    assert [failure for found in samples.values() for each in found for failure in each.failures] == []
    assert best[32] >= KEPT * best[8], best
    assert min(each.percentile(0.99) for each in samples[32]) <= TAIL * alone
