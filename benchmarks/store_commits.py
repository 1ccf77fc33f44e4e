"""Measure durable commits: transactions of 7 rows, by 1, 8 and 32 callers, on the disk that holds the folder given.

Goal: more than 2,000 a second with 32 callers. Run: python -m benchmarks.store_commits [FOLDER]
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

from sqlalchemy import Connection, insert

from benchmarks.figure import Figure
from engine.incident.effects import Delivery
from engine.store.alarms import set_alarm
from engine.store.database import SqliteDatabase, open_database
from engine.store.event_log import NewEvent, load
from engine.store.migrate import upgrade
from engine.store.outbox import owe
from engine.store.projections import Projection, project
from engine.store.seal import Sealer
from engine.store.tables import settings
from tests.store.given import NOW, a_row, a_step, append_in_order, minutes

INCIDENTS = 32
SECONDS = 2.0
GOAL_MICROSECONDS = 500.0
BEFORE = tuple(a_step(f"step_{place}", position=place) for place in range(34))
AFTER = (replace(BEFORE[0], state="done", people=()), replace(BEFORE[1], state="doing"), *(replace(step) for step in BEFORE[2:]))


def seven_rows(number: int, sealer: Sealer) -> Callable[[Connection], object]:
    """Insert 7 small rows: the plain cost of a commit."""

    def unit(tx: Connection) -> object:
        for row in range(7):
            tx.execute(insert(settings), {"name": f"{number}:{row}", "value": "x" * 100})
        return number

    return unit


def completed_step(number: int, sealer: Sealer) -> Callable[[Connection], object]:
    """Load an incident, append an event (with row, snapshot and head), change 2 steps, move its alarm and owe a message."""

    def unit(tx: Connection) -> object:
        stored = load(tx, sealer, f"INC-{number % INCIDENTS + 1}")
        assert stored is not None
        row = a_row(number % INCIDENTS + 1, version=stored.version + 1)
        event = NewEvent(NOW, {"person": "ana"}, "StepCompleted", {"step": "facts", "result": "it is ours"})
        append_in_order(tx, sealer, stored, events=[event], row=row, snapshot=stored.snapshot)
        project(tx, sealer, Projection(row, AFTER), Projection(row, BEFORE))
        set_alarm(tx, row.id, minutes(number))
        owe(tx, sealer, row.id, [Delivery(id=f"{row.key}:{row.version}:0", kind="say", target="war_room:x", text="Done.")], NOW)
        return row.version

    return unit


def _declare_all(sealer: Sealer) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        snapshot = {"steps": {row.step: {"state": row.state, "due_at": "2026-03-02T09:15:00Z", "round": 1} for row in BEFORE}}
        for number in range(1, INCIDENTS + 1):
            event = NewEvent(NOW, {"person": "ana"}, "Declared", {"title": "A filmed argument"})
            append_in_order(tx, sealer, None, events=[event], row=a_row(number), snapshot=snapshot)
            project(tx, sealer, Projection(a_row(number), BEFORE), None)

    return unit


async def _measured(
    database: SqliteDatabase, callers: int, numbers: "count[int]", unit: Callable[[int], Callable[[Connection], object]]
) -> float:
    start, done = perf_counter(), 0

    async def caller() -> None:
        nonlocal done
        while perf_counter() - start < SECONDS:
            await database.write(unit(next(numbers)))
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (perf_counter() - start)


def measure(folder: str | None = None) -> Figure:
    """Measure 7 small rows by 32 callers against the goal; the other rates are told beside it."""
    rates = asyncio.run(_rates(folder))
    told = ", ".join(f"{name} by {callers}: {rate:,.0f}/s" for (name, callers), rate in rates.items())
    return Figure("one durable transaction of 7 rows, 32 callers", 1_000_000 / rates["7 rows", 32], GOAL_MICROSECONDS, "µs", told)


async def _rates(folder: str | None) -> dict[tuple[str, int], float]:
    sealer = Sealer("a secret of sufficient length")
    rates: dict[tuple[str, int], float] = {}
    with tempfile.TemporaryDirectory(dir=folder) as place:
        url = f"sqlite:///{Path(place) / 'bench.db'}"
        upgrade(url)
        database = open_database(url)
        await database.write(_declare_all(sealer))
        numbers = count()
        for name, make in (("7 rows", seven_rows), ("a completed step", completed_step)):
            for callers in (1, 8, 32):
                rates[name, callers] = await _measured(database, callers, numbers, partial(make, sealer=sealer))
        await database.close()
    return rates


if __name__ == "__main__":
    print(measure(sys.argv[1] if len(sys.argv) > 1 else None))
