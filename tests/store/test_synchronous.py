"""A synchronous standby that is away: nobody is told that a change is kept, and nobody sees it, until it is on both."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from sqlalchemy import Connection

from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.postgres import COMMIT_SECONDS
from engine.store.settings import put_setting, setting
from tests.postgres_server import PostgresServer, postgres_server
from tests.until import until_found

SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = 'a_standby_that_is_away'"
ALONE = "ALTER SYSTEM RESET synchronous_standby_names"
LONGEST = COMMIT_SECONDS + 2
"""Seconds in which a caller is told something, on a machine that has other work too."""


@pytest.fixture(scope="module")
def replicated() -> Iterator[PostgresServer]:
    """A server that may have standbys."""
    with postgres_server(wal_level="replica", max_wal_senders="2") as server:
        yield server


@pytest.fixture
async def kept(replicated: PostgresServer) -> AsyncIterator[Database]:
    opened = open_database(replicated.take())
    yield opened
    await opened.close()


def _set(server: PostgresServer, how: str) -> None:
    for statement in (how, "SELECT pg_reload_conf()"):
        server.run(server.url("postgres"), statement)


def _put(name: str) -> Callable[[Connection], None]:
    return lambda tx: put_setting(tx, name, "x")


async def _waited_for(kept: Database) -> tuple[str, float, str]:
    """Write until a write waits for the standby, of which the server hears in a moment; gives its name, its seconds and what was said."""
    for number in range(1_000):
        began, name = time.monotonic(), f"a{number}"
        try:
            await kept.write(_put(name))
        except Fault as fault:
            return name, time.monotonic() - began, str(fault)
    raise AssertionError("no write ever waited")


async def test_a_commit_that_waits_for_a_standby_is_unclear_in_bounded_time_and_unseen_until_it_is_there(
    kept: Database, replicated: PostgresServer
) -> None:
    async def is_seen() -> bool:
        return await kept.read(lambda tx: setting(tx, waits)) is not None

    await asyncio.to_thread(_set, replicated, SYNCHRONOUS)
    waits, took, said = await _waited_for(kept)
    meanwhile = await is_seen()
    await asyncio.to_thread(_set, replicated, ALONE)
    await until_found(is_seen)

    assert "lost while it committed" in said
    assert (took < LONGEST, meanwhile) == (True, False)
