"""A watching service hears once a minute that all is well, from one worker, and nothing while something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.channels.channel import Failed
from engine.runtime.heartbeat import Heartbeat, last_beat
from engine.runtime.wellness import OVERDUE, STUCK
from engine.runtime.worker import HEARTBEAT, Worker
from engine.store.alarms import set_alarm
from tests.runtime.beside import Noticing, worked
from tests.runtime.given import WORK, House, ScriptedChannel, house, playbook


@dataclass
class Watcher:
    """A watching service that hears, or says why not; `let` lets it answer."""

    answers: list[str | None] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    told: list[list[str]] = field(default_factory=list)
    let: asyncio.Event | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def alive(self) -> str | None:
        self.heard.append("alive")
        self.began.set()
        if self.let is not None:
            await self.let.wait()
        return self.answers.pop(0) if self.answers else None

    async def unwell(self, problems: Sequence[str]) -> str | None:
        self.told.append(list(problems))
        return None


@dataclass
class Watched:
    """A house with a heart, and what was counted of it."""

    home: House
    service: Watcher
    heartbeat: Heartbeat
    counted: list[str]

    async def beat(self, **later: float) -> None:
        """Let the chore come by, after so long."""
        self.home.clock.forward(**later)
        await self.heartbeat.beat()
        await self.heartbeat.settled()


@asynccontextmanager
async def watched(folder: Path, service: Watcher | None = None, **parts: object) -> AsyncIterator[Watched]:
    async with house(folder, playbook(WORK), **parts) as home:  # type: ignore[arg-type]
        counted: list[str] = []
        heard = service or Watcher()
        yield Watched(home, heard, Heartbeat(home.database, home.clock, heard, counted=counted.append), counted)


async def test_it_is_sent_once_a_minute_however_often_the_chore_comes_by(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        for _ in range(6):
            await it.beat(seconds=HEARTBEAT)

    assert (it.service.heard, it.counted) == (["alive"] * 3, ["answered"] * 3)


async def test_of_several_workers_one_sends_it(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        hearts = [Heartbeat(it.home.database, it.home.clock, it.service, counted=it.counted.append) for _ in range(8)]
        await asyncio.gather(*(heart.beat() for heart in hearts))
        await asyncio.gather(*(heart.settled() for heart in hearts))

    assert it.service.heard == ["alive"]


async def test_an_overdue_alarm_withholds_it_and_tells_why(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        incident = await it.home.declare()
        due = it.home.clock.now()
        await it.home.database.write(lambda tx: set_alarm(tx, incident.id, due))
        it.home.clock.forward(seconds=OVERDUE.total_seconds() + 1)
        await it.beat()
        beat = await it.home.database.read(last_beat)

    assert (it.service.heard, it.counted) == ([], ["withheld"])
    assert [problem.partition(":")[0] for problem in it.service.told[0]] == ["the oldest alarm is overdue by 1 min"]
    assert beat is not None
    assert (beat.withheld, beat.answered_at) == (True, None)


async def test_a_stuck_delivery_withholds_it_until_it_has_gone(tmp_path: Path) -> None:
    channel = ScriptedChannel(answers=[Failed("away", retry=True)] * 400)
    async with watched(tmp_path, channel=channel) as it:
        await it.home.declare()
        await it.home.forward(minutes=STUCK.total_seconds() / 60 + 1)
        await it.beat()
        channel.answers.clear()
        await it.home.forward(hours=3)
        await it.beat()

    assert (it.service.heard, it.counted) == (["alive"], ["withheld", "answered"])
    assert "has been owed for 1" in it.service.told[0][0]


async def test_what_is_dead_withholds_nothing(tmp_path: Path) -> None:
    channel = ScriptedChannel(answers=[Failed("there is no such room", retry=False)] * 400)
    async with watched(tmp_path, channel=channel) as it:
        incident = await it.home.declare()
        await it.home.worker.run_until_idle()
        states = {each.state for each in await it.home.deliveries(incident.key)}
        await it.home.forward(minutes=STUCK.total_seconds() / 60 + 1)
        await it.beat()

    assert "dead" in states
    assert it.service.heard == ["alive"]


async def test_a_service_that_does_not_hear_is_asked_again_and_what_it_heard_last_is_kept(tmp_path: Path) -> None:
    async with watched(tmp_path, Watcher(answers=[None, "'hc.example.com' answered 500", None])) as it:
        began = it.home.clock.now()
        kept: list[tuple[datetime | None, str | None]] = []
        for _ in range(3):
            await it.beat(minutes=1)
            beat = await it.home.database.read(last_beat)
            assert beat is not None
            kept.append((beat.answered_at, beat.trouble))

    assert it.counted == ["answered", "unheard", "answered"]
    assert kept[1] == (began + timedelta(minutes=1), "'hc.example.com' answered 500")
    assert kept[2] == (began + timedelta(minutes=3), None)


async def test_a_service_that_hangs_keeps_the_worker_from_nothing(tmp_path: Path) -> None:
    service = Watcher(let=asyncio.Event())
    async with watched(tmp_path, service, channel=Noticing()) as it:
        await worked(it.home, it.heartbeat.beat, service.began)
        await it.heartbeat.close()

    assert (service.heard, it.counted) == (["alive"], [])


async def test_a_worker_whose_turn_breaks_sends_none(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        worker = Worker(it.home.database, it.home.handler, it.home.courier, it.home.clock, chores=(it.heartbeat.beat,))
        await it.home.database.close()
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await asyncio.sleep(0.05)
        stop.set()
        await running
        await it.heartbeat.settled()

    assert it.service.heard == []


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(days=1)])
async def test_a_clock_that_is_put_back_makes_nobody_wait(tmp_path: Path, back: timedelta) -> None:
    async with watched(tmp_path) as it:
        await it.beat()
        it.home.clock._now -= back
        await it.beat()

    assert it.service.heard == ["alive", "alive"]
