"""A machine whose clock is wrong goes by PostgreSQL's, and one whose clock is nearly right by its own."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.runtime.clock import SystemClock
from engine.runtime.shared_clock import TOLERATED, UNSURE, SharedClock
from tests.runtime.given import House, house
from tests.runtime.test_skew import WrongClock

KINDS = ("postgresql",)
"""On SQLite there is one machine, and one clock."""

REAL = SystemClock()


async def _off(home: House, clock: SharedClock) -> timedelta:
    await clock.compare(home.database)
    return abs(clock.now() - REAL.now())


@pytest.mark.parametrize("by", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=400)])
async def test_a_wrong_clock_is_set_right(tmp_path: Path, by: timedelta) -> None:
    async with house(tmp_path) as home:
        assert await _off(home, SharedClock(WrongClock(by))) < TOLERATED


async def test_a_clock_that_was_put_right_meanwhile_is_believed_again(tmp_path: Path) -> None:
    machine = WrongClock(timedelta(minutes=5))
    clock = SharedClock(machine)
    async with house(tmp_path) as home:
        before = await _off(home, clock)
        machine.wrong_by = timedelta()
        after = await _off(home, clock)

    assert (before < TOLERATED, after < TOLERATED) == (True, True)
    assert clock.now() - machine.now() < timedelta(milliseconds=100)


async def test_a_clock_that_is_nearly_right_is_left_alone(tmp_path: Path) -> None:
    machine = WrongClock(TOLERATED / 2)
    clock = SharedClock(machine)
    async with house(tmp_path) as home:
        await clock.compare(home.database)

    assert clock.now() - machine.now() < timedelta(milliseconds=100)


class Slowed(WrongClock):
    """A clock by which every look at it takes longer than an answer may."""

    def now(self) -> datetime:
        self.wrong_by += 2 * UNSURE
        return super().now()


async def test_an_answer_that_took_too_long_says_nothing(tmp_path: Path) -> None:
    clock = SharedClock(Slowed(timedelta()))
    async with house(tmp_path) as home:
        await clock.compare(home.database)

    assert clock.now() > REAL.now() + UNSURE
