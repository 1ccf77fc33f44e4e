"""Behind PgBouncer: with session pooling everything works as without it; with transaction pooling the start says what to set."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from engine.store.database import open_database
from engine.store.fault import Fault
from engine.store.migrate import upgrade
from engine.store.settings import put_setting, setting
from tests.pgbouncer import pgbouncer
from tests.postgres_server import PostgresServer, name_of

TIMES = 40


def _behind(port: int, url: str) -> str:
    return f"postgresql://firebreak@127.0.0.1:{port}/{name_of(url)}"


def _putting(number: int) -> Callable[[Connection], str | None]:
    def unit(tx: Connection) -> str | None:
        put_setting(tx, f"a{number}", "x")
        return setting(tx, f"a{number}")

    return unit


def _bounds(tx: Connection) -> list[str]:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return [str(tx.execute(text(f"SHOW {name}")).scalar_one()) for name in names]


async def test_behind_session_pooling_it_works_and_every_wait_is_bounded(postgres: PostgresServer) -> None:
    with pgbouncer(postgres, "session") as port:
        url = _behind(port, postgres.bare())
        await asyncio.to_thread(upgrade, url)
        database = open_database(url)
        answers = await asyncio.gather(*(database.write(_putting(number)) for number in range(TIMES)))
        bounds = await database.read(_bounds)
        await database.close()

    assert (answers, bounds) == (["x"] * TIMES, ["15s", "4s", "1min"])


def test_behind_transaction_pooling_the_start_says_what_to_set(postgres: PostgresServer) -> None:
    with pgbouncer(postgres, "transaction") as port, pytest.raises(Fault, match="pooler") as refused:
        upgrade(_behind(port, postgres.bare()))

    assert (refused.value.done, "pool_mode = session" in refused.value.advice) == ("left the schema as it was", True)


async def test_where_transaction_pooling_is_only_noticed_later_it_is_a_fault_that_says_so(postgres: PostgresServer) -> None:
    with postgres.lent() as url, pgbouncer(postgres, "transaction") as port:
        database = open_database(_behind(port, url))
        answers = await asyncio.gather(*(database.write(_putting(number)) for number in range(TIMES)), return_exceptions=True)
        await database.close()

    wrong = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {type(each) for each in wrong} == {Fault}
    assert {str(each).partition(",")[0] for each in wrong} == {"a pooler before PostgreSQL gives each transaction another connection"}
