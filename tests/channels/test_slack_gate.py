"""Slack is never called too early, nor at all while it takes nothing; and a restart forgets neither."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.slack import SlackChannel
from engine.channels.slack_gate import SILENCE, Gate
from engine.incident.effects import Delivery
from engine.runtime.clock import VirtualClock
from tests.channels.given import always, organisation
from tests.channels.slack_facts import card
from tests.fake_slack import TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Rooms:
    """INC-7 is worked in the channel `inc-7`."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack

    async def channel_of(self, incident_key: str) -> str | None:
        return self._slack.named("inc-7").id

    async def message_of(self, *_: Any) -> None:
        return None


class Kept:
    """A record of calls that outlives the process."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, datetime, datetime | None]] = []

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> None:
        self.calls.append((name, at, paused_until))

    async def since(self, at: datetime) -> list[tuple[str, datetime, datetime | None]]:
        return [call for call in self.calls if call[1] >= at or (call[2] is not None and call[2] > at)]


class Sender:
    """One life of the process that sends."""

    def __init__(self, slack: FakeSlack, clock: VirtualClock, kept: Kept) -> None:
        self.alarms: list[str] = []
        self.gate = Gate(clock.now, kept, alarm=self._alarm)
        self.channel = SlackChannel(TOKEN, always(organisation()), Rooms(slack), gate=self.gate, base_url=slack.url, timeout=2)
        self._count = 0

    async def _alarm(self, code: str) -> None:
        self.alarms.append(code)

    async def say(self, target: str = "war_room:inc-7", kind: Any = "say", **more: Any) -> Outcome:
        self._count += 1
        about = {name: more.pop(name) for name in ("receipt", "doubted_since", "doubts") if name in more}
        delivery = Delivery(f"INC-7:{self._count}:0", kind, target, f"INC-7 is told for the time number {self._count}.", **more)
        return await self.channel.send(Outgoing(delivery, incident="f" * 32, key="INC-7", **about))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def slack(clock: VirtualClock) -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.channel("inc-7")
        running.channel("other")
        running.user("U0ANA")
        running.clock = lambda: clock.now().timestamp()
        yield running


@asynccontextmanager
async def _life(slack: FakeSlack, clock: VirtualClock, kept: Kept | None = None) -> AsyncIterator[Sender]:
    made = Sender(slack, clock, kept or Kept())
    yield made
    await made.channel.close()


@pytest.fixture
async def sender(slack: FakeSlack, clock: VirtualClock) -> AsyncIterator[Sender]:
    async with _life(slack, clock) as made:
        yield made


def _waits(outcome: Outcome) -> float:
    """How long an outcome asks to wait, without having tried."""
    assert isinstance(outcome, Failed), outcome
    assert (outcome.retry, outcome.tried) == (True, False)
    assert outcome.retry_after is not None
    return outcome.retry_after


async def test_a_second_message_to_the_channel_is_given_back_without_a_call(sender: Sender, slack: FakeSlack) -> None:
    await sender.say()
    outcome = await sender.say()

    assert 1.0 <= _waits(outcome) <= 1.1
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

    assert _waits(by_id) >= 1
    assert _waits(by_name) >= 1


async def test_retry_after_holds_for_that_channel_alone(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("chat.postMessage", Fault("429", retry_after=30))
    first = await sender.say()
    clock.forward(seconds=29)
    early, elsewhere = await sender.say(), await sender.say("slack:#other")
    clock.forward(seconds=2)
    late = await sender.say()

    assert (_waits(first), round(_waits(early))) == (30, 1)
    assert isinstance(elsewhere, Sent)
    assert isinstance(late, Sent)


async def test_retry_after_of_another_method_holds_for_the_method(sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
    slack.fail("pins.add", Fault("429", retry_after=20))
    first = await sender.say(kind="card", body=card(), replaces=True)
    assert isinstance(first, Failed)
    clock.forward(seconds=19)
    early = await sender.say(kind="card", body=card(), replaces=True, receipt=first.receipt)
    clock.forward(seconds=2)
    late = await sender.say(kind="card", body=card(), replaces=True, receipt=first.receipt)

    assert (_waits(first), round(_waits(early))) == (20, 1)
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


async def test_a_restart_forgets_neither_the_last_message_nor_a_pause(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with _life(slack, clock, kept) as before:
        slack.fail("chat.update", Fault("429", retry_after=600))
        first = await before.say()
        assert isinstance(first, Sent)
        await before.say(kind="card", body=card(), replaces=True, receipt=first.receipt)
    clock.forward(seconds=0.5)
    async with _life(slack, clock, kept) as after:
        again = await after.say()
        clock.forward(minutes=9)
        edit = await after.say(kind="card", body=card(), replaces=True, receipt=first.receipt)

    assert 0.5 <= _waits(again) <= 0.6
    assert 59 <= _waits(edit) <= 61


async def test_a_pause_of_a_person_s_messages_outlives_the_process(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with _life(slack, clock, kept) as before:
        await before.say("slack:U0ANA", "message")
        clock.forward(seconds=2)
        slack.fail("chat.postMessage", Fault("429", retry_after=60))
        await before.say("slack:U0ANA", "message")
    async with _life(slack, clock, kept) as after:
        again = await after.say("slack:U0ANA", "message")

    assert _waits(again) >= 59


async def test_a_call_is_written_down_before_it_is_made(slack: FakeSlack, clock: VirtualClock) -> None:
    kept = Kept()
    async with _life(slack, clock, kept) as sender:
        slack.fail("chat.postMessage", Fault("lost"))
        await sender.say()

    ((name, at, paused_until),) = kept.calls
    assert (name.partition(" ")[0], at, paused_until) == ("chat.postMessage", START, None)
    assert slack.named("inc-7").id not in name


class TestCircuit:
    async def test_dead_credentials_stop_every_call_until_a_probe_succeeds(
        self, sender: Sender, slack: FakeSlack, clock: VirtualClock
    ) -> None:
        slack.fail("chat.postMessage", Fault("refused", error="token_revoked"))
        first, second, elsewhere = await sender.say(), await sender.say(), await sender.say("slack:#other")
        during, calls = sender.channel.trouble, len(slack.calls)
        clock.forward(seconds=60)
        after = await sender.say("slack:#other")

        assert [_waits(each) for each in (first, second, elsewhere)] == [60, 60, 60]
        assert (during, calls, sender.channel.trouble) == ("token_revoked", 1, None)
        assert isinstance(after, Sent)
        assert [call.method for call in slack.calls] == ["chat.postMessage", "auth.test", "chat.postMessage"]

    async def test_one_probe_a_minute_is_all_that_is_asked(self, sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
        slack.fail("*", *[Fault("refused", error="invalid_auth") for _ in range(100)])
        for _ in range(5):
            for target in ("war_room:inc-7", "slack:#other", "person:ana"):
                await sender.say(target)
            clock.forward(seconds=60)

        assert [call.method for call in slack.calls] == ["chat.postMessage", *["auth.test"] * 4]

    async def test_it_rings_once(self, sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
        slack.fail("*", *[Fault("refused", error="account_inactive") for _ in range(3)])
        for _ in range(3):
            await sender.say()
            clock.forward(seconds=60)

        assert sender.alarms == ["account_inactive"]

    async def test_a_slack_that_answers_nothing_is_left_alone_and_asked_now_and_then(
        self, sender: Sender, slack: FakeSlack, clock: VirtualClock
    ) -> None:
        slack.fail("*", *[Fault("reset") for _ in range(9)])
        for number in range(40):
            await sender.say(f"slack:#{number}")
        during, calls = sender.channel.trouble, len(slack.calls)
        waits = []
        for _ in range(5):
            waits.append(_waits(await sender.say("slack:#other")))
            clock.forward(seconds=waits[-1])
        after = await sender.say("slack:#other")

        assert (during, calls) == (SILENCE, 5)
        assert waits == sorted(waits)
        assert waits[-1] <= 60
        assert isinstance(after, Sent)
        assert sender.channel.trouble is None

    async def test_what_slack_told_us_in_an_event_opens_it_too(self, sender: Sender, slack: FakeSlack) -> None:
        await sender.gate.shut("app_uninstalled")
        await sender.say()

        assert (sender.channel.trouble, slack.calls) == ("app_uninstalled", [])


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
        clock.forward(seconds=_waits(outcome) if isinstance(outcome, Failed) else 0)

    assert sent >= 55
    assert slack.limits.exceeded == 0
