"""Time acts by itself, and nothing that breaks stops the rest."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.incident import commands as c
from engine.incident.events import Escalated
from engine.runtime.history import entries_of
from engine.runtime.worker import MAX_SENDING, Worker, last_heartbeat
from engine.store.event_log import read_events
from engine.store.outbox import next_due
from tests.runtime.given import (
    MONDAY,
    WORK,
    House,
    ScriptedChannel,
    arrived,
    house,
    playbook,
)
from tests.until import until


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, playbook(WORK)) as opened:
        yield opened


async def _escalations(home: House, key: str) -> list[Escalated]:
    incident = await home.incident(key)
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    return [entry.event for entry in entries_of(events) if isinstance(entry.event, Escalated)]


async def test_time_that_passes_climbs_the_ladder_at_its_instant(home: House) -> None:
    await home.declare()

    await home.forward(hours=1)

    (climbed,) = await _escalations(home, "INC-1")
    assert (climbed.step, climbed.people) == ("facts", ("ana",))
    assert climbed.late_since == MONDAY + timedelta(minutes=20)


async def test_after_a_night_in_the_dark_every_alarm_fires_once_in_order(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as evening:
        for _ in range(3):
            await evening.declare()
        clock = evening.clock
    clock.forward(hours=14)
    async with house(tmp_path, clock=clock) as morning:
        await morning.worker.run_until_idle()
        await morning.worker.run_until_idle()

        ids = [each.delivery.id for each in morning.channel.sent]
        assert [len(await _escalations(morning, f"INC-{number}")) for number in (1, 2, 3)] == [1, 1, 1]
        assert len(ids) == len(set(ids)) > 0


class Bugged:
    """Breaks in its own code for one kind of delivery, the first time."""

    def __init__(self, kind: str) -> None:
        self.kind, self.sent, self.broken = kind, [], False  # type: ignore[var-annotated]

    async def send(self, outgoing: Outgoing) -> Outcome:
        if outgoing.delivery.kind == self.kind and not self.broken:
            self.broken = True
            raise ZeroDivisionError("a bug")
        self.sent.append(outgoing.delivery.id)
        return arrived(outgoing)


async def test_a_bug_in_a_channel_delays_that_delivery_and_stops_no_other(tmp_path: Path) -> None:
    channel = Bugged("card")
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(minutes=1)

        assert {each.state for each in await home.deliveries("INC-1")} == {"sent"}
        assert channel.sent.count("INC-1:card") == 1


async def test_a_lease_that_ran_out_is_sent_by_whoever_comes_next(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as first:
        await first.declare()
        claimed = (await first.courier.claim(50)).owed
        clock = first.clock
    async with house(tmp_path, clock=clock) as second:
        await second.worker.run_until_idle()
        early = {each.delivery.id for each in second.channel.sent}
        await second.fall_silent()
        await second.forward(minutes=5)

        assert claimed
        assert not early & {owed.delivery.id for owed in claimed}
        assert {each.state for each in await second.deliveries("INC-1")} == {"sent"}


class Slow:
    """Holds everything back until it is let go."""

    def __init__(self) -> None:
        self.go, self.begun = asyncio.Event(), asyncio.Event()
        self.ids: list[str] = []
        self._changed = asyncio.Condition()

    async def send(self, outgoing: Outgoing) -> Outcome:
        async with self._changed:
            self.ids.append(outgoing.delivery.id)
            self._changed.notify_all()
        self.begun.set()
        await self.go.wait()
        return Sent({"ts": outgoing.delivery.id})

    async def all_begun(self, ids: list[str]) -> None:
        """Wait until each of these has been begun."""
        async with self._changed:
            await self._changed.wait_for(lambda: set(ids) <= set(self.ids))

    async def so_many_begun(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.ids) >= count)


async def test_what_is_still_under_way_when_its_lease_runs_out_is_not_begun_again(tmp_path: Path) -> None:
    channel, stop = Slow(), asyncio.Event()
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        running = asyncio.create_task(home.worker.run(stop))
        await home.declare()
        await asyncio.wait_for(channel.begun.wait(), 5)
        home.clock.forward(minutes=5)
        await home.declare()
        await asyncio.wait_for(channel.all_begun(["INC-1:room", "INC-2:room"]), 5)

        channel.go.set()
        stop.set()
        await running

        assert channel.ids.count("INC-1:room") == 1


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_its_last_sending_still_holds_is_left_for_a_moment_and_not_for_a_lease(tmp_path: Path) -> None:
    channel, stop = Slow(), asyncio.Event()
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        running = asyncio.create_task(home.worker.run(stop))
        await home.declare()
        await asyncio.wait_for(channel.begun.wait(), 5)
        home.clock.forward(minutes=5)
        await home.declare()
        await asyncio.wait_for(channel.all_begun(["INC-2:room"]), 5)
        looked_at_again = await home.database.read(next_due)

        channel.go.set()
        stop.set()
        await running

        assert looked_at_again == home.clock.now() + timedelta(seconds=1)


class Endless:
    """Never answers."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.begun.set()
        await asyncio.Event().wait()
        return arrived(outgoing)


async def test_while_every_sending_hangs_commands_are_answered_and_time_goes_on(tmp_path: Path) -> None:
    channel, stop = Slow(), asyncio.Event()
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        for _ in range(2 * MAX_SENDING):
            await home.declare()
        running = asyncio.create_task(home.worker.run(stop))
        await asyncio.wait_for(channel.so_many_begun(MAX_SENDING), 5)
        home.clock.forward(hours=1)
        async with asyncio.timeout(5):
            await home.do("INC-1", c.Note("the press has called"))
            while not await _escalations(home, "INC-1"):  # noqa: ASYNC110 - only the history tells
                await asyncio.sleep(0.01)

        begun = len(channel.ids)
        channel.go.set()
        stop.set()
        await running

        assert begun == MAX_SENDING


async def test_a_sending_that_is_cut_off_when_the_service_stops_is_sent_after_the_restart(tmp_path: Path) -> None:
    channel, stop = Endless(), asyncio.Event()
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()
        running = asyncio.create_task(home.worker.run(stop))
        await asyncio.wait_for(channel.begun.wait(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        clock = home.clock
    async with house(tmp_path, clock=clock) as home:
        await home.fall_silent()
        await home.forward(minutes=10)

        assert {each.state for each in await home.deliveries("INC-1")} == {"sent"}


async def test_the_running_worker_wakes_on_a_commit_and_drains_when_it_is_stopped(tmp_path: Path) -> None:
    channel, stop = Slow(), asyncio.Event()
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        running = asyncio.create_task(home.worker.run(stop))
        await home.declare()
        await asyncio.wait_for(channel.begun.wait(), 5)

        stop.set()
        channel.go.set()
        await asyncio.wait_for(running, 5)

        assert "sent" in {each.state for each in await home.deliveries("INC-1")}


async def test_the_running_worker_shows_that_it_lives(home: House) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(home.worker.run(stop))
    async with asyncio.timeout(5):
        while await home.database.read(last_heartbeat) is None:  # noqa: ASYNC110 - only the database tells
            await asyncio.sleep(0.01)

    stop.set()
    await running

    assert await home.database.read(last_heartbeat) == home.clock.now()


async def test_what_works_beside_is_begun_again_when_it_breaks_and_ends_with_the_worker(home: House) -> None:
    begun: list[int] = []
    stop = asyncio.Event()

    async def breaking(stopped: asyncio.Event) -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            raise ZeroDivisionError("a bug")
        await stopped.wait()

    worker = Worker(home.database, home.handler, home.courier, home.clock, beside=(breaking,))
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: len(begun) == 2)
    stop.set()
    await running

    assert begun == [0, 1]


async def test_an_incident_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK, id="gone"), playbook(WORK)) as before:
        await before.declare("gone")
        await before.declare("trial")
        await before.database.write(lambda tx: tx.execute(text("DELETE FROM playbooks WHERE id = 'gone'")).rowcount)
        clock = before.clock
    (tmp_path / "playbooks" / "playbook_0.yaml").unlink()
    async with house(tmp_path, clock=clock) as home:
        await home.forward(hours=1)

        assert len(await _escalations(home, "INC-2")) == 1
        assert {each.state for each in await home.deliveries("INC-2")} == {"sent"}


class Unsteady:
    """A clock that somebody sets by hand, also back."""

    def __init__(self) -> None:
        self.at = MONDAY

    def now(self) -> datetime:
        return self.at


async def test_a_clock_that_is_put_back_keeps_no_message_waiting(tmp_path: Path) -> None:
    clock = Unsteady()
    channel = ScriptedChannel([Failed("not now", retry=True)])
    async with house(tmp_path, playbook(WORK), clock=clock, channel=channel) as home:
        await home.declare()
        await home.worker.run_until_idle()
        first = channel.sent[0].delivery.id
        clock.at -= timedelta(hours=6)
        await home.worker.run_until_idle()

    assert [each.delivery.id for each in channel.sent].count(first) == 2
