"""PostgreSQL is restarted, and commits lose their answers, under clients that write: nothing is lost, nothing is done twice.

The short forms are CI's; `make soak` runs them many times longer (`SOAK`).
"""

import asyncio
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path

import pytest

from benchmarks.load_fill import Filled, fill
from tests.journeys.checker import Verdict, judged, stored_at
from tests.journeys.ledger import Ledger, Writer, settle
from tests.journeys.soaking import SOAK, chain_of, serving
from tests.postgres_proxy import Cut, PostgresProxy, postgres_proxy
from tests.postgres_server import PostgresServer, name_of
from tests.until import until

WRITERS = 8
CUTS = 6 * SOAK
"""Commits that lose their answer, or are lost themselves."""
RESTARTS = 2 if SOAK == 1 else min(10 * SOAK, 50)
UP, DOWN = ((1.0, 1.5), (0.3, 1.0)) if SOAK == 1 else ((5.0, 20.0), (0.0, 5.0))
"""Seconds between two restarts, and without a server."""
LONGEST = 4.0
"""Seconds without a server at the end: longer than a request is kept waiting, so that some are told to come again."""
PATIENT = 5.0
"""Seconds in which everybody is told something, and in which work goes on when there is a server again."""


@dataclass
class Gap:
    """When the server was stopped, and when it took connections again; the monotonic clock."""

    stopped: float
    started: float


@dataclass
class Ordeal:
    """What the clients lived through."""

    ledger: Ledger
    gaps: list[Gap] = field(default_factory=list)

    def verdict(self, filled: Filled) -> Verdict:
        return judged(asyncio.run(stored_at(filled.url)), self.ledger)


@pytest.fixture
def filled(tmp_path: Path, postgres: PostgresServer) -> Iterator[Filled]:
    with postgres.lent() as address:
        yield fill(tmp_path, 0, address, only_trial=True)


@contextmanager
def served(filled: Filled, postgres: PostgresServer, *options: str) -> Iterator[tuple[Ordeal, PostgresProxy]]:
    """Serve behind a line that can be cut."""
    with postgres_proxy(postgres.socket) as line, serving(replace(filled, url=line.url(name_of(filled.url))), *options) as life:
        yield Ordeal(Ledger([life.process], filled.token)), line


async def _cut(ordeal: Ordeal, line: PostgresProxy) -> None:
    """Cut one commit after another, each in its own way, while clients write; then let them ask again."""
    stop = asyncio.Event()
    writers = [asyncio.create_task(Writer(ordeal.ledger, place, stop).write()) for place in range(WRITERS)]
    ways: Iterator[Cut] = cycle(("answered", "sent", "unsent"))
    for _ in range(CUTS):
        line.cuts.append(next(ways))
        before = len(ordeal.ledger.acknowledged)
        await until(lambda: not line.cuts and len(ordeal.ledger.acknowledged) > before)  # noqa: B023 - it is awaited at once
    stop.set()
    await asyncio.gather(*writers)
    await settle(ordeal.ledger)


@pytest.mark.timeout(60 * SOAK + 60)
def test_a_commit_whose_answer_is_lost_is_done_once_when_it_is_asked_for_again(filled: Filled, postgres: PostgresServer) -> None:
    with served(filled, postgres, "--no-worker") as (ordeal, line):  # so that every commit is a client's
        asyncio.run(_cut(ordeal, line))
    verdict, ledger = ordeal.verdict(filled), ordeal.ledger

    assert verdict.faults == []
    assert (sum(line.done.values()), ledger.refused, ledger.resets) == (CUTS, [], 0)
    assert verdict.indeterminate > verdict.kept > 0
    assert ledger.slowest <= PATIENT
    assert chain_of(filled).returncode == 0


async def _restarted(ordeal: Ordeal, postgres: PostgresServer, dice: random.Random) -> None:
    """End the server on the spot again and again, as a crash would, while clients write."""
    stop = asyncio.Event()
    writers = [asyncio.create_task(Writer(ordeal.ledger, place, stop).write()) for place in range(WRITERS)]
    for down in [dice.uniform(*DOWN) for _ in range(RESTARTS - 1)] + [LONGEST]:
        await asyncio.sleep(dice.uniform(*UP))
        begun = time.monotonic()
        await asyncio.to_thread(postgres.stop, signal.SIGQUIT)
        await asyncio.sleep(down)
        await asyncio.to_thread(postgres.start)
        ordeal.gaps.append(Gap(begun, time.monotonic()))
        await until(lambda: ordeal.ledger.recovery(ordeal.gaps[-1].started) < float("inf"))
    stop.set()
    await asyncio.gather(*writers)
    await settle(ordeal.ledger)


@pytest.mark.timeout(30 * RESTARTS + 60)
def test_postgres_that_is_killed_and_started_again_under_load_loses_nothing(filled: Filled, postgres: PostgresServer) -> None:
    with served(filled, postgres) as (ordeal, _):
        asyncio.run(_restarted(ordeal, postgres, random.Random(RESTARTS)))
    verdict, ledger = ordeal.verdict(filled), ordeal.ledger

    assert verdict.faults == []
    assert (ledger.refused, ledger.resets, ledger.statuses[500]) == ([], 0, 0)
    assert ledger.statuses[503] > 0
    assert ledger.slowest <= PATIENT
    assert [gap for gap in ordeal.gaps if ledger.recovery(gap.started) > PATIENT] == []
    assert chain_of(filled).returncode == 0
