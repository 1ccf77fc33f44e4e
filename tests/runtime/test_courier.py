"""What is owed is sent in order, once, and what became of it comes back to its step."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from engine.channels.channel import Failed, Outcome, Outgoing
from engine.incident import commands as c
from engine.runtime.courier import Courier
from engine.runtime.retry import DEFAULT
from engine.store.database import Database
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

    await home.forward(seconds=5)

    cards = [each for each in home.channel.sent if each.delivery.id == "INC-1:card"]
    assert [dict(card.receipt) for card in cards] == [{}, {"ts": "INC-1:card"}]


async def test_edits_that_come_together_are_one(home: House) -> None:
    await home.declare()
    await home.do("INC-1", c.TickItem("facts", "1"))
    await home.do("INC-1", c.TickItem("facts", "2"))

    await home.worker.run_until_idle()

    assert len([each for each in home.channel.sent if each.delivery.id == "INC-1:card"]) == 1


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

        lane = channel.of("room")[0].delivery.target
        room = [each.delivery.id for each in channel.sent if each.delivery.target == lane]
        assert room[:4] == ["INC-1:room"] * 4
        assert len(set(room[4:])) == len(room[4:]) > 1


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

        assert len(channel.of("room")) == DEFAULT.attempts
        assert (await home.deliveries("INC-1"))[0].state == "dead"


async def test_what_only_waits_is_never_dead_and_comes_back_at_its_time(tmp_path: Path) -> None:
    waits = [Failed("slack: paced", retry=True, retry_after=7, tried=False) for _ in range(DEFAULT.attempts + 5)]
    channel = Choosy("room", [*waits])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(seconds=7 * len(waits) + 30)

        assert [each.attempt for each in channel.of("room")] == [1] * (len(waits) + 1)
        assert home.clock.now() - MONDAY == timedelta(seconds=7 * len(waits) + 30)
        assert {each.state for each in await home.deliveries("INC-1")} == {"sent"}


async def test_what_was_reached_before_a_failure_comes_back_with_the_next_attempt(tmp_path: Path) -> None:
    channel = Choosy("card", [Failed("slack: paced", retry=True, retry_after=1, tried=False, receipt={"ts": "1", "pinned": False})])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(minutes=1)

        assert [dict(each.receipt) for each in channel.of("card")][:2] == [{}, {"ts": "1", "pinned": False}]


async def test_after_an_attempt_whose_end_nobody_knows_there_is_a_pause(tmp_path: Path) -> None:
    channel = Choosy("room", [lost()])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()

        await home.forward(seconds=4)
        early = len(channel.of("room"))
        await home.forward(seconds=2)

        assert (early, len(channel.of("room"))) == (1, 2)


async def test_the_lead_hears_once_that_the_room_is_gone(tmp_path: Path) -> None:
    gone = Failed("slack: is_archived", retry=False, gone=True)
    channel = Choosy("card", [gone, gone])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare()
        await home.forward(minutes=1)
        await home.do("INC-1", c.StartStep("facts"))

        await home.forward(minutes=1)

        told = [each.delivery for each in channel.sent if ":gone:" in each.delivery.id]
        assert [(each.kind, each.target) for each in told] == [("tell", "person:ana")]
        assert told[0].text.endswith("or open the channel again (slack: is_archived).")


async def test_whoever_declared_hears_that_the_lead_is_out_of_reach(tmp_path: Path) -> None:
    class Deaf(Choosy):
        async def send(self, outgoing: Outgoing) -> Outcome:
            self.sent.append(outgoing)
            return self.answers[0] if outgoing.delivery.target == "person:ana" else arrived(outgoing)

    channel = Deaf("tell", [Failed("slack: user_disabled", retry=False, gone=True)])
    async with house(tmp_path, playbook(WORK), channel=channel) as home:
        await home.declare(by="cho")

        await home.forward(minutes=1)

        told = {each.delivery.target: each.delivery.text for each in channel.sent if ":gone:" in each.delivery.id}
        assert list(told) == ["person:cho"]
        assert "Ana Ruiz can't be reached in Slack; tell them another way" in told["person:cho"]


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


class Flaky:
    """A database that is away for the next `away` writes."""

    def __init__(self, database: Database) -> None:
        self._database, self.away = database, 0
        self.is_shared = database.is_shared

    async def write(self, unit: Callable[[Connection], T]) -> T:
        if self.away:
            self.away -= 1
            raise Fault("the disk is full", done="kept nothing", advice="make room")
        return await self._database.write(unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        return await self._database.read(unit)

    async def glance(self, unit: Callable[[Connection], T]) -> T:
        return await self._database.glance(unit)

    async def scrub(self) -> None:
        await self._database.scrub()

    async def close(self) -> None:
        await self._database.close()


async def test_what_was_sent_is_recorded_when_the_database_is_back_and_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        flaky = Flaky(home.database)
        courier = Courier(flaky, home.sealer, home.handler, home.channel, home.clock, pause=0)
        owed = (await courier.claim(1)).owed[0]
        flaky.away = 5

        await courier.deliver(owed)

        assert [each.delivery.id for each in home.channel.sent] == [owed.delivery.id]
        assert {each.id: each.state for each in await home.deliveries("INC-1")}[owed.delivery.id] == "sent"
