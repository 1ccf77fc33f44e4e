"""pgqueuer's queue in our own transactions: what is rolled back was never queued, and nothing grows that nobody reads."""

import asyncio
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from engine.store.database import Database, open_database
from engine.store.job import DELIVER, TICK, Job
from engine.store.migrate import SCRIPTS, upgrade
from engine.store.pgqueue import beat, dequeue, enqueue, finish
from engine.store.pgqueue_library import ddl
from engine.store.queued import sweep
from tests.postgres_server import PostgresServer
from tests.store.given import NOW, minutes

KINDS = ("postgresql",)
"""On a file the owed rows are the jobs."""

ROOT = Path(__file__).parents[2]
ONE, TWO = UUID(int=1), UUID(int=2)
A, B = Job(DELIVER, "a", "1:0"), Job(DELIVER, "b", "1:0")
SILENT = text("UPDATE firebreak_pgqueuer SET heartbeat = now() - interval '7 seconds'")


def _count(table: str) -> str:
    return f"SELECT count(*) FROM firebreak_pgqueuer{table}"  # noqa: S608 - our own name


async def _left(database: Database, table: str = "") -> int:
    return int(await database.read(lambda tx: tx.execute(text(_count(table))).scalar_one()))


async def _claimed(database: Database, worker: UUID, limit: int = 10) -> list[str]:
    claimed = await database.write(lambda tx: dequeue(tx, worker, DELIVER, limit))
    return [job.about for job in claimed if isinstance(job, Job)]


async def test_a_job_that_is_queued_first_and_then_rolled_back_was_never_queued(database: Database) -> None:
    def unit(tx: Connection) -> None:
        enqueue(tx, [A])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(unit)

    assert await _left(database) == 0


async def test_a_job_that_waits_or_is_being_done_is_not_queued_again_and_later_it_is(database: Database) -> None:
    await database.write(lambda tx: enqueue(tx, [A, B, A]))
    await database.write(lambda tx: enqueue(tx, [A]))
    claimed = await database.write(lambda tx: dequeue(tx, ONE, DELIVER, 10))
    await database.write(lambda tx: enqueue(tx, [A]))
    again = await _claimed(database, TWO)
    await database.write(lambda tx: (finish(tx, ONE, [job.number for job in claimed]), enqueue(tx, [A])))

    assert ([job.about for job in claimed if isinstance(job, Job)], again, await _claimed(database, TWO)) == (["a", "b"], [], ["a"])


async def test_a_job_is_finished_with_what_it_did_or_not_at_all(database: Database) -> None:
    await database.write(lambda tx: enqueue(tx, [A]))
    (job,) = await database.write(lambda tx: dequeue(tx, ONE, DELIVER, 1))

    def unit(tx: Connection) -> None:
        finish(tx, ONE, [job.number])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(unit)

    assert await _left(database) == 1


async def test_the_silent_lose_their_jobs_the_living_keep_them_and_only_the_holder_ends_one(database: Database) -> None:
    await database.write(lambda tx: enqueue(tx, [A, B]))
    a, b = await database.write(lambda tx: dequeue(tx, ONE, DELIVER, 10))
    early = await _claimed(database, TWO)
    await database.write(lambda tx: (tx.execute(SILENT).rowcount, beat(tx, [b.number])))
    late = await _claimed(database, TWO)
    await database.write(lambda tx: finish(tx, ONE, [a.number]))

    assert (early, late, await _left(database)) == ([], ["a"], 2)


async def test_nothing_is_kept_of_jobs_that_are_done(database: Database) -> None:
    for _ in range(3):
        await database.write(lambda tx: enqueue(tx, [A, B]))
        jobs = await database.write(lambda tx: dequeue(tx, ONE, DELIVER, 10))
        await database.write(lambda tx, jobs=jobs: finish(tx, ONE, [job.number for job in jobs]))  # type: ignore[misc]

    assert [await _left(database, table) for table in ("", "_log", "_statistics", "_schedules")] == [0, 0, 0, 0]


async def test_alarms_far_ahead_stay_out_of_the_queue_and_a_sweep_looks_only_at_those_that_are_due(postgres: PostgresServer) -> None:
    address = postgres.bare()
    upgrade(address)
    postgres.run(
        address,
        "ALTER TABLE alarms DROP CONSTRAINT fk_alarms_incident_id",
        "INSERT INTO alarms SELECT 'i' || n, CASE WHEN n <= 20 THEN '2026-01-01T00:00:00.000000Z' ELSE '2036-01-01T00:00:00.000000Z' END"
        " FROM generate_series(1, 100000) n",
        "ANALYZE alarms",
    )
    database = open_database(address)
    await database.write(lambda tx: sweep(tx, NOW))
    due = text("EXPLAIN SELECT incident_id, due_at FROM alarms WHERE due_at <= '2026-11-27' ORDER BY due_at, incident_id LIMIT 500")
    plan = await database.read(lambda tx: "\n".join(tx.execute(due).scalars()))
    jobs = await database.write(lambda tx: dequeue(tx, ONE, TICK, 100))
    left = await _left(database)
    await database.close()

    assert (len(jobs), left) == (20, 20)
    assert ("ix_alarms_due_at" in plan, "Seq Scan" in plan) == (True, False), plan


async def test_while_one_process_sweeps_the_others_go_on(database: Database, address: str) -> None:
    other, swept, done = open_database(address), asyncio.Event(), asyncio.Event()

    def unit(tx: Connection) -> None:
        sweep(tx, minutes(1))
        await_only(hold())

    async def hold() -> None:
        swept.set()
        await done.wait()

    sweeping = asyncio.create_task(database.write(unit))
    await swept.wait()
    async with asyncio.timeout(2):
        await other.write(lambda tx: sweep(tx, minutes(1)))
    done.set()
    await sweeping
    await other.close()


def test_the_librarys_schema_is_the_one_that_our_migration_installed() -> None:
    """A release of pgqueuer with another schema needs a migration; its `Queries.plan_upgrade` says what stands in it."""
    lines = [line for line in ddl().splitlines() if not line.startswith("--")]

    assert sha256("\n".join(lines).encode()).hexdigest() == "d62aa0b650a52282d0784025de3f252c27024b2d3478a866a509eabf165bc4a0"


def test_no_variable_of_the_environment_moves_a_table() -> None:
    code = "from engine.store.pgqueue_library import ddl; print(ddl().partition('\\n')[2])"
    moved = {"PGQUEUER_PREFIX": "x_", "PGQUEUER_SCHEMA": "elsewhere", "PGQUEUER_QUEUE_TABLE": "y", "CHANNEL": "z", "DURABILITY": "volatile"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ | moved, capture_output=True, text=True)

    assert ran.stdout.strip() == ddl().partition("\n")[2].strip(), ran.stderr


async def test_the_migration_can_be_taken_back_and_done_again(postgres: PostgresServer) -> None:
    address = postgres.bare()
    upgrade(address)
    database, config = open_database(address), Config()
    config.set_main_option("script_location", str(SCRIPTS))

    def back(tx: Connection) -> list[str]:
        config.attributes["connection"] = tx
        command.downgrade(config, "0004")
        left = text(
            "SELECT relname FROM pg_class WHERE relname LIKE '%pgqueuer%' UNION SELECT proname FROM pg_proc WHERE proname LIKE '%pgqueuer%'"
        )
        return list(tx.execute(left).scalars())

    left = await database.write(back)
    upgrade(address)
    await database.write(lambda tx: enqueue(tx, [A]))

    assert (left, await _left(database)) == ([], 1)
    await database.close()
