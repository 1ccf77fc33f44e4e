"""Two processes on one PostgreSQL whose machines' clocks are five minutes apart: nothing is escalated or sent twice, nothing never."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.channels.channel import Outcome, Outgoing
from engine.incident.events import Escalated
from engine.runtime.clock import SystemClock
from engine.runtime.history import entries_of
from engine.runtime.shared_clock import SharedClock
from engine.store.event_log import read_events
from tests.runtime.given import ORGANISATION, House, arrived, house, playbook
from tests.until import until, until_found

KINDS = ("postgresql",)
"""On SQLite one process writes, by one clock."""

APART = timedelta(minutes=5)
INCIDENTS = 4
SOON = """
  - {id: facts, task: Find out what happened, role: incident_lead, due: 1s}
  - {id: finish, task: Look back, role: incident_lead, needs: [facts], sets: closed}
"""


class WrongClock:
    """The clock of a machine that nobody set right."""

    def __init__(self, wrong_by: timedelta) -> None:
        self._real = SystemClock()
        self.wrong_by = wrong_by

    def now(self) -> datetime:
        return self._real.now() + self.wrong_by


@dataclass
class Slow:
    """A channel that both share, and that answers only when it is told to."""

    sent: list[str] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, outgoing: Outgoing) -> Outcome:
        if not outgoing.receipt:
            self.sent.append(outgoing.delivery.id)
        await self.free.wait()
        return arrived(outgoing)


@asynccontextmanager
async def wrong(folder: Path, by: timedelta, channel: Slow, *playbooks: str) -> AsyncIterator[House]:
    """A house on a machine whose clock is wrong, as `api.wiring` builds it."""
    clock = SharedClock(WrongClock(by))
    async with house(folder, *playbooks, channel=channel, clock=clock) as home:
        await clock.compare(home.database)
        yield home


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[House, House, Slow]]:
    """One that is behind and one that is ahead."""
    (tmp_path / "organisation.yaml").write_text(ORGANISATION.replace("late: 30m", "late: 1s"))
    channel = Slow()
    async with wrong(tmp_path, -APART / 2, channel, playbook(SOON)) as behind, wrong(tmp_path, APART / 2, channel) as ahead:
        yield behind, ahead, channel


async def _told(home: House, key: str) -> int:
    incident = await home.incident(key)
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    return len([entry for entry in entries_of(events) if isinstance(entry.event, Escalated)])


async def _until_told(home: House, keys: list[str]) -> list[int]:
    async def is_told() -> bool:
        return 0 not in [await _told(home, key) for key in keys]

    await until_found(is_told)
    return [await _told(home, key) for key in keys]


@pytest.mark.parametrize("first", [0, 1], ids=["behind", "ahead"])
async def test_what_one_is_sending_the_other_leaves_alone_whoever_is_ahead(two: tuple[House, House, Slow], first: int) -> None:
    one, other, channel = two[first], two[1 - first], two[2]
    await one.declare()
    sending = asyncio.create_task(one.worker.run_until_idle())
    await until(lambda: bool(channel.sent))
    began = list(channel.sent)
    again = (await other.courier.claim(50)).owed
    channel.free.set()
    await sending
    await other.worker.run_until_idle()

    assert set(began).isdisjoint(owed.delivery.id for owed in again)
    assert [delivery for delivery, times in Counter(channel.sent).items() if times > 1] == []


async def test_lateness_is_told_once_and_everything_is_sent_once_by_workers_that_disagree_about_the_time(
    two: tuple[House, House, Slow],
) -> None:
    channel, stop = two[2], asyncio.Event()
    channel.free.set()
    keys = [(await two[number % 2].declare()).key for number in range(INCIDENTS)]
    working = [asyncio.create_task(each.worker.run(stop)) for each in two[:2]]
    told = await _until_told(two[0], keys)
    stop.set()
    await asyncio.gather(*working)
    for each in two[:2]:
        await each.worker.run_until_idle()
    owed = {each.id for key in keys for each in await two[0].deliveries(key)}

    assert told == [await _told(two[1], key) for key in keys] == [1] * INCIDENTS
    assert (set(Counter(channel.sent).values()), set(channel.sent)) == ({1}, owed)
