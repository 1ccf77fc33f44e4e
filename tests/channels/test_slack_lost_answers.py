"""After an attempt whose end nobody knows: looked for, found, and never twice in a channel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.slack import SlackChannel
from engine.channels.slack_calls import Trouble
from engine.channels.slack_messages import TWICE, Post, stand
from tests.channels.slack_facts import card, task
from tests.channels.slack_given import SINCE, bare_client, outgoing
from tests.fake_slack import TOKEN, Channel, FakeSlack, Fault


@pytest.fixture(params=["say", "card", "task", "publish"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _delivery(kind: str, **more: Any) -> Outgoing:
    bodies = {"card": card(), "task": task()}
    target = "slack:#inc-7" if kind == "publish" else "war_room:inc-7"
    return outgoing(kind, target, body=bodies.get(kind, {}), replaces=kind in bodies, **more)


async def test_the_message_is_found_and_not_posted_again(channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
    slack.fail("chat.postMessage", Fault("lost"))
    await channel.send(_delivery(kind))
    outcome = await channel.send(_delivery(kind, doubted_since=SINCE, attempt=2))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["ts"] == slack.messages("inc-7")[0]["ts"]
    assert len(slack.messages("inc-7")) == 1


async def test_it_is_found_although_our_clock_is_five_minutes_ahead_of_slacks(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("lost"))
    await channel.send(outgoing("say"))
    await channel.send(outgoing("say", doubted_since=datetime.fromtimestamp(slack.now(), UTC) + timedelta(minutes=5), attempt=2))

    assert len(slack.messages("inc-7")) == 1


async def test_it_is_posted_when_it_never_arrived(channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
    slack.fail("chat.postMessage", Fault("reset"))
    await channel.send(_delivery(kind))
    await channel.send(_delivery(kind, doubted_since=SINCE, attempt=2))

    assert len(slack.messages("inc-7")) == 1


async def test_a_history_that_is_away_is_asked_again_later(channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
    slack.fail("conversations.history", Fault("429", retry_after=3))
    outcome = await channel.send(_delivery(kind, doubted_since=SINCE, attempt=2))

    assert outcome == Failed("slack: ratelimited", retry=True, retry_after=3.0, tried=False)
    assert not slack.messages("inc-7")


async def test_a_busy_channel_is_searched_page_by_page(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("say"))
    for number in range(120):
        slack.perform("chat.postMessage", {"channel": "#inc-7", "text": f"{number}"}, as_json=True, token=TOKEN)
    await channel.send(outgoing("say", doubted_since=SINCE, attempt=2))

    assert len(slack.messages("inc-7")) == 121


async def test_what_can_not_be_looked_up_is_not_published_twice(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff", members=set(), private=True)
    outcome = await channel.send(outgoing("publish", "slack:#all-staff", doubted_since=SINCE, attempt=2))

    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert not slack.messages("all-staff")


async def test_a_reply_is_looked_for_in_its_thread(slack: FakeSlack, room: Channel) -> None:
    root = slack.says("U0ANA", "inc-7", "The root.")
    slack.fail("chat.postMessage", Fault("lost"))
    async with bare_client(slack) as client:
        await stand(client, Post(room.id, outgoing("say"), thread=root))
        found = await stand(client, Post(room.id, outgoing("say", doubted_since=SINCE, doubts=1), thread=root))

    assert not isinstance(found, Trouble)
    assert (found["ts"], len(slack.messages("inc-7"))) == (slack.messages("inc-7")[1]["ts"], 2)


async def test_a_card_that_was_reposted_is_not_reposted_again(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    room.messages.clear()
    slack.fail("chat.postMessage", Fault("lost"))
    again = outgoing("card", body=card(), replaces=True, receipt=first.receipt)
    await channel.send(again)
    outcome = await channel.send(replace(again, doubted_since=SINCE, doubts=1))

    (standing,) = slack.messages("inc-7")
    assert outcome == Sent({"channel": room.id, "ts": standing["ts"], "pinned": True})
    assert room.pins[-1] == standing["ts"]


async def test_a_public_channel_is_joined_to_look_into_it(channel: SlackChannel, slack: FakeSlack) -> None:
    staff = slack.channel("all-staff")
    await channel.send(outgoing("publish", "slack:#all-staff"))
    staff.members.clear()
    outcome = await channel.send(outgoing("publish", "slack:#all-staff", doubted_since=SINCE, doubts=1))

    assert isinstance(outcome, Sent)
    assert len(slack.messages("all-staff")) == 1


async def test_a_direct_message_whose_answer_was_lost_is_found_and_not_sent_again(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("lost"))
    told = outgoing("tell", "person:ana")
    await channel.send(told)
    outcome = await channel.send(replace(told, doubted_since=SINCE, doubts=1))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["channel"].startswith("D")
    assert len(slack.messages("@U0ANA")) == 1


async def test_a_direct_message_that_never_arrived_is_sent_however_often_that_was_in_doubt(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(outgoing("tell", "person:ana", doubted_since=SINCE, doubts=7))

    assert isinstance(outcome, Sent)
    assert len(slack.messages("@U0ANA")) == 1


async def test_without_the_right_to_look_a_direct_message_is_sent_at_most_once_more(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.scopes -= {"im:history"}
    slack.allow("missing_scope")
    slack.fail("chat.postMessage", Fault("lost"), Fault("lost"))
    told = outgoing("tell", "person:ana")
    await channel.send(told)
    await channel.send(replace(told, doubted_since=SINCE, doubts=1))
    outcome = await channel.send(replace(told, doubted_since=SINCE, doubts=2))

    assert outcome == Failed(f"slack: {TWICE}", retry=False, ambiguous=True)
    assert len(slack.messages("@U0ANA")) == 2


async def test_the_second_copy_of_a_direct_message_waits_until_slack_is_awake(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.scopes -= {"im:history"}
    slack.allow("missing_scope")
    slack.fail("auth.test", Fault("500"))
    outcome = await channel.send(outgoing("tell", "person:ana", doubted_since=SINCE, doubts=1))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.ambiguous, slack.called("chat.postMessage")) == (True, False, [])
