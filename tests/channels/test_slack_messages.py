"""What Slack is told: posted once, edited after, found again when nobody knows, and never twice in a channel."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.slack import SlackChannel
from engine.incident.effects import Delivery
from tests.channels.given import always, organisation
from tests.channels.slack_facts import card, task
from tests.fake_slack import TOKEN, Channel, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

SINCE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = {
    "ana": {"name": "Ana Ruiz", "slack": "U0ANA"},
    "ben": {"name": "Ben Okafor", "email": "ben@example.com"},
    "cy": {"name": "Cy Young"},
}


class OneRoom:
    """The room of INC-7; None while it is not open."""

    def __init__(self, channel: str | None) -> None:
        self.channel = channel

    async def channel_of(self, incident_key: str) -> str | None:
        return self.channel if incident_key == "INC-7" else None


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.user("U0ANA")
        running.user("U0BEN", email="ben@example.com")
        yield running


@pytest.fixture
def room(slack: FakeSlack) -> Channel:
    return slack.channel("inc-7")


@pytest.fixture
async def channel(slack: FakeSlack, room: Channel) -> AsyncIterator[SlackChannel]:
    channels = {"staff": {"kind": "slack", "to": "#all-staff"}, "post": {"kind": "slack"}}
    made = SlackChannel(TOKEN, always(organisation(people=PEOPLE, channels=channels)), OneRoom(room.id), base_url=slack.url, timeout=2)
    yield made
    await made.close()


def _outgoing(kind: Any, target: str = "war_room:inc-7", **more: Any) -> Outgoing:
    about = {name: more.pop(name) for name in ("receipt", "doubted_since", "attempt") if name in more}
    delivery = Delivery(id="INC-7:31:0", kind=kind, target=target, text=more.pop("text", "The holding line is in use."), **more)
    return Outgoing(delivery, incident="f" * 32, key="INC-7", **about)


def _texts(slack: FakeSlack, name: str = "inc-7") -> list[str]:
    return [message["text"] for message in slack.messages(name)]


async def test_words_are_posted_once_with_their_id_as_metadata(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    outcome = await channel.send(_outgoing("say"))

    posted = slack.messages("inc-7")
    assert outcome == Sent({"channel": room.id, "ts": posted[0]["ts"]})
    assert posted[0]["metadata"] == {"event_type": "firebreak_op", "event_payload": {"op_id": "INC-7:31:0"}}
    assert len(posted) == 1


async def test_links_are_never_unfurled(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_outgoing("say", text="A copy is at https://video.example/1"))

    assert {name: slack.calls[0].arguments[name] for name in ("unfurl_links", "unfurl_media")} == {
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_nobody_can_call_the_whole_channel(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_outgoing("say", text="<!channel> & <@U0ANA>"))

    assert _texts(slack) == ["&lt;!channel&gt; &amp; &lt;@U0ANA&gt;"]


async def test_a_card_is_posted_once_pinned_and_edited_after(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(_outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    second = await channel.send(_outgoing("card", body=card(status="contained"), replaces=True, receipt=first.receipt))

    assert second == first
    assert room.pins == [first.receipt["ts"]]
    assert [call.method for call in slack.calls] == ["chat.postMessage", "pins.add", "chat.update"]
    assert "Contained" in str(slack.messages("inc-7")[0]["blocks"])


async def test_a_pin_that_fails_is_tried_again_at_the_next_edit(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    slack.fail("pins.add", Fault("500"))
    first = await channel.send(_outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    await channel.send(_outgoing("card", body=card(), replaces=True, receipt=first.receipt))

    assert first.receipt["pinned"] is False
    assert room.pins == [first.receipt["ts"]]
    assert len(slack.messages("inc-7")) == 1


async def test_a_task_message_carries_a_done_button(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_outgoing("task", body=task(), replaces=True))

    assert [each["value"] for each in slack.messages("inc-7")[0]["blocks"][-1]["elements"]] == ["INC-7|freeze"]


async def test_a_deleted_message_is_posted_anew(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(_outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    room.messages.clear()
    second = await channel.send(_outgoing("card", body=card(), replaces=True, receipt=first.receipt))

    assert isinstance(second, Sent)
    assert second.receipt["ts"] != first.receipt["ts"]
    assert len(slack.messages("inc-7")) == 1


async def test_a_direct_message_goes_to_the_slack_id_of_the_organisation_file(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(_outgoing("tell", "person:ana", text="You are incident lead."))

    assert isinstance(outcome, Sent)
    assert _texts(slack, "@U0ANA") == ["You are incident lead."]


async def test_whoever_is_asked_gets_the_task_with_its_button(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(
        _outgoing("tell", "person:ana", text="Ready: Pause posts", body={"reason": "asked", "task": task(do="Tell agencies")})
    )

    told = slack.messages("@U0ANA")[0]
    assert told["blocks"][0]["text"]["text"] == "Ready: Pause posts"
    assert "Tell agencies" in str(told["blocks"])
    assert told["blocks"][-1]["elements"][0]["action_id"] == "done"


async def test_what_is_for_one_person_is_not_shown_where_a_rehearsal_sends_it(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("rehearsal")
    await channel.send(_outgoing("tell", "slack:#rehearsal", text="REHEARSAL for Ben: Ready", body={"task": task(do="Ask nothing")}))

    assert "Ask nothing" not in str(slack.messages("rehearsal"))


async def test_a_person_without_slack_id_is_looked_up_by_e_mail_once(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(_outgoing("tell", "person:ben", text="one"))
    await channel.send(_outgoing("tell", "person:ben", text="two"))

    assert _texts(slack, "@U0BEN") == ["one", "two"]
    assert len(slack.called("users.lookupByEmail")) == 1


@pytest.mark.parametrize("target", ["person:cy", "person:dee@example.com", "slack:#nowhere", "channel:post", "channel:none", "email:a@b.c"])
async def test_who_or_what_is_not_there_is_not_tried_again(channel: SlackChannel, target: str) -> None:
    outcome = await channel.send(_outgoing("message", target))

    assert isinstance(outcome, Failed)
    assert not outcome.retry


async def test_a_channel_of_the_organisation_is_found_by_its_name_in_slack(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    await channel.send(_outgoing("message", "channel:staff"))

    assert len(slack.messages("all-staff")) == 1


async def test_words_wait_for_their_room(slack: FakeSlack) -> None:
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom(None), base_url=slack.url)
    outcome = await channel.send(_outgoing("say"))

    assert outcome == Failed("the room of INC-7 is not open yet", retry=True, retry_after=2.0)
    assert not slack.calls


async def test_what_is_published_gives_its_address_and_its_exact_words(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    outcome = await channel.send(_outgoing("publish", "slack:#all-staff", text="Not *bold*, not _slanted_.", step="send_internal"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["link"].startswith("https://fake.slack.test/archives/C0")
    assert slack.calls[0].arguments["mrkdwn"] is False
    assert _texts(slack, "all-staff") == ["Not *bold*, not _slanted_."]


async def test_words_too_long_for_slack_are_never_published_in_part(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    outcome = await channel.send(_outgoing("publish", "slack:#all-staff", text="x" * 40_000))

    assert outcome == Failed("slack: msg_too_long", retry=False)
    assert not slack.calls


async def test_blocks_that_slack_refuses_are_left_out_once(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="invalid_blocks"))
    outcome = await channel.send(_outgoing("task", body=task(), text="Freeze is ready."))

    assert isinstance(outcome, Sent)
    assert _texts(slack) == ["Freeze is ready."]
    assert slack.messages("inc-7")[0]["blocks"] == []


@pytest.mark.parametrize(
    ("fault", "retry", "retry_after", "ambiguous"),
    [
        (Fault("429", retry_after=7), True, 7.0, False),
        (Fault("500"), True, None, True),
        (Fault("lost"), True, None, True),
        (Fault("reset"), True, None, True),
        (Fault("truncated"), True, None, True),
        (Fault("refused", error="fatal_error"), True, None, True),
        (Fault("refused", error="service_unavailable"), True, None, False),
        (Fault("refused", error="is_archived"), False, None, False),
        (Fault("refused", error="no_text"), False, None, False),
        (Fault("refused", error="token_revoked"), True, 60.0, False),
        (Fault("refused", error="a_code_of_next_year"), True, None, False),
    ],
    ids=lambda each: (each.error if each.kind == "refused" else each.kind) if isinstance(each, Fault) else "",
)
async def test_each_refusal_means_one_thing(
    channel: SlackChannel, slack: FakeSlack, fault: Fault, retry: bool, retry_after: float | None, ambiguous: bool
) -> None:
    slack.fail("chat.postMessage", fault)
    outcome = await channel.send(_outgoing("say"))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.retry_after, outcome.ambiguous) == (retry, retry_after, ambiguous)
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_slack_that_hangs_is_left_after_the_time_allowed(slack: FakeSlack) -> None:
    slack.channel("inc-7")
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom(slack.named("inc-7").id), base_url=slack.url, timeout=0.2)
    slack.fail("chat.postMessage", Fault("hang"))
    outcome = await channel.send(_outgoing("say"))
    await channel.close()

    assert isinstance(outcome, Failed)
    assert outcome.retry
    assert outcome.ambiguous


async def test_a_slack_that_is_not_there_was_told_nothing() -> None:
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom("C1"), base_url="http://127.0.0.1:9/api/")
    outcome = await channel.send(_outgoing("say"))
    await channel.close()

    assert outcome == Failed("slack: could not connect", retry=True)


async def test_dead_credentials_open_the_circuit_until_something_arrives(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="token_revoked"))
    await channel.send(_outgoing("say"))
    during = channel.trouble
    await channel.send(_outgoing("say"))

    assert during == "token_revoked"
    assert channel.trouble is None


class TestAfterAnAttemptWhoseEndNobodyKnows:
    @pytest.fixture(params=["say", "card", "task", "publish"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    def _delivery(self, kind: str, **more: Any) -> Outgoing:
        bodies = {"card": card(), "task": task()}
        target = "slack:#inc-7" if kind == "publish" else "war_room:inc-7"
        return _outgoing(kind, target, body=bodies.get(kind, {}), replaces=kind in bodies, **more)

    async def test_the_message_is_found_and_not_posted_again(self, channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
        slack.fail("chat.postMessage", Fault("lost"))
        await channel.send(self._delivery(kind))
        outcome = await channel.send(self._delivery(kind, doubted_since=SINCE, attempt=2))

        assert isinstance(outcome, Sent)
        assert outcome.receipt["ts"] == slack.messages("inc-7")[0]["ts"]
        assert len(slack.messages("inc-7")) == 1

    async def test_it_is_posted_when_it_never_arrived(self, channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
        slack.fail("chat.postMessage", Fault("reset"))
        await channel.send(self._delivery(kind))
        await channel.send(self._delivery(kind, doubted_since=SINCE, attempt=2))

        assert len(slack.messages("inc-7")) == 1

    async def test_a_history_that_is_away_is_asked_again_later(self, channel: SlackChannel, slack: FakeSlack, kind: str) -> None:
        slack.fail("conversations.history", Fault("429", retry_after=3))
        outcome = await channel.send(self._delivery(kind, doubted_since=SINCE, attempt=2))

        assert outcome == Failed("slack: ratelimited", retry=True, retry_after=3.0)
        assert not slack.messages("inc-7")

    async def test_a_busy_channel_is_searched_page_by_page(self, channel: SlackChannel, slack: FakeSlack) -> None:
        await channel.send(_outgoing("say"))
        for number in range(120):
            slack.perform("chat.postMessage", {"channel": "#inc-7", "text": f"{number}"}, as_json=True, token=TOKEN)
        await channel.send(_outgoing("say", doubted_since=SINCE, attempt=2))

        assert len(slack.messages("inc-7")) == 121

    async def test_what_can_not_be_looked_up_is_not_published_twice(self, channel: SlackChannel, slack: FakeSlack) -> None:
        slack.channel("all-staff", members=set())
        outcome = await channel.send(_outgoing("publish", "slack:#all-staff", doubted_since=SINCE, attempt=2))

        assert isinstance(outcome, Failed)
        assert not outcome.retry
        assert not slack.messages("all-staff")


async def test_the_bot_joins_a_public_channel_that_it_was_removed_from(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    room.members.clear()
    outcome = await channel.send(_outgoing("say"))

    assert isinstance(outcome, Sent)
    assert len(slack.messages("inc-7")) == 1
