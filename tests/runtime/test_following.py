"""Following an incident: told of each change, whoever made it, and of nothing else; nothing is asked while nobody listens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.incident import commands as c
from engine.runtime.following import Following
from engine.store.changes import changed_since, last_change
from engine.store.fault import Fault
from tests.runtime.given import WORK, House, house, playbook

PATIENCE = 10.0


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, playbook(WORK)) as opened:
        yield opened


class Asked:
    """The house's database, which counts how often it is read and can be away."""

    def __init__(self, home: House) -> None:
        self._database = home.database
        self.reads = 0
        self.away = 0

    async def read(self, unit: Callable[[Connection], Any]) -> Any:
        self.reads += 1
        if self.away:
            self.away -= 1
            raise Fault("the database is away", done="read nothing", advice="wait")
        return await self._database.read(unit)


def following(home: House, database: Any = None) -> Following:
    return Following(database or home.database, every=0.01)


async def heard(changed: asyncio.Event) -> None:
    await asyncio.wait_for(changed.wait(), PATIENCE)
    changed.clear()


async def test_a_change_is_told_to_those_who_follow_that_incident_and_to_nobody_else(home: House) -> None:
    first, second = await home.declare(), await home.declare()
    followed = following(home)

    async with followed.of(first.id) as ours, followed.of(first.id) as also_ours, followed.of(second.id) as other:
        await home.do(first.key, c.Note("x"))
        await heard(ours)
        await heard(also_ours)
        assert not other.is_set()
        await home.do(second.key, c.Note("x"))
        await heard(other)
        assert not ours.is_set()


async def test_another_processs_change_is_told_too(home: House, tmp_path: Path, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("one process writes to a file")
    incident = await home.declare()
    followed = following(home)

    async with house(tmp_path, playbook(WORK)) as elsewhere, followed.of(incident.id) as changed:
        await elsewhere.do(incident.key, c.Note("x"))
        await heard(changed)


async def test_storage_that_was_away_hides_nothing(home: House) -> None:
    incident = await home.declare()
    database = Asked(home)
    followed = following(home, database)

    async with followed.of(incident.id) as changed:
        database.away = 3
        await home.do(incident.key, c.Note("x"))
        await heard(changed)

    assert database.away == 0


class Held(Asked):
    """The same database, whose second question is put when it is let go."""

    def __init__(self, home: House) -> None:
        super().__init__(home)
        self.let_go = asyncio.Event()

    async def read(self, unit: Callable[[Connection], Any]) -> Any:
        self.reads += 1
        if self.reads == 2:
            await self.let_go.wait()
        return await self._database.read(unit)


async def test_whoever_comes_at_the_same_time_hides_nothing_from_the_first(home: House) -> None:
    incident = await home.declare()
    database = Held(home)
    followed = following(home, database)
    first, second = followed.of(incident.id), followed.of(incident.id)
    entering = [asyncio.create_task(each.__aenter__()) for each in (first, second)]
    changed = await asyncio.wait_for(entering[0], PATIENCE)
    await home.do(incident.key, c.Note("between the two"))

    database.let_go.set()
    await asyncio.wait_for(entering[1], PATIENCE)
    await heard(changed)

    for each in (second, first):
        await each.__aexit__(None, None, None)


async def test_nothing_is_asked_while_nobody_follows(home: House) -> None:
    incident = await home.declare()
    database = Asked(home)
    followed = following(home, database)
    async with followed.of(incident.id):
        pass
    asked = database.reads

    for _ in range(20):
        await home.do(incident.key, c.Note("x"))

    assert database.reads == asked


async def test_whoever_comes_after_a_pause_hears_of_what_is_new_only(home: House) -> None:
    incident = await home.declare()
    followed = following(home)
    async with followed.of(incident.id):
        pass
    await home.do(incident.key, c.Note("meanwhile"))

    async with followed.of(incident.id) as changed, followed.of("another"):
        other = await home.declare()
        async with followed.of(other.id) as of_other:
            await home.do(other.key, c.Note("x"))
            await heard(of_other)
        assert not changed.is_set()


async def test_the_end_of_the_process_wakes_everybody(home: House) -> None:
    incident = await home.declare()
    followed = following(home)

    async with followed.of(incident.id) as changed:
        followed.close()
        await heard(changed)

    assert followed.closed.is_set()


async def test_changes_are_read_on_from_where_they_were_left(home: House) -> None:
    assert await home.database.read(last_change) == 0
    incident = await home.declare()
    newest = await home.database.read(last_change)

    assert await home.database.read(lambda tx: changed_since(tx, 0)) == (newest, {incident.id})
    assert await home.database.read(lambda tx: changed_since(tx, newest)) == (newest, frozenset())
