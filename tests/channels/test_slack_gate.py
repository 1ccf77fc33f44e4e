"""Slack is never called too early, and a restart forgets neither a call nor a pause."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.slack_trouble import Trouble
from engine.incident.effects import Delivery
from engine.runtime.clock import VirtualClock
from tests.channels.gated import START, Kept, Moved, Sender, Slow, life, two_rooms, waits
from tests.channels.slack_facts import card
from tests.fake_slack import FakeSlack, Fault


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def slack(clock: VirtualClock) -> Iterator[FakeSlack]:
    with two_rooms(clock) as running:
        yield running


@pytest.fixture
async def sender(slack: FakeSlack, clock: VirtualClock) -> AsyncIterator[Sender]:
    async with life(slack, clock) as made:
        yield made


async def test_a_second_message_to_the_channel_is_given_back_without_a_call(sender: Sender, slack: FakeSlack) -> None:
    await sender.say()
    outcome = await sender.say()

    assert 1.0 <= waits(outcome) <= 1.1
    assert len(slack.calls) == 1


async def test_another_channel_and_an_edit_do_not_wait(sender: Sender, slack: FakeSlack) -> None:
    first = await sender.say(kind="card", body=card(), replaces=True)
    assert isinstance(first, Sent)
    edited = await sender.say(kind="card", body=card(status="contained"), replaces=True, receipt=first.receipt)
    elsewhere = await sender.say("slack:#other")

    assert isinstance(edited, Sent)
    assert isinstance(elsewhere, Sent)


async def test_a_channel_is_one_whatever_it_is_called(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    await sender.say("slack:#other")
    by_id = await sender.say(f"slack:{slack.named('other').id}")
    clock.forward(seconds=2)
    await sender.say(f"slack:{slack.named('other').id}")
    by_name = await sender.say("slack:#other")

    assert waits(by_id) >= 1
    assert waits(by_name) >= 1


async def test_retry_after_holds_for_that_channel_alone(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("chat.postMessage", Fault("429", retry_after=30))
    first = await sender.say()
    clock.forward(seconds=29)
    early, elsewhere = await sender.say(), await sender.say("slack:#other")
    clock.forward(seconds=2)
    late = await sender.say()

    assert (waits(first), round(waits(early))) == (30, 1)
    assert isinstance(elsewhere, Sent)
    assert isinstance(late, Sent)


async def test_a_pause_of_days_counts_as_an_hour(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("chat.postMessage", Fault("429", retry_after=999_999))
    first = await sender.say()
    clock.forward(hours=1)
    late = await sender.say()

    assert waits(first) == 3_600
    assert isinstance(late, Sent)


async def test_retry_after_of_another_method_holds_for_the_method(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("pins.add", Fault("429", retry_after=20))
    first = await sender.say(kind="card", body=card(), replaces=True)
    assert isinstance(first, Failed)
    clock.forward(seconds=19)
    early = await sender.say(kind="card", body=card(), replaces=True, receipt=first.receipt)
    clock.forward(seconds=2)
    late = await sender.say(kind="card", body=card(), replaces=True, receipt=first.receipt)

    assert (waits(first), round(waits(early))) == (20, 1)
    assert isinstance(late, Sent)
    assert len(slack.called("pins.add")) == 2


async def test_a_pin_that_has_to_wait_posts_nothing_twice_and_edits_nothing(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("pins.add", Fault("429", retry_after=1))
    delivery = Delivery("INC-7:card", "card", "war_room:inc-7", "INC-7 stands as this card says.", body=card(), replaces=True)
    first = await sender.channel.send(Outgoing(delivery, incident="f", key="INC-7"))
    assert isinstance(first, Failed)
    clock.forward(seconds=2)
    second = await sender.channel.send(Outgoing(delivery, incident="f", key="INC-7", receipt=first.receipt))

    assert isinstance(second, Sent)
    assert [call.method for call in slack.calls] == ["chat.postMessage", "pins.add", "pins.add"]
    assert set(second.receipt) == {"channel", "ts", "pinned"}


@pytest.mark.parametrize("method", ["conversations.setPurpose", "conversations.setTopic", "conversations.invite"])
async def test_a_room_is_made_once_whatever_has_to_wait(sender: Sender, slack: FakeSlack, clock: VirtualClock, method: str) -> None:
    slack.fail(method, Fault("429", retry_after=5))
    delivery = Delivery("INC-7:room", "room", "war_room:inc-8", "INC-7 Trial", body={"topic": "INC-7 Trial", "people": ["U0ANA"]})
    receipt: Mapping[str, Any] = {}
    for _ in range(2):
        outcome = await sender.channel.send(Outgoing(delivery, incident="f", key="INC-7", receipt=receipt))
        receipt = outcome.receipt
        clock.forward(seconds=6)

    made = [channel for channel in slack.channels.values() if channel.name.startswith("inc-8")]
    assert isinstance(outcome, Sent)
    assert [(each.name, each.purpose.endswith("(firebreak:f)"), each.topic) for each in made] == [("inc-8", True, "INC-7 Trial")]
    assert len(slack.called("conversations.create")) == 1
    assert "unclaimed" not in receipt


async def test_plain_words_that_have_to_wait_are_not_tried_with_blocks_again(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="invalid_blocks"))
    delivery = Delivery("INC-7:card", "card", "war_room:inc-7", "INC-7 stands as this card says.", body=card(), replaces=True)
    first = await sender.channel.send(Outgoing(delivery, incident="f", key="INC-7"))
    assert isinstance(first, Failed)
    clock.forward(seconds=2)
    await sender.channel.send(Outgoing(delivery, incident="f", key="INC-7", receipt=first.receipt))

    assert [each["blocks"] for each in slack.messages("inc-7")] == [[]]
    assert len(slack.called("chat.postMessage")) == 2


async def test_a_call_that_a_pause_overtakes_while_it_is_written_down_is_not_made(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Slow()
    async with life(slack, clock, kept) as sender:
        first = await sender.say(kind="card", body=card(), replaces=True)
        assert isinstance(first, Sent)
        kept.gate = asyncio.Event()
        slow = asyncio.create_task(sender.say(kind="card", body=card(), replaces=True, receipt=first.receipt))
        await kept.reached.wait()
        await sender.gate.leave("chat.update", "", Trouble("ratelimited", 429, retry_after=30, waits=True))
        kept.gate.set()
        outcome = await slow

    assert waits(outcome) == 30
    assert slack.called("chat.update") == []


async def test_a_call_that_is_written_down_when_the_circuit_opens_is_not_made(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Slow()
    async with life(slack, clock, kept) as sender:
        kept.gate = asyncio.Event()
        slow = asyncio.create_task(sender.say())
        await kept.reached.wait()
        await sender.gate.shut("token_revoked")
        kept.gate.set()
        outcome = await slow

    assert waits(outcome) == 60
    assert slack.calls == []


async def test_a_restart_forgets_neither_the_last_message_nor_a_pause(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with life(slack, clock, kept) as before:
        slack.fail("chat.update", Fault("429", retry_after=600))
        first = await before.say()
        assert isinstance(first, Sent)
        await before.say(kind="card", body=card(), replaces=True, receipt=first.receipt)
    clock.forward(seconds=0.5)
    async with life(slack, clock, kept) as after:
        again = await after.say()
        clock.forward(minutes=9)
        edit = await after.say(kind="card", body=card(), replaces=True, receipt=first.receipt)

    assert 0.5 <= waits(again) <= 0.6
    assert 59 <= waits(edit) <= 61


async def test_a_pause_of_a_person_s_messages_outlives_the_process(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with life(slack, clock, kept) as before:
        await before.say("slack:U0ANA", "message")
        clock.forward(seconds=2)
        slack.fail("chat.postMessage", Fault("429", retry_after=60))
        await before.say("slack:U0ANA", "message")
    async with life(slack, clock, kept) as after:
        again = await after.say("slack:U0ANA", "message")

    assert waits(again) >= 59


async def test_a_pause_outlives_the_process_although_the_clock_was_put_back(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with life(slack, clock, kept) as before:
        slack.fail("chat.postMessage", Fault("429", retry_after=60))
        await before.say("slack:U0ANA", "message")
    async with life(slack, Moved(START - timedelta(hours=6)), kept) as after:
        again = await after.say("slack:U0ANA", "message")

    assert 59 <= waits(again) <= 61


async def test_a_call_is_written_down_before_it_is_made(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with life(slack, clock, kept) as sender:
        slack.fail("chat.postMessage", Fault("lost"))
        await sender.say()

    ((name, at, paused_until),) = kept.calls
    assert (name.partition(" ")[0], at, paused_until) == ("chat.postMessage", START, None)
    assert slack.named("inc-7").id not in name


async def test_a_missing_scope_rests_that_method_and_everything_else_goes_on(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("pins.add", Fault("refused", error="missing_scope"))
    first = await sender.say(kind="card", body=card(), replaces=True)
    trouble = sender.channel.trouble
    clock.forward(seconds=2)
    second = await sender.say(kind="card", body=card(), replaces=True)

    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert (trouble, len(slack.called("pins.add"))) == ("missing_scope (pins.add)", 1)


async def test_time_that_is_waited_for_a_limit_is_the_fakes_own(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.limits.on = True
    sent, until = 0, clock.now() + timedelta(minutes=1)
    while clock.now() < until:
        outcome = await sender.say()
        sent += isinstance(outcome, Sent)
        clock.forward(seconds=waits(outcome) if isinstance(outcome, Failed) else 0)

    assert sent >= 55
    assert slack.limits.exceeded == 0
