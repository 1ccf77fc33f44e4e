"""A million pending timers: how late those are that fall due, what a worker uses that has nothing to do, and whether its memory stays.

`python -m benchmarks.timers` fills a real database of each kind: one incident is declared, and a statement makes copies of its row
with an alarm far ahead for each. Then incidents are declared whose deadlines fall due while it is measured, some of them at one
instant. Time runs at its own speed, only not from now: the clock is put to a moment before the first deadline.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from os import getpid
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, String, bindparam, cast, func, insert, literal, select

from benchmarks.figure import Figure
from benchmarks.load_server import Process
from benchmarks.slack_ack import percentile
from engine.channels.channel import Outcome, Outgoing, Sent
from engine.runtime.clock import SystemClock
from engine.runtime.measuring import Unmeasured
from engine.runtime.worker import Worker
from engine.store.tables import alarms, incidents
from tests.postgres_server import postgres_server
from tests.runtime.given import DATABASES, MONDAY, WORK, House, house, playbook

ALARMS: Final = 1_000_000
DUE: Final = 500
OVER: Final = 20.0
"""Seconds within which they fall due."""
IDLE: Final = 30.0
"""Seconds in which nothing does."""
GOAL_S: Final = 1.0
GOAL_PERCENT: Final = 1.0

_PIECE: Final = 50_000
_AT_ONCE: Final = 5
"""Incidents declared together."""
_DUE_AFTER: Final = timedelta(minutes=50)
"""How long after its declaration an incident of `WORK` climbs its ladder: its first step has 20 minutes, the ladder 30."""
_SENT_BEFORE: Final = timedelta(minutes=25)
"""How long before the first deadline everything that the declarations owe is sent."""
_BEFORE: Final = timedelta(seconds=2)


@dataclass(slots=True)
class Measured:
    """Seconds of lateness; the part of a core that an idle worker used, in percent; MiB of memory before and after."""

    kind: str
    alarms: int
    lateness: list[float] = field(default_factory=list)
    idle: float = 0.0
    memory: tuple[float, float] = (0.0, 0.0)
    filled_in: float = 0.0


class Moved:
    """The machine's clock, put somewhere else."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self._ahead

    def put_to(self, instant: datetime) -> None:
        """Go on from an instant."""
        self._ahead = instant - SystemClock().now()


class Nowhere:
    """Everything arrives, and nothing is kept."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        return Sent({"ts": outgoing.delivery.id})


class Lateness(Unmeasured):
    """Keeps how late each alarm was answered; `complete` when there are so many."""

    def __init__(self, kept: list[float], wanted: int) -> None:
        self._kept = kept
        self._wanted = wanted
        self.complete = asyncio.Event()

    def rang(self, lateness: timedelta) -> None:
        self._kept.append(lateness.total_seconds())
        if len(self._kept) == self._wanted:
            self.complete.set()


def run(folder: Path, kind: str, *, alarms: int = ALARMS, due: int = DUE, over: float = OVER, idle: float = IDLE) -> Measured:
    """Measure on a database of that kind, which is made for it where `DATABASES` says; `over` and `idle` are in seconds."""
    measured = Measured(kind, alarms)
    with _quiet():
        asyncio.run(_run(folder, measured, due=due, over=over, idle=idle))
    return measured


async def _run(folder: Path, measured: Measured, *, due: int, over: float, idle: float) -> None:
    clock = Moved()
    async with house(folder, playbook(WORK), clock=clock, channel=Nowhere()) as home:
        clock.put_to(MONDAY - timedelta(days=1))
        await home.declare()
        begun = time.perf_counter()
        for first in range(1, measured.alarms + 1, _PIECE):
            await home.database.write(_copies(first, min(_PIECE, measured.alarms + 1 - first)))
        measured.filled_in = time.perf_counter() - begun
        await _declare(home, clock, _deadlines(due, over))
        clock.put_to(MONDAY - _SENT_BEFORE)
        await home.worker.run_until_idle()
        await _measure(home, clock, measured, due=due, idle=idle)


async def _declare(home: House, clock: Moved, deadlines: list[datetime]) -> None:
    """Declare an incident for each deadline, so long before it as its ladder takes."""
    for deadline, same in groupby(deadlines):
        clock.put_to(deadline - _DUE_AFTER)
        left = list(same)
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            await asyncio.gather(*(home.declare() for _ in some))


async def _measure(home: House, clock: Moved, measured: Measured, *, due: int, idle: float) -> None:
    rang, stop, process = Lateness(measured.lateness, due), asyncio.Event(), Process(0, getpid(), 0.0)
    clock.put_to(MONDAY - _BEFORE - timedelta(seconds=idle))
    worker = Worker(home.database, home.handler, home.courier, clock, meter=rang)
    before = process.memory
    running = asyncio.create_task(worker.run(stop))
    await asyncio.sleep(_BEFORE.total_seconds() / 2)
    used = time.process_time()
    await asyncio.sleep(idle)
    measured.idle = 100 * (time.process_time() - used) / idle
    await rang.complete.wait()
    measured.memory = (before, process.memory)
    stop.set()
    await running


def _deadlines(due: int, over: float) -> list[datetime]:
    """Give instants within so many seconds: one after another, and at the end a fifth of all at one."""
    many = due // 5
    apart = [MONDAY + timedelta(seconds=over * number / due) for number in range(due - many)]
    return apart + [MONDAY + timedelta(seconds=over)] * many


def _copies(first: int, count: int) -> "_Copies":
    return _Copies(first, count)


@dataclass(frozen=True, slots=True)
class _Copies:
    """A unit that copies the first incident's row so often, without its history, with an alarm far ahead for each."""

    first: int
    count: int

    def __call__(self, tx: Connection) -> None:
        series = select(literal(self.first).label("n")).cte("series", recursive=True)
        series = series.union_all(select(series.c.n + 1).where(series.c.n < self.first + self.count - 1))
        name = literal("far-") + cast(series.c.n, String)
        named = {"id": name, "key": name, "number": series.c.n + ALARMS, "snapshot": literal("{}")}
        columns = [named.get(column.name, column).label(column.name) for column in incidents.columns]
        rows = select(*columns).select_from(series).join(incidents, incidents.c.key == bindparam("like"))
        tx.execute(insert(incidents).from_select([column.name for column in incidents.columns], rows), {"like": "INC-1"})
        at = literal("2036-01-01T00:00:00.") + func.substr(cast(series.c.n + ALARMS, String), 2) + "Z"
        tx.execute(insert(alarms).from_select(["incident_id", "due_at"], select(name, cast(at, String)).select_from(series)))


@contextmanager
def _databases(kind: str) -> Iterator[None]:
    """Let the house stand on a database of that kind."""
    if kind == "sqlite":
        yield
        return
    with postgres_server(fsync="on", autovacuum="on") as DATABASES.server:
        yield
    DATABASES.taken.clear()
    DATABASES.server = None


@contextmanager
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs(processors=[_forget]):
        yield


def _forget(_: object, __: str, ___: object) -> None:
    raise structlog.DropEvent


def measure(*, alarms: int = ALARMS) -> list[Figure]:
    """Measure on each kind of database."""
    found = []
    for kind in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as place, _databases(kind):
            found += _figures(run(Path(place), kind, alarms=alarms))
    return found


def _figures(measured: Measured) -> list[Figure]:
    what, late = f"{measured.alarms:,} timers on {measured.kind}", measured.lateness
    memory = f"memory {measured.memory[0]:.0f} MiB before, {measured.memory[1]:.0f} after"
    together, median = len(late) // 5, percentile(late, of=0.5)
    how = f"{len(late)} fell due within {OVER:.0f} s, {together} of them at one instant; median {median:.2f} s"
    return [
        Figure(f"{what}: lateness of those due, 99 of 100", percentile(late), GOAL_S, "s", how),
        Figure(
            f"{what}: an idle worker",
            measured.idle,
            GOAL_PERCENT,
            "% of a core",
            f"over {IDLE:.0f} s; {memory}; filled in {measured.filled_in:.0f} s",
        ),
    ]


if __name__ == "__main__":
    for figure in measure(alarms=int(sys.argv[1]) if len(sys.argv) > 1 else ALARMS):
        print(figure)
