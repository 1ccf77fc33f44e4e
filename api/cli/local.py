"""This machine's database, for commands that work beside a stopped server or only read beside a running one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from api.settings import Settings
from engine.language.load import load_organisation
from engine.language.organisation import Organisation
from engine.store.database import Database, open_database
from engine.store.fault import Fault
from engine.store.migrate import upgrade

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def upgraded(chosen: Settings) -> None:
    """Make the database, or bring it to this release's shape, blocking; raises Fault."""
    try:
        upgrade(chosen.database)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise Fault(f"the data folder can't be made: {reason}", done="changed nothing", advice="set FIREBREAK_DATA_DIR") from error


@asynccontextmanager
async def writing(chosen: Settings) -> AsyncIterator[Database]:
    """Open the database to write, made or upgraded first; raises Fault while another process writes to it."""
    await asyncio.to_thread(upgraded, chosen)
    async with _opened(open_database(chosen.database)) as database:
        yield database


@asynccontextmanager
async def reading(chosen: Settings) -> AsyncIterator[Database]:
    """Open the database to read, beside whoever writes to it."""
    async with _opened(open_database(chosen.database, mode="read")) as database:
        yield database


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[Database]:
    try:
        yield database
    finally:
        await database.close()


def organisation_of(chosen: Settings) -> Organisation:
    """Read the organisation file; raises Fault when it can't be used."""
    name = chosen.organisation.name
    try:
        loaded = load_organisation(chosen.organisation.read_bytes(), file=name)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise Fault(f"can't read {name}: {reason}", done="changed nothing", advice="set FIREBREAK_ORGANISATION") from error
    if loaded.organisation is None:
        raise Fault(f"{name} has errors", done="changed nothing", advice=f"run: firebreak check {chosen.organisation}")
    return loaded.organisation
