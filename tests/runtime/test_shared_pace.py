"""However many processes send, Slack is called no more often than it allows: they count together, by one clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.channels.slack_gate import Gate
from engine.channels.slack_pace import POST, TIERS, wait_among
from engine.channels.slack_trouble import Trouble
from engine.runtime.call_record import StoredCalls
from engine.runtime.clock import SystemClock
from tests.runtime.given import house

SKEW = timedelta(minutes=5)
"""How wrong the clock of each process goes where there are two."""


class Wrong:
    """A clock that goes at the right speed and is set wrong."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return SystemClock().now() + self._by


@pytest.fixture
async def gates(tmp_path: Path, kind: str) -> AsyncIterator[tuple[Gate, Gate]]:
    """The gates of two processes on one PostgreSQL, whose clocks are ten minutes apart; on SQLite that of the one process, twice."""
    async with AsyncExitStack() as stack:
        wrong = (timedelta(),) if kind == "sqlite" else (-SKEW, SKEW)
        homes = [await stack.enter_async_context(house(tmp_path, clock=Wrong(each))) for each in wrong]
        made = [Gate(home.clock.now, StoredCalls(home.database, home.clock, wait_among)) for home in homes]
        yield made[0], made[-1]


def seconds(held: Trouble | None) -> float:
    """How long a call has to wait, which was not made."""
    assert held is not None
    assert held.waits
    return held.retry_after or 0.0


async def test_a_channel_hears_one_message_a_second_from_all_of_them(gates: tuple[Gate, Gate]) -> None:
    first = await gates[0].enter(POST, "C1")
    second, elsewhere = await gates[1].enter(POST, "C1"), await gates[1].enter(POST, "C2")

    assert (first, elsewhere) == (None, None)
    assert 0.5 < seconds(second) <= 1.1


async def test_of_those_who_come_at_one_moment_one_is_let_in(gates: tuple[Gate, Gate]) -> None:
    held = await asyncio.gather(*(gate.enter(POST, "C1") for gate in gates for _ in range(8)))

    assert held.count(None) == 1


async def test_a_channel_is_one_by_its_name_and_by_its_id(gates: tuple[Gate, Gate]) -> None:
    await gates[0].enter(POST, "#news")
    await gates[0].learn("#news", "C1")

    assert seconds(await gates[1].enter(POST, "C1")) > 0.5


async def test_a_pause_that_one_was_asked_for_binds_all(gates: tuple[Gate, Gate]) -> None:
    assert await gates[0].enter("chat.update", "") is None
    await gates[0].leave("chat.update", "", Trouble("ratelimited", 429, retry_after=30, waits=True))

    assert 29 < seconds(await gates[1].enter("chat.update", "")) < 30.2
    assert await gates[1].enter("pins.add", "") is None


async def test_a_minute_of_a_method_holds_what_its_tier_allows_to_all_together(gates: tuple[Gate, Gate]) -> None:
    held = [await gates[number % 2].enter("pins.add", "") for number in range(TIERS["pins.add"] + 2)]

    assert [each is None for each in held] == [True] * TIERS["pins.add"] + [False, False]
    assert min(seconds(each) for each in held[-2:]) > 50


async def test_whoever_was_turned_away_is_given_a_place_and_does_not_ask_again_before(gates: tuple[Gate, Gate]) -> None:
    await gates[0].enter("pins.add", "")
    await gates[0].leave("pins.add", "", Trouble("ratelimited", 429, retry_after=30, waits=True))
    places = [seconds(await gates[1].enter("pins.add", "")) for _ in range(3)]

    assert all(29 < place < 31 for place in places)
