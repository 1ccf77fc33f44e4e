"""How many jobs two workers do in a second on PostgreSQL, and how many messages they send, with every commit on disk.

A job that does nothing is claimed and finished as the worker does it, sixteen at a time. A message is a real one: two real
workers look at its incident, check it, hand it to a channel that answers at once, and record what became of it.

Run: python -m benchmarks.jobs
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID

import structlog

from benchmarks.figure import Figure
from engine.runtime.clock import SystemClock
from engine.runtime.worker import MAX_SENDING
from engine.store.database import open_database
from engine.store.job import DELIVER, Job
from engine.store.pgqueue import dequeue, enqueue, finish
from tests.postgres_server import PostgresServer, postgres_server
from tests.runtime.given import DATABASES, WORK, house, playbook

WORKERS: Final = 2
JOBS: Final = 10_000
INCIDENTS: Final = 60
GOAL: Final = 1_000.0
ROOT: Final = Path(__file__).parents[1]


async def _fill(url: str) -> float:
    """Queue jobs about nothing, sixteen in a transaction; returns how many a second."""
    database, began = open_database(url), perf_counter()
    for start in range(0, JOBS, MAX_SENDING):
        jobs = [Job(DELIVER, f"nothing {number}", "1:0") for number in range(start, min(start + MAX_SENDING, JOBS))]
        await database.write(lambda tx, jobs=jobs: enqueue(tx, jobs))  # type: ignore[misc]
    await database.close()
    return JOBS / (perf_counter() - began)


async def _empty(url: str, folder: Path) -> int:
    """Claim jobs and finish them until there are none; returns how many."""
    database, me, done = open_database(url), UUID(int=os.getpid()), 0
    await database.read(lambda tx: tx.exec_driver_sql("SELECT 1").scalar())
    _wait_for_the_start()
    while jobs := await database.write(lambda tx: dequeue(tx, me, DELIVER, MAX_SENDING)):
        numbers = [job.number for job in jobs]
        await database.write(lambda tx, numbers=numbers: finish(tx, me, numbers))  # type: ignore[misc]
        done += len(jobs)
    await database.close()
    return done


async def _owe(url: str, folder: Path) -> int:
    """Declare incidents and send nothing of them; returns 0."""
    async with house(folder, playbook(WORK), clock=SystemClock()) as home:
        for _ in range(INCIDENTS):
            await home.declare()
    return 0


async def _send(url: str, folder: Path) -> int:
    """Send what is owed until nothing is; returns how much."""
    async with house(folder, clock=SystemClock()) as home:
        _wait_for_the_start()
        await home.worker.run_until_idle()
        return len(home.channel.sent)


def _wait_for_the_start() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


PARTS: Final[dict[str, Callable[[str, Path], Awaitable[int]]]] = {"empty": _empty, "owe": _owe, "send": _send}


def _together(part: str, url: str, folder: Path) -> tuple[float, list[int]]:
    """Let the workers, each a process, do a part from the same moment on; returns what all did in a second, and each one's share."""
    command = [sys.executable, "-m", "benchmarks.jobs", part, url, str(folder)]
    workers = [_started(command) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    began = perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    done = [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]
    return sum(done) / (perf_counter() - began), done


def _started(command: list[str]) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def measure() -> Figure:
    """Measure two workers against the goal; what they send is told beside it."""
    with postgres_server(fsync="on", autovacuum="on") as server, tempfile.TemporaryDirectory() as folder:
        return _measured(server, Path(folder))


def _measured(server: PostgresServer, folder: Path) -> Figure:
    url, owed = server.take(), server.take()
    queued = asyncio.run(_fill(url))
    rate, shares = _together("empty", url, folder)
    subprocess.run([sys.executable, "-m", "benchmarks.jobs", "owe", owed, str(folder)], cwd=ROOT, check=True, capture_output=True)
    sending, sent = _together("send", owed, folder)
    told = f"{WORKERS} workers did {shares}, queued before at {queued:,.0f}/s; they sent {sum(sent)} messages at {sending:,.0f}/s"
    return Figure("jobs on PostgreSQL, each commit on disk", rate, GOAL, "jobs/s", told, at_least=True)


def _work(part: str, url: str, folder: str) -> int:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    DATABASES.taken[Path(folder)] = url
    return asyncio.run(PARTS[part](url, Path(folder)))


if __name__ == "__main__":
    print(json.dumps(_work(*sys.argv[1:])) if len(sys.argv) > 1 else measure())
