"""Calls to a service are remembered as long as they count, and no longer."""

from datetime import timedelta

from sqlalchemy import Connection

from engine.store.database import Database
from engine.store.remote_calls import MadeCall, add_call, calls_since, forget_calls
from tests.store.given import NOW, minutes

OLD, RECENT = MadeCall("chat.update ", minutes(-5)), MadeCall("chat.update ", NOW)
LONG_PAUSE = MadeCall("pins.add ", minutes(-5), minutes(5))
PAST_PAUSE = MadeCall("pins.add ", minutes(-5), minutes(-4))


async def _keep(database: Database, *calls: MadeCall) -> None:
    def unit(tx: Connection) -> None:
        for call in calls:
            add_call(tx, call)

    await database.write(unit)


async def test_recent_calls_and_pauses_that_are_not_over_come_back_in_order(database: Database) -> None:
    await _keep(database, OLD, LONG_PAUSE, PAST_PAUSE, RECENT)

    assert await database.read(lambda tx: calls_since(tx, NOW - timedelta(minutes=1))) == [LONG_PAUSE, RECENT]


async def test_two_calls_at_one_instant_are_two(database: Database) -> None:
    await _keep(database, RECENT, RECENT)

    assert await database.read(lambda tx: calls_since(tx, NOW)) == [RECENT, RECENT]


async def test_what_no_longer_counts_is_forgotten(database: Database) -> None:
    await _keep(database, OLD, LONG_PAUSE, PAST_PAUSE, RECENT)
    forgotten = await database.write(lambda tx: forget_calls(tx, minutes(-2)))

    assert forgotten == 2
    assert await database.read(lambda tx: calls_since(tx, minutes(-9))) == [LONG_PAUSE, RECENT]
