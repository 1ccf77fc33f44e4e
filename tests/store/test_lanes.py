"""What waits for another in its lane is not looked at again before its turn, and its turn always comes."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, func, select

from engine.store import alarms, lanes
from engine.store.database import Database
from engine.store.erasure import forget_incident
from engine.store.outbox import (
    Owed,
    claim_due,
    next_due,
    owe,
    record_dead,
    record_retry,
    record_sent,
    record_waiting,
    release_leases,
)
from engine.store.seal import Sealer
from engine.store.sqlite_file import driver_connection
from engine.store.tables import NEVER, deliveries
from tests.store.given import NOW, a_delivery, declare, minutes

KINDS = ("sqlite",)
INCIDENT = f"{1:032x}"
MANY = 2_000

Unit = Callable[[Connection], object]


def _claim(sealer: Sealer, at: float = 0) -> Callable[[Connection], list[Owed]]:
    return lambda tx: claim_due(tx, sealer, minutes(at), limit=10, lease_until=minutes(at + 1))


async def _claimed(database: Database, sealer: Sealer, at: float = 0) -> list[str]:
    return [owed.delivery.id for owed in await database.write(_claim(sealer, at))]


async def _owe(database: Database, sealer: Sealer, *names: str, **more: object) -> None:
    await database.write(lambda tx: owe(tx, sealer, INCIDENT, [a_delivery(name, **more) for name in names], NOW))


@pytest.fixture
async def first(database: Database, sealer: Sealer) -> Owed:
    """The first of a lane is being sent, and two wait for it."""
    await database.write(lambda tx: declare(tx, sealer, 1))
    await _owe(database, sealer, "a", "b", "c")
    (owed,) = await database.write(_claim(sealer))
    assert await database.write(_claim(sealer)) == []
    return owed


def _ways(sealer: Sealer, owed: Owed) -> dict[str, Unit]:
    """Everything that takes the first of a lane out of the way."""
    elsewhere = a_delivery("a", target="war_room:two", replaces=True)
    reached = {"channel": "C1"}
    return {
        "sent": lambda tx: record_sent(tx, sealer, owed, {}, NOW),
        "dead": lambda tx: record_dead(tx, owed, "gone", NOW),
        "waiting": lambda tx: record_waiting(tx, owed, "on hold"),
        "reached": lambda tx: record_retry(tx, sealer, owed, at=minutes(60), error="paced", tried=False, receipt=reached),
        "moved": lambda tx: owe(tx, sealer, INCIDENT, [elsewhere], NOW),
    }


@pytest.mark.parametrize("way", ["sent", "dead", "waiting", "reached", "moved"])
async def test_the_next_goes_however_the_one_before_leaves_the_lane(database: Database, sealer: Sealer, first: Owed, way: str) -> None:
    await database.write(_ways(sealer, first)[way])

    assert await database.read(next_due) == NOW
    assert await _claimed(database, sealer) == ["b"]
    assert await _claimed(database, sealer) == []


async def test_a_retry_keeps_those_behind_it_waiting(database: Database, sealer: Sealer, first: Owed) -> None:
    await database.write(lambda tx: record_retry(tx, sealer, first, at=minutes(5), error="not now"))

    assert await _claimed(database, sealer, 4) == []
    assert await _claimed(database, sealer, 5) == ["a"]


async def test_what_was_forgotten_holds_up_nobody(database: Database, sealer: Sealer, first: Owed) -> None:
    await database.write(lambda tx: forget_incident(tx, sealer, INCIDENT, reason="asked", at=NOW))
    await _owe(database, sealer, "d")

    assert await _claimed(database, sealer) == ["d"]


async def test_a_process_that_starts_looks_at_everything_anew(database: Database, sealer: Sealer, first: Owed) -> None:
    await database.write(release_leases)

    assert await database.read(next_due) == NOW
    assert await _claimed(database, sealer) == ["a"]


async def test_an_edit_behind_a_post_goes_with_the_next_post(database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer, 1))
    await _owe(database, sealer, "card", replaces=True)
    for owed in await database.write(_claim(sealer)):
        await database.write(lambda tx, owed=owed: record_sent(tx, sealer, owed, {"ts": "1"}, NOW))  # type: ignore[misc]
    await _owe(database, sealer, "a")
    await _owe(database, sealer, "card", text="newer", replaces=True)
    await _owe(database, sealer, "b")
    (owed,) = await database.write(_claim(sealer))
    await database.write(_claim(sealer))
    await database.write(lambda tx: record_sent(tx, sealer, owed, {"ts": "2"}, NOW))

    assert (owed.delivery.id, await _claimed(database, sealer)) == ("a", ["card", "b"])


async def test_everything_in_a_long_lane_goes_in_its_order(database: Database, sealer: Sealer) -> None:
    names = [f"{number:02}" for number in range(40)]
    await database.write(lambda tx: declare(tx, sealer, 1))
    await _owe(database, sealer, *names)
    went = []
    while claimed := await database.write(_claim(sealer)):
        for owed in claimed:
            went.append(owed.delivery.id)
            await database.write(lambda tx, owed=owed: record_sent(tx, sealer, owed, {}, NOW))  # type: ignore[misc]

    assert went == names


async def test_thousands_that_wait_are_looked_at_once(kind: str, database: Database, sealer: Sealer) -> None:
    await database.write(lambda tx: declare(tx, sealer, 1))
    await _owe(database, sealer, *(f"{number:04}" for number in range(MANY)))
    await database.write(_claim(sealer))
    aside = await database.read(lambda tx: tx.execute(select(func.count()).where(deliveries.c.due_at == NEVER)).scalar_one())

    assert aside == (MANY - 1 if kind == "sqlite" else 0)


async def test_what_is_next_is_found_by_an_index(file: object, database: Database) -> None:
    def plans(tx: Connection) -> dict[str, str]:
        shell, asked = driver_connection(tx), list[str]()
        shell.set_trace_callback(asked.append)
        for look in (next_due, alarms.next_alarm_at, lanes.let_all_pass):
            look(tx)
        alarms.due_alarms(tx, NOW, 10)
        lanes.claimable(tx, NOW, 10)
        lanes.let_pass(tx, INCIDENT, "war_room:one")
        shell.set_trace_callback(None)
        return {each: "; ".join(row[3] for row in shell.execute(f"EXPLAIN QUERY PLAN {each}")) for each in asked}

    found = await database.write(plans)
    assert len(found) == 7
    assert {each: plan for each, plan in found.items() if "SCAN " in plan or "TEMP B-TREE" in plan} == {}
