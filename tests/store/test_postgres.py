"""PostgreSQL's own: many writers keep one order, and what is lost, locked or away is tried again within bounds."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.util import await_only

from engine.store.alarms import next_alarm_at
from engine.store.audit import verify
from engine.store.database import Database, open_database
from engine.store.event_log import load, next_number
from engine.store.fault import Fault
from engine.store.idempotency import New, Stored, reserve, save
from engine.store.migrate import is_current, upgrade
from engine.store.outbox import claim_due, owe
from engine.store.seal import Sealer
from engine.store.settings import put_setting, setting
from engine.store.tables import deliveries, heads
from tests.postgres_server import PostgresServer, packaged, postgres_server
from tests.store.given import NOW, a_delivery, an_event, declare, minutes, note, personal

KINDS = ("postgresql",)
"""On SQLite one process writes, one unit after another."""

LOST = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"


@pytest.fixture
async def other(address: str) -> AsyncIterator[Database]:
    """The same database, opened by what would be another process."""
    opened = open_database(address)
    yield opened
    await opened.close()


@pytest.fixture
def bare(postgres: PostgresServer) -> str:
    """A database without any schema."""
    return postgres.bare()


def _put(name: str, value: str = "x") -> Callable[[Connection], None]:
    return lambda tx: put_setting(tx, name, value)


async def test_incidents_that_are_declared_at_once_have_consecutive_numbers_and_one_log_of_heads(
    database: Database, other: Database, sealer: Sealer
) -> None:
    await asyncio.gather(*(each.write(lambda tx: declare(tx, sealer, next_number(tx))) for _ in range(15) for each in (database, other)))

    report = await database.read(lambda tx: verify(tx, sealer))
    numbers = await database.read(lambda tx: list(tx.execute(select(heads.c.number).order_by(heads.c.number)).scalars()))
    assert (report.incidents, report.findings, numbers) == (30, (), list(range(1, 31)))


async def test_changes_of_one_incident_wait_for_each_other(database: Database, other: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer, 1))

    def unit(tx: Connection) -> None:
        load(tx, sealer, "INC-1", to_change=True)
        note(tx, sealer, "INC-1", an_event())

    await asyncio.gather(*(each.write(unit) for _ in range(10) for each in (database, other)))

    stored = await database.read(lambda tx: load(tx, sealer, "INC-1"))
    assert stored is not None
    assert stored.version == 21


async def test_somebody_new_who_is_named_by_many_at_once_has_one_key(database: Database, other: Database, sealer: Sealer) -> None:
    def unit(number: int) -> Callable[[Connection], str]:
        return lambda tx: declare(tx, sealer, number, events=[an_event(1, who=personal("Fred", "fred"))])

    await asyncio.gather(*(each.write(unit(2 * count + place)) for count in range(8) for place, each in enumerate((database, other))))

    assert await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM keys")).scalar()) == 1


async def test_a_request_that_comes_many_times_at_once_is_done_once(database: Database, other: Database, sealer: Sealer) -> None:
    done: list[str] = []

    def unit(tx: Connection) -> object:
        found = reserve(tx, sealer, key="k", token_id="t", body_hash="b", now=NOW)
        if isinstance(found, New):
            done.append("once")
            save(tx, sealer, found, Stored(200, {"done": True}), None)
        return type(found)

    kinds = await asyncio.gather(*(each.write(unit) for _ in range(16) for each in (database, other)))

    assert (len(done), kinds.count(New), kinds.count(Stored)) == (1, 1, 31)


async def test_lanes_keep_their_order_although_many_owe_at_once(database: Database, other: Database, sealer: Sealer) -> None:
    incident = await database.write(lambda tx: declare(tx, sealer, 1))

    def owing(number: int) -> Callable[[Connection], None]:
        return lambda tx: owe(tx, sealer, incident, [a_delivery(f"d{number}a"), a_delivery(f"d{number}b")], NOW)

    await asyncio.gather(*(each.write(owing(2 * count + place)) for count in range(10) for place, each in enumerate((database, other))))

    places = await database.read(lambda tx: list(tx.execute(select(deliveries.c.position)).scalars()))
    first = await database.write(lambda tx: claim_due(tx, sealer, minutes(1), limit=50, lease_until=minutes(2)))
    assert (len(set(places)), len(first)) == (40, 1)


async def test_connections_that_were_lost_are_replaced_without_anybody_noticing(
    address: str, database: Database, postgres: PostgresServer
) -> None:
    await asyncio.gather(*(database.write(_put(f"before {number}")) for number in range(8)))
    postgres.run(address, LOST)

    await asyncio.gather(*(database.write(_put(f"after {number}")) for number in range(16)))

    assert await database.read(lambda tx: tx.execute(text("SELECT count(*) FROM settings")).scalar()) == 24


async def test_who_listens_hears_each_word_and_listens_again_when_the_connection_is_lost(
    address: str, database: Database, other: Database, postgres: PostgresServer
) -> None:
    heard = asyncio.Event()
    listening = asyncio.create_task(database.listen("words", heard.set))
    for lost in (False, True):
        if lost:
            postgres.run(address, LOST)
        await asyncio.wait_for(heard.wait(), 5)  # it listens, and may have missed something before
        heard.clear()
        await other.write(lambda tx: tx.execute(text("NOTIFY words")).rowcount)
        await asyncio.wait_for(heard.wait(), 5)
        heard.clear()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_connection_lost_in_the_middle_of_a_unit_has_it_run_again(
    address: str, database: Database, postgres: PostgresServer
) -> None:
    runs: list[int] = []

    def unit(tx: Connection) -> None:
        put_setting(tx, f"run {len(runs)}", "x")
        runs.append(1)
        if len(runs) == 1:
            postgres.run(address, LOST)
        put_setting(tx, "end", "x")

    await database.write(unit)

    assert await database.read(lambda tx: (setting(tx, "run 0"), setting(tx, "run 1"), setting(tx, "end"))) == (None, "x", "x")


async def test_two_units_that_wait_for_each_other_both_end_well(database: Database, other: Database) -> None:
    for name in ("a", "b"):
        await database.write(_put(name, "0"))
    raise_by_one = text("UPDATE settings SET value = (value::int + 1)::text WHERE name = :name")

    def unit(*names: str) -> Callable[[Connection], None]:
        def change(tx: Connection) -> None:
            for name in names:
                tx.execute(raise_by_one, {"name": name})
                tx.execute(text("SELECT pg_sleep(0.05)"))

        return change

    await asyncio.gather(database.write(unit("a", "b")), other.write(unit("b", "a")))

    assert await database.read(lambda tx: (setting(tx, "a"), setting(tx, "b"))) == ("2", "2")


async def test_while_the_server_is_away_there_is_a_fault_within_five_seconds_and_then_it_goes_on(
    database: Database, postgres: PostgresServer
) -> None:
    await database.write(_put("kept"))
    postgres.stop(signal.SIGQUIT)
    began = time.perf_counter()

    answers = await asyncio.gather(
        *(database.write(_put("lost")) for _ in range(20)), database.read(lambda tx: setting(tx, "kept")), return_exceptions=True
    )
    took = time.perf_counter() - began
    postgres.start()

    assert {str(answer).partition(" (")[0] for answer in answers} == {"PostgreSQL can't be reached"}
    assert (took < 5, await database.read(lambda tx: setting(tx, "kept"))) == (True, "x")


async def test_a_lock_held_by_somebody_else_is_waited_for_but_not_longer_than_five_seconds(database: Database, other: Database) -> None:
    held, done = asyncio.Event(), asyncio.Event()
    holder = open_holder(other, held, done)
    await held.wait()
    began = time.perf_counter()

    with pytest.raises(Fault, match="holds a lock"):
        await database.write(_put("a"))

    took = time.perf_counter() - began
    done.set()
    await holder
    assert took < 5


def open_holder(other: Database, held: asyncio.Event, done: asyncio.Event) -> "asyncio.Future[None]":
    """Lock a table as somebody with a shell would, until told otherwise."""
    loop = asyncio.get_running_loop()

    def hold(tx: Connection) -> None:
        tx.execute(text("LOCK TABLE settings"))
        loop.call_soon(held.set)
        await_only(done.wait())

    return asyncio.ensure_future(other.write(hold))


async def test_a_caller_that_goes_away_leaves_its_unit_to_end(database: Database) -> None:
    gone = asyncio.ensure_future(database.write(_put("a")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await database.close()

    with pytest.raises(Fault, match="closed"):
        await database.read(lambda tx: setting(tx, "a"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("@/test", "@/nowhere_at_all"), "no such database"),
        (("host=/", "host=/nowhere"), "can't be reached"),
        (("firebreak@", "nobody_known@"), "refuses the user"),
    ],
)
async def test_an_address_that_does_not_work_says_what_is_wrong_with_it(address: str, change: tuple[str, str], words: str) -> None:
    name = address.partition("@/")[2].partition("?")[0]
    wrong = open_database(address.replace(name, "nowhere_at_all") if "nowhere_at_all" in change[1] else address.replace(*change))

    with pytest.raises(Fault, match=words):
        await wrong.read(is_current)

    await wrong.close()


async def test_processes_that_start_at_once_upgrade_once(bare: str) -> None:
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(upgrade, [bare] * 3))
    database = open_database(bare)

    assert await database.read(is_current)
    await database.close()


async def test_a_schema_that_is_newer_is_refused(address: str, postgres: PostgresServer) -> None:
    postgres.run(address, "CREATE TABLE kept AS SELECT * FROM alembic_version", "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Fault, match="newer than this program") as refused:
        await asyncio.to_thread(upgrade, address)
    postgres.run(address, "UPDATE alembic_version SET version_num = (SELECT version_num FROM kept)", "DROP TABLE kept")

    assert refused.value.done == "left the schema as it was"


async def test_a_schema_that_was_not_made_says_what_to_run(bare: str) -> None:
    database = open_database(bare)

    with pytest.raises(Fault, match="firebreak db upgrade"):
        await database.read(next_alarm_at)
    assert not await database.read(is_current)
    await database.close()


async def test_of_two_processes_that_start_with_different_secrets_one_is_refused(database: Database, other: Database) -> None:
    starts = (database.write(Sealer("the secret of one of them").confirm), other.write(Sealer("another one's secret").confirm))

    answers = await asyncio.gather(*starts, return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Fault", "NoneType"]


async def test_where_the_machine_has_none_the_packages_own_programs_serve() -> None:
    with postgres_server(packaged()) as server:
        opened = open_database(server.take())
        await opened.write(_put("first"))
        stored = await opened.read(lambda tx: setting(tx, "first"))
        await opened.close()

    assert stored == "x"
