"""The morning's list is owed once a day, whatever restarts in between, and only its receiver reads it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.channels.channel import Outgoing
from engine.incident import commands as c
from engine.runtime.clock import VirtualClock
from engine.runtime.digest import Digests
from tests.runtime.given import WORK, House, house, playbook

SUNDAY = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""Monday, 08:00 in Vancouver."""
HALF_AN_HOUR = timedelta(minutes=30)


def digests(home: House) -> Digests:
    return Digests(home.database, home.sealer, home.library, home.clock, home.handler.woken)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, playbook(WORK), clock=VirtualClock(SUNDAY)) as home:
        await home.declare()
        await home.worker.run_until_idle()
        home.clock.move_to(BEFORE)
        await home.worker.run_until_idle()
        home.channel.sent.clear()
        yield home


async def looked(home: House) -> list[Outgoing]:
    """Let the chore look, and the worker send; gives every list that has left so far."""
    await digests(home).owe_due()
    await home.worker.run_until_idle()
    return [each for each in home.channel.sent if each.delivery.body.get("reason") == "digest"]


async def test_each_person_with_open_tasks_gets_one_list_in_the_morning(home: House) -> None:
    assert await looked(home) == []
    home.clock.move_to(BEFORE + HALF_AN_HOUR)
    (sent,) = await looked(home)

    assert (sent.delivery.target, sent.delivery.body["by"]) == ("person:ana", "slack")
    assert sent.delivery.text.splitlines()[0] == "Good morning, Ana Ruiz. You have 1 open task, 1 of them late:"


async def test_it_comes_once_a_day(home: House) -> None:
    home.clock.move_to(BEFORE + HALF_AN_HOUR)
    await looked(home)
    home.clock.forward(minutes=30)

    assert len(await looked(home)) == 1


async def test_it_comes_once_a_day_over_a_restart(home: House) -> None:
    home.clock.move_to(BEFORE + HALF_AN_HOUR)
    await digests(home).owe_due()
    await home.database.close()
    async with house(home.folder, clock=home.clock) as again:
        assert len(await looked(again)) == 1
        again.clock.forward(minutes=5)

        assert len(await looked(again)) == 1


async def test_it_comes_again_the_next_morning(home: House) -> None:
    for _ in range(3):
        home.clock.forward(hours=24)
        found = await looked(home)

    assert [each.delivery.id for each in found] == []
    home.clock.forward(minutes=30)
    await looked(home)
    home.clock.forward(hours=24)

    assert [each.delivery.id for each in await looked(home)] == ["digest:ana:2026-11-26", "digest:ana:2026-11-27"]


async def test_who_has_nothing_open_gets_nothing_and_no_later_either(home: House) -> None:
    for step in ("facts", "tell", "finish"):
        for item in ("Who", "Where") if step == "facts" else ():
            await home.do("INC-1", c.TickItem(step, item))
        await home.do("INC-1", c.CompleteStep(step))
    home.clock.move_to(BEFORE + HALF_AN_HOUR)
    assert await looked(home) == []
    await home.declare()
    home.clock.forward(minutes=5)

    assert await looked(home) == []


async def test_tasks_of_rehearsals_are_not_listed(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK), clock=VirtualClock(BEFORE)) as home:
        await home.declare(mode="rehearsal")
        home.clock.move_to(BEFORE + HALF_AN_HOUR)

        assert await looked(home) == []


async def test_it_wakes_the_worker(home: House) -> None:
    home.clock.move_to(BEFORE + HALF_AN_HOUR)
    home.handler.woken.clear()
    await digests(home).owe_due()

    assert home.handler.woken.is_set()
