"""The primary dies and a standby is promoted: a synchronous one has everything, an asynchronous one lacks what the checker counts.

Only the long form (`SOAK` above 1): it needs a second server, copied from the first.
"""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.load_fill import Filled, fill
from tests.journeys.checker import Verdict, judged, stored_at
from tests.journeys.given import HTTP
from tests.journeys.ledger import Ledger, Writer, settle
from tests.journeys.soaking import SOAK, chain_of, serving
from tests.postgres_proxy import PostgresProxy, postgres_proxy
from tests.postgres_server import PostgresServer, binaries, name_of, postgres_server, standby_of
from tests.until import until

WRITERS = 8
BEFORE = AFTER = 5.0
"""Seconds of writing before and after the failover."""
PATIENT = 5.0
LOST = 20
"""Changes that an asynchronous standby never gets."""
REPLICATED = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = '*'"
RELOAD = "SELECT pg_reload_conf()"


@dataclass
class Pair:
    """A primary, its standby, and the address that leads to whichever counts."""

    filled: Filled
    primary: PostgresServer
    standby: PostgresServer
    line: PostgresProxy
    ledger: Ledger

    @property
    def new(self) -> Filled:
        """What is filled, at the promoted server."""
        return replace(self.filled, url=self.standby.url(name_of(self.filled.url)))

    def fail_over(self) -> float:
        """Fence the primary for good, promote the standby and lead everybody there; gives the instant, by the monotonic clock."""
        if self.primary.process is not None:
            self.primary.stop(signal.SIGQUIT)
        self.standby.run(self.standby.url("postgres"), "SELECT pg_promote(true, 30)")
        self.line.switch(self.standby.socket)
        return time.monotonic()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    if SOAK == 1:
        pytest.skip("only the long form fails over: make soak")
    if not (binaries() / "pg_basebackup").exists():
        pytest.skip("pg_basebackup is not here")
    with _pair(tmp_path) as running:
        yield running


@contextmanager
def _pair(folder: Path) -> Iterator[Pair]:
    with ExitStack() as running:
        primary = running.enter_context(postgres_server(**REPLICATED))
        filled = fill(folder, 0, primary.take(), only_trial=True)
        standby, line = running.enter_context(standby_of(primary)), running.enter_context(postgres_proxy(primary.socket))
        life = running.enter_context(serving(replace(filled, url=line.url(name_of(filled.url)))))
        yield Pair(filled, primary, standby, line, Ledger([life.process], filled.token))


async def _written_over(pair: Pair, *, loses: int) -> float:
    """Write before and after; `loses` changes are made while the standby hears of nothing. Gives the seconds until writing went on."""
    stop, ledger = asyncio.Event(), pair.ledger
    writers = [asyncio.create_task(Writer(ledger, place, stop).write()) for place in range(WRITERS)]
    await asyncio.sleep(BEFORE)
    if loses:
        await asyncio.to_thread(pair.standby.stop)
        had = len(ledger.acknowledged)
        await until(lambda: len(ledger.acknowledged) >= had + loses)
        await asyncio.to_thread(pair.primary.stop, signal.SIGQUIT)
        await asyncio.to_thread(pair.standby.start)
    began = await asyncio.to_thread(pair.fail_over)
    await until(lambda: ledger.recovery(began) < float("inf"))
    await asyncio.sleep(AFTER)
    stop.set()
    await asyncio.gather(*writers)
    await settle(ledger)
    return ledger.recovery(began)


def _verdict(pair: Pair) -> Verdict:
    return judged(asyncio.run(stored_at(pair.new.url)), pair.ledger)


def test_a_synchronous_standby_that_takes_over_has_everything_that_was_acknowledged(pair: Pair) -> None:
    pair.primary.run(pair.primary.url("postgres"), SYNCHRONOUS)
    pair.primary.run(pair.primary.url("postgres"), RELOAD)
    pair.standby.run(pair.standby.url("postgres"), "SELECT 1")
    recovery = asyncio.run(_written_over(pair, loses=0))
    verdict = _verdict(pair)

    assert verdict.faults == [], verdict.lines()
    assert pair.ledger.refused == []
    assert recovery <= PATIENT
    assert chain_of(pair.new).returncode == 0


def test_what_an_asynchronous_standby_lacks_is_counted_and_its_chains_are_whole(pair: Pair) -> None:
    asyncio.run(_written_over(pair, loses=LOST))
    verdict = _verdict(pair)
    ready = HTTP.get(f"http://127.0.0.1:{pair.ledger.servers[0].port}/readyz").json()

    assert len(verdict.missing) >= LOST, verdict.lines()
    assert "acknowledged changes are missing" in ready["history"]
    assert (verdict.doubled, verdict.broken_chains, verdict.half_built) == ([], [], [])
    assert chain_of(pair.new).returncode == 0
