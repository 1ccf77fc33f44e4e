"""Two servers and two workers on one PostgreSQL: steps completed a second, beside what one commit there costs alone at the same time.

`python -m benchmarks.load_several` measures with 1, 8 and 32 clients, half of them at each server, every commit on disk. The floor is a
FastAPI echo that commits one row to the same PostgreSQL, in as many processes as there are servers; the same in one process is told
beside it. While steps are completed, the workers send what they owe to a fake Slack.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from benchmarks.load import fake_people, ready
from benchmarks.load_client import Sample, every, spread
from benchmarks.load_fill import Filled, fill
from benchmarks.load_floor import POSTGRES_TABLE
from benchmarks.load_operations import Operations, floors
from benchmarks.load_server import Process, firebreak, postgres_floor, worker
from benchmarks.slack_ack import environment
from tests.postgres_server import PostgresServer, postgres_server

SERVERS: Final = 2
WORKERS: Final = 2
CLIENTS: Final = (1, 8, 32)
SECONDS: Final = 3.0
INCIDENTS: Final = 1_000
WORKED_ON: Final = 192
GOAL: Final = 0.5
_WARM: Final = 0.5


@dataclass(slots=True)
class Round:
    """What so many clients saw of each."""

    clients: int
    floor: Sample
    lone_floor: Sample
    complete: Sample
    sent: float = 0.0
    """Seconds of processor time that the workers used meanwhile."""

    @property
    def part(self) -> float:
        """Completed steps as a part of the floor's commits."""
        return self.complete.rate / self.floor.rate if self.floor.rate else 0.0


@dataclass(slots=True)
class Running:
    """The processes."""

    servers: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    floors: list[Process] = field(default_factory=list)


def run(postgres: PostgresServer, *, clients: Sequence[int] = CLIENTS, seconds: float = SECONDS, worked_on: int = WORKED_ON) -> list[Round]:
    """Measure on two databases that are made for it."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        filled, bare = fill(Path(place), INCIDENTS, postgres.take()), postgres.take()
        postgres.run(bare, POSTGRES_TABLE)
        settings = environment(filled.folder, stack.enter_context(fake_people(filled.folder))) | filled.settings
        running = Running()
        running.floors = [stack.enter_context(postgres_floor(bare)) for _ in range(SERVERS)]
        running.servers = [stack.enter_context(firebreak(filled.folder, settings, "--no-worker")) for _ in range(SERVERS)]
        running.workers = [stack.enter_context(worker(filled.folder, settings)) for _ in range(WORKERS)]
        return asyncio.run(_measured(running, filled, clients=clients, seconds=seconds, worked_on=worked_on))


async def _measured(running: Running, filled: Filled, *, clients: Sequence[int], seconds: float, worked_on: int) -> list[Round]:
    for server in running.servers:
        await ready(server)
    declared = await every([Operations(filled.token, []).trial()] * worked_on, running.servers[0])
    operations = Operations(filled.token, [str(json.loads(each)["key"]) for each in declared])
    await _round(running, operations, 8, _WARM)
    return [await _round(running, operations, count, seconds) for count in clients]


async def _round(running: Running, operations: Operations, clients: int, seconds: float) -> Round:
    commit, bare = floors()["commit"], running.floors
    lone = await spread(bare[:1], "commit", clients, seconds, commit)
    floor = await spread(bare, "commit", clients, seconds, commit)
    before = _used(running.workers)
    complete = await spread(running.servers, "complete", clients, seconds, operations.complete)
    return Round(clients, floor, lone, complete, _used(running.workers) - before)


def _used(processes: Sequence[Process]) -> float:
    return sum(process.processor for process in processes)


def measure() -> list[Figure]:
    """Measure, print the table; gives the figures that have goals."""
    with postgres_server(fsync="on", autovacuum="on") as postgres:
        rounds = run(postgres)
    print(table(rounds))
    last = rounds[-1]
    how = f"{last.complete.rate:,.0f}/s beside {last.floor.rate:,.0f}/s; in one process the floor reached {last.lone_floor.rate:,.0f}/s"
    about = f"{SERVERS} servers and {WORKERS} workers on PostgreSQL"
    failed = [failure for each in rounds for failure in each.complete.failures]
    return [
        Figure(f"{about}: complete, {last.clients} clients, part of the floor", last.part, GOAL, "x", how, at_least=True),
        Figure(f"{about}: requests that failed", len(failed), 0, "", "; ".join(failed[:3]) or f"{len(last.complete.took)} did not"),
    ]


def table(rounds: Sequence[Round]) -> str:
    """Write a line for each number of clients."""
    heads = ("clients", "floor/s", "alone/s", "complete/s", "of floor", "p50 ms", "p99 ms", "CPU ms", "workers ms")
    return "\n".join(["".join(f"{head:>11}" for head in heads), *("".join(f"{cell:>11}" for cell in _cells(each)) for each in rounds)])


def _cells(each: Round) -> tuple[str, ...]:
    done = each.complete
    rates = [f"{sample.rate:,.0f}" for sample in (each.floor, each.lone_floor, done)]
    took = [f"{done.percentile(of):.1f}" for of in (0.5, 0.99)]
    return (str(each.clients), *rates, f"{each.part:.2f}", *took, f"{done.each:.2f}", f"{1000 * each.sent / max(1, len(done.took)):.2f}")


def main() -> int:
    """Measure; 1 when a goal is missed."""
    found = measure()
    for figure in found:
        print(figure)
    return 0 if all(figure.is_met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
