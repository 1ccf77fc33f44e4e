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

from engine.incident.effects import Delivery
from engine.store.alarms import set_alarm
from engine.store.database import SqliteDatabase, open_database
from engine.store.event_log import NewEvent, append, load
from engine.store.migrate import upgrade
from engine.store.outbox import owe
from engine.store.projections import Projection, project
from engine.store.seal import Sealer
from engine.store.tables import settings
from tests.store.given import NOW, a_row, a_step, minutes

INCIDENTS = 32
SECONDS = 3.0
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
        append(tx, sealer, stored, events=[event], row=row, snapshot=stored.snapshot)
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
            append(tx, sealer, None, events=[event], row=a_row(number), snapshot=snapshot)
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


async def main(folder: str | None) -> None:
    """Print commits a second for each kind of transaction and number of callers."""
    sealer = Sealer("a secret of sufficient length")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        url = f"sqlite:///{Path(place) / 'bench.db'}"
        upgrade(url)
        database = open_database(url)
        await database.write(_declare_all(sealer))
        numbers = count()
        for name, make in (("7 small rows", seven_rows), ("a completed step", completed_step)):
            for callers in (1, 8, 32):
                rate = await _measured(database, callers, numbers, partial(make, sealer=sealer))
                print(f"{name:>18}, {callers:>2} callers: {rate:>7,.0f} commits/s")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
