"""Time acts by itself, what is owed is sent in order, and nothing that breaks stops the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.incident import commands as c
from engine.incident.events import Escalated
from engine.runtime.courier import Courier
from engine.runtime.history import entries_of
from engine.runtime.retry import DEFAULT
from engine.runtime.worker import last_heartbeat
from engine.store.database import Database
from engine.store.event_log import read_events
from engine.store.fault import Fault
from engine.store.outbox import revive
from tests.runtime.given import (
    HTTP,
    MONDAY,
    PUBLISH,
    TICKET,
    WORK,
    Choosy,
    House,
    arrived,
    house,
    lost,
    playbook,
)

T = TypeVar("T")


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, playbook(WORK)) as opened:
        yield opened


async def _escalations(home: House, key: str) -> list[Escalated]:
    incident = await home.incident(key)
    events = await home.database.read(lambda tx: read_events(tx, home.sealer, incident.id))
    return [entry.event for entry in entries_of(events) if isinstance(entry.event, Escalated)]


async def test_everything_owed_is_sent_once(home: House) -> None:
    await home.declare()

    await home.worker.run_until_idle()
    await home.worker.run_until_idle()

    ids = [each.delivery.id for each in home.channel.sent]
    assert len(ids) == len(set(ids)) > 0
    assert {each.state for each in await home.deliveries("INC-1")} == {"sent"}


async def test_an_edit_carries_the_receipt_of_what_it_edits(home: House) -> None:
    await home.declare()
    await home.worker.run_until_idle()
    await home.do("INC-1", c.StartStep("facts"))

    await home.worker.run_until_idle()

    cards = [each for each in home.channel.sent if each.delivery.id == "INC-1:card"]
    assert [dict(card.receipt) for card in cards] == [{}, {"ts": "INC-1:card"}]


async def test_edits_that_come_together_are_one(home: House) -> None:
    await home.declare()
    await home.do("INC-1", c.TickItem("facts", "1"))
    await home.do("INC-1", c.TickItem("facts", "2"))

    await home.worker.run_until_idle()

    assert len([each for each in home.channel.sent if each.delivery.id == "INC-1:card"]) == 1


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


async def test_a_failed_delivery_is_tried_again_under_the_same_id(tmp_path: Path) -> None:
    channel = Choosy("card", [lost(), lost()])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(minutes=1)

        cards = [each for each in channel.sent if each.delivery.kind == "card"]
        assert [card.attempt for card in cards] == [1, 2, 3]
        assert [card.doubted_since for card in cards] == [None, MONDAY, MONDAY]


async def test_retry_after_is_never_undercut(tmp_path: Path) -> None:
    channel = Choosy("card", [Failed("too many", retry=True, retry_after=25)])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(seconds=24)
        early = len(channel.sent)
        await home.forward(seconds=2)

        assert early < len(channel.sent)
        assert [each.attempt for each in channel.sent if each.delivery.kind == "card"] == [1, 2]


async def test_a_lane_keeps_its_order_while_its_first_delivery_is_tried_again(tmp_path: Path) -> None:
    channel = Choosy("room", [lost(), lost(), lost()])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(minutes=2)

        room = [each.delivery.id for each in channel.sent if each.delivery.target.startswith("war_room:")]
        assert room[:4] == ["INC-1:room"] * 4
        assert room[4] == "INC-1:card"


async def test_a_delivery_that_no_trying_mends_is_dead_visible_and_blocks_nothing(tmp_path: Path) -> None:
    channel = Choosy("room", [Failed("channel_not_found", retry=False)])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.worker.run_until_idle()

        room, *others = await home.deliveries("INC-1")
        assert (room.state, room.last_error) == ("dead", "channel_not_found")
        assert {each.state for each in others} == {"sent"}


async def test_a_dead_delivery_is_sent_when_somebody_asks_for_it(tmp_path: Path) -> None:
    channel = Choosy("room", [Failed("channel_not_found", retry=False)])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()
        await home.worker.run_until_idle()

        assert await home.database.write(lambda tx: revive(tx, "INC-1:room", home.clock.now()))
        await home.worker.run_until_idle()

        assert (await home.deliveries("INC-1"))[0].state == "sent"


async def test_trying_ends_after_the_last_attempt(tmp_path: Path) -> None:
    channel = Choosy("room", [lost() for _ in range(100)])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(hours=5)

        assert len([each for each in channel.sent if each.delivery.kind == "room"]) == DEFAULT.attempts
        assert (await home.deliveries("INC-1"))[0].state == "dead"


async def test_an_http_step_is_done_with_what_it_saved(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(HTTP)) as home:
        await home.declare()

        await home.worker.run_until_idle()

        step = (await home.incident("INC-1")).steps["count"]
        assert (step.state, step.saved) == ("done", {"views": 1200})


async def test_an_http_step_is_tried_as_often_as_it_says_then_blocks(tmp_path: Path) -> None:
    channel = Choosy("http", [lost() for _ in range(9)])
    async with house(tmp_path, playbook(HTTP), channel=channel) as home:
        await home.declare()

        await home.forward(minutes=5)

        step = (await home.incident("INC-1")).steps["count"]
        assert len([each for each in channel.sent if each.delivery.kind == "http"]) == 3
        assert (step.state, step.reason) == ("blocked", "the line went dead")


async def test_a_ticket_s_reference_comes_back_to_its_step(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(TICKET)) as home:
        await home.declare()

        await home.worker.run_until_idle()

        step = (await home.incident("INC-1")).steps["open_ticket"]
        assert (step.state, step.reference) == ("done", "OPS-1")


async def _ready_to_post(home: House) -> str:
    await home.declare()
    await home.do("INC-1", c.SubmitDraft("draft"), by="dee")
    digest = (await home.incident("INC-1")).steps["draft"].versions[-1].digest
    await home.do("INC-1", c.Approve("agree", digest), by="ben")
    return digest


async def test_what_was_approved_is_published_and_its_link_comes_back(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(PUBLISH)) as home:
        digest = await _ready_to_post(home)
        await home.do("INC-1", c.Approve("agree", digest), by="cho")

        await home.worker.run_until_idle()

        (published,) = home.channel.of("publish")
        step = (await home.incident("INC-1")).steps["post"]
        assert published.delivery.text == "We know about it."
        assert (step.state, step.receipts["newsroom"].link) == ("done", "https://news.example.com/1")


async def test_a_hold_stops_a_publish_that_is_queued_until_it_is_released(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(PUBLISH)) as home:
        digest = await _ready_to_post(home)
        await home.do("INC-1", c.Approve("agree", digest), by="cho")
        await home.do("INC-1", c.Hold("wait for the police"), by="ben")

        await home.worker.run_until_idle()
        held = [(each.kind, each.state) for each in await home.deliveries("INC-1") if each.kind == "publish"]
        await home.do("INC-1", c.Release("they agree"), by="cho")
        await home.worker.run_until_idle()

        assert held == [("publish", "waiting")]
        assert len(home.channel.of("publish")) == 1
        assert (await home.incident("INC-1")).steps["post"].state == "done"


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
        claimed = await first.courier.claim(50)
        clock = first.clock
    async with house(tmp_path, clock=clock) as second:
        await second.worker.run_until_idle()
        early = {each.delivery.id for each in second.channel.sent}
        await second.forward(minutes=5)

        assert claimed
        assert not early & {owed.delivery.id for owed in claimed}
        assert {each.state for each in await second.deliveries("INC-1")} == {"sent"}


class Flaky:
    """A database that is away for the next `away` writes."""

    def __init__(self, database: Database) -> None:
        self._database, self.away = database, 0

    async def write(self, unit: Callable[[Connection], T]) -> T:
        if self.away:
            self.away -= 1
            raise Fault("the disk is full", done="kept nothing", advice="make room")
        return await self._database.write(unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        return await self._database.read(unit)

    async def scrub(self) -> None:
        await self._database.scrub()

    async def close(self) -> None:
        await self._database.close()


async def test_what_was_sent_is_recorded_when_the_database_is_back_and_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        flaky = Flaky(home.database)
        courier = Courier(flaky, home.sealer, home.handler, home.channel, home.clock, pause=0)
        owed, *_ = await courier.claim(1)
        flaky.away = 5

        await courier.deliver(owed)

        assert [each.delivery.id for each in home.channel.sent] == [owed.delivery.id]
        assert {each.id: each.state for each in await home.deliveries("INC-1")}[owed.delivery.id] == "sent"


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


class Endless:
    """Never answers."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.begun.set()
        await asyncio.Event().wait()
        return arrived(outgoing)


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
