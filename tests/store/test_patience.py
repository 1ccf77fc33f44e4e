"""A request waits only so long for a database that does not answer, however many questions it has; what is quick costs nothing."""

import time

import pytest
from sqlalchemy import Connection, text

from engine.store import patience
from engine.store.database import Database
from engine.store.database_url import url_of
from engine.store.fault import Fault
from engine.store.postgres import PostgresDatabase
from engine.store.settings import put_setting, setting
from tests.until import until_found

KINDS = ("postgresql",)
"""On SQLite one writer bounds every wait."""

SLOW = 0.6
MAY = 1.7
"""Seconds."""


def _slowly(tx: Connection) -> None:
    put_setting(tx, "slow", "x")
    tx.execute(text(f"SELECT pg_sleep({SLOW})"))


async def test_all_questions_of_a_request_together_wait_no_longer_than_it_may(database: Database) -> None:
    patience.begin(MAY)
    began = time.monotonic()
    await database.write(_slowly)
    await database.write(_slowly)
    with pytest.raises(Fault, match="does not answer in time") as told:
        await database.write(_slowly)

    assert time.monotonic() - began < 3 * SLOW
    assert "not known" in told.value.done


async def test_what_nobody_waits_for_any_more_ends_all_the_same(database: Database) -> None:
    async def is_kept() -> bool:
        return await database.read(lambda tx: setting(tx, "slow")) is not None

    patience.begin(0.1)
    with pytest.raises(Fault, match="in time"):
        await database.write(_slowly)
    await until_found(is_kept)


async def test_many_quick_questions_use_up_nothing(database: Database) -> None:
    patience.begin(MAY)
    for _ in range(200):
        await database.read(lambda tx: setting(tx, "a"))
    await database.write(_slowly)


async def test_what_ends_in_the_very_moment_in_which_the_wait_does_is_given(address: str) -> None:
    database = PostgresDatabase(url_of(address))

    async def keeps_everybody_waiting() -> str:
        until_then = time.monotonic() + SLOW
        while time.monotonic() < until_then:
            pass
        return "x"

    patience.begin(0.1)

    assert await database._settled(keeps_everybody_waiting, done="read nothing") == "x"
    await database.close()
