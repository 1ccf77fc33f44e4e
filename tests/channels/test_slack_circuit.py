"""While Slack takes nothing it is not called: one probe asks now and then, and others hear of it once."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from engine.channels.channel import Sent
from engine.channels.slack_gate import SILENCE
from engine.runtime.clock import VirtualClock
from tests.channels.gated import START, Moved, Sender, life, two_rooms, waits
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


class TestCircuit:
    async def test_dead_credentials_stop_every_call_until_a_probe_succeeds(
        self, sender: Sender, slack: FakeSlack, clock: VirtualClock
    ) -> None:
        slack.fail("chat.postMessage", Fault("refused", error="token_revoked"))
        first, second, elsewhere = await sender.say(), await sender.say(), await sender.say("slack:#other")
        during, calls = sender.channel.trouble, len(slack.calls)
        clock.forward(seconds=60)
        after = await sender.say("slack:#other")

        assert [waits(each) for each in (first, second, elsewhere)] == [60, 60, 60]
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

    async def test_it_rings_once_when_it_opens_and_once_when_it_closes(self, sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
        slack.fail("*", *[Fault("refused", error="account_inactive") for _ in range(3)])
        for _ in range(6):
            await sender.say()
            clock.forward(seconds=60)

        assert sender.alarm.heard == ["account_inactive", None]

    async def test_a_process_that_starts_says_once_that_slack_takes_calls(
        self, sender: Sender, slack: FakeSlack, clock: VirtualClock
    ) -> None:
        for _ in range(3):
            await sender.say()
            clock.forward(seconds=2)

        assert sender.alarm.heard == [None]

    async def test_it_rings_again_when_what_is_wrong_is_another_thing(self, sender: Sender, slack: FakeSlack, clock: VirtualClock) -> None:
        slack.fail("*", *[Fault("reset") for _ in range(5)], Fault("refused", error="token_revoked"))
        for number in range(5):
            await sender.say(f"slack:#{number}")
        clock.forward(seconds=60)
        await sender.say("slack:#other")

        assert sender.alarm.heard == [SILENCE, "token_revoked"]

    async def test_a_clock_that_is_put_back_puts_the_probe_off_by_a_minute_at_most(self, slack: FakeSlack) -> None:
        clock = Moved(START)
        async with life(slack, clock) as sender:
            slack.fail("chat.postMessage", Fault("refused", error="token_revoked"))
            await sender.say()
            clock.at = START - timedelta(hours=6)
            early = await sender.say()
            clock.at += timedelta(seconds=60)
            late = await sender.say()

        assert waits(early) <= 60
        assert isinstance(late, Sent)

    async def test_a_slack_that_answers_nothing_is_left_alone_and_asked_now_and_then(
        self, sender: Sender, slack: FakeSlack, clock: VirtualClock
    ) -> None:
        slack.fail("*", *[Fault("reset") for _ in range(9)])
        for number in range(40):
            await sender.say(f"slack:#{number}")
        during, calls = sender.channel.trouble, len(slack.calls)
        asked = []
        for _ in range(5):
            asked.append(waits(await sender.say("slack:#other")))
            clock.forward(seconds=asked[-1])
        after = await sender.say("slack:#other")

        assert (during, calls) == (SILENCE, 5)
        assert asked == sorted(asked)
        assert asked[-1] <= 60
        assert isinstance(after, Sent)
        assert sender.channel.trouble is None

    async def test_what_slack_told_us_in_an_event_opens_it_too(self, sender: Sender, slack: FakeSlack) -> None:
        await sender.gate.shut("app_uninstalled")
        await sender.say()

        assert (sender.channel.trouble, slack.calls) == ("app_uninstalled", [])
