"""The wall clock of a machine jumps, by an hour or a day, either way, or into daylight saving: nothing fires twice or never."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.incident.events import Escalated
from engine.runtime.history import entries_of
from engine.store.event_log import read_events
from tests.runtime.given import MONDAY, WORK, House, house, playbook

LATE = timedelta(minutes=50)
"""Due after 20 minutes, told 30 minutes after that."""


class JumpingClock:
    """A machine's clock, which somebody sets."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def now(self) -> datetime:
        return self.at


async def _told(home: House) -> int:
    incident = await home.incident("INC-1")
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    return len([entry for entry in entries_of(events) if isinstance(entry.event, Escalated)])


async def _at(home: House, clock: JumpingClock, at: datetime) -> int:
    """Set the clock, let the worker do what is due by then, and count how often lateness was told."""
    clock.at = at
    await home.worker.run_until_idle()
    return await _told(home)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=1), timedelta(hours=-1), timedelta(days=-1)])
async def test_a_clock_that_jumps_and_comes_back_makes_nothing_happen_twice_or_never(tmp_path: Path, jump: timedelta) -> None:
    clock = JumpingClock(MONDAY)
    async with house(tmp_path, playbook(WORK), clock=clock) as home:
        await home.declare()
        jumped = await _at(home, clock, MONDAY + timedelta(minutes=5) + jump)
        back = await _at(home, clock, MONDAY + timedelta(minutes=10))
        after = await _at(home, clock, MONDAY + LATE + timedelta(minutes=1))

    assert jumped == back == (1 if jump > LATE else 0)
    assert after == 1


@pytest.mark.parametrize(
    "evening",
    [datetime(2026, 3, 8, 9, 30, tzinfo=UTC), datetime(2026, 11, 1, 8, 30, tzinfo=UTC), datetime(2028, 2, 28, 23, 40, tzinfo=UTC)],
    ids=["spring forward", "fall back", "leap day"],
)
async def test_a_deadline_over_a_change_of_hour_or_a_leap_day_is_told_once_at_its_instant(tmp_path: Path, evening: datetime) -> None:
    clock = JumpingClock(evening)
    async with house(tmp_path, playbook(WORK), clock=clock) as home:
        await home.declare()
        before = await _at(home, clock, evening + LATE - timedelta(seconds=1))
        after = await _at(home, clock, evening + LATE)
        later = await _at(home, clock, evening + timedelta(hours=3))

    assert (before, after, later) == (0, 1, 1)
