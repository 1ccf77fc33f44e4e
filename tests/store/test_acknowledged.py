"""A process that saw a change being acknowledged notices when the database does not have it any more."""

import pytest
from sqlalchemy import Connection

from engine.store.acknowledged import REMEMBERED, Acknowledged
from engine.store.database import Database
from engine.store.event_log import next_number
from engine.store.seal import Sealer
from tests.postgres_server import PostgresServer
from tests.store.given import declare

KINDS = ("postgresql",)
"""Nobody takes a file's place."""

CUT_OFF = ("DELETE FROM heads WHERE number > 2",)
OTHERS = ("UPDATE heads SET digest = repeat('0', 64) WHERE number = 1",)


async def _declared(database: Database, sealer: Sealer, times: int) -> None:
    for _ in range(times):
        await database.write(lambda tx: declare(tx, sealer, next_number(tx)))


async def test_nothing_is_missing_while_everything_is_there(database: Database, sealer: Sealer) -> None:
    await _declared(database, sealer, 3)

    assert await database.look_for_lost() == 0


@pytest.mark.parametrize(("changed", "lost"), [(CUT_OFF, 2), (OTHERS, 1)])
async def test_what_is_missing_or_another_change_is_counted_once(
    database: Database, address: str, postgres: PostgresServer, sealer: Sealer, changed: tuple[str, ...], lost: int
) -> None:
    await _declared(database, sealer, 4)
    postgres.run(address, *changed)

    assert [await database.look_for_lost(), await database.look_for_lost(), database.lost] == [lost] * 3


async def test_a_number_that_is_given_again_is_noticed_at_once(
    database: Database, address: str, postgres: PostgresServer, sealer: Sealer
) -> None:
    await _declared(database, sealer, 4)
    postgres.run(address, *CUT_OFF)
    await _declared(database, sealer, 2)

    assert database.lost == 2


async def test_what_was_rolled_back_was_never_acknowledged(database: Database, sealer: Sealer) -> None:
    def unit(tx: Connection) -> None:
        declare(tx, sealer, next_number(tx))
        raise ValueError("it broke")

    for _ in range(3):
        with pytest.raises(ValueError, match="it broke"):
            await database.write(unit)
        await database.write(lambda _: None)

    assert await database.look_for_lost() == 0


def test_only_the_newest_are_remembered() -> None:
    acknowledged = Acknowledged()
    for number in range(REMEMBERED + 10):
        acknowledged.note({"firebreak head": (number, "a")})
    acknowledged.note({"firebreak head": (1, "b")})
    acknowledged.note({"firebreak head": (REMEMBERED, "b")})

    assert acknowledged.lost == 1
