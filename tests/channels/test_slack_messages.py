"""What Slack is told: posted once, edited after, and refused one way or the other."""

import pytest
from structlog.testing import capture_logs

from engine.channels.channel import Failed, Sent
from engine.channels.slack import SlackChannel
from engine.channels.slack_messages import Post, stand
from tests.channels.given import always, organisation
from tests.channels.slack_facts import card, task
from tests.channels.slack_given import OneRoom, bare_client, outgoing, texts, values
from tests.fake_slack import TOKEN, Channel, FakeSlack, Fault


async def test_words_are_posted_once_with_their_id_as_metadata(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    outcome = await channel.send(outgoing("say"))

    posted = slack.messages("inc-7")
    assert outcome == Sent({"channel": room.id, "ts": posted[0]["ts"]})
    assert posted[0]["metadata"] == {"event_type": "firebreak_op", "event_payload": {"op_id": "INC-7:31:0"}}
    assert len(posted) == 1


async def test_links_are_never_unfurled(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("say", text="A copy is at https://video.example/1"))

    assert {name: slack.calls[0].arguments[name] for name in ("unfurl_links", "unfurl_media")} == {
        "unfurl_links": False,
        "unfurl_media": False,
    }


async def test_nobody_can_call_the_whole_channel(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("say", text="<!channel> & <@U0ANA>"))

    assert texts(slack) == ["&lt;!channel&gt; &amp; &lt;@U0ANA&gt;"]


async def test_a_card_is_posted_once_pinned_and_edited_after(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    second = await channel.send(outgoing("card", body=card(status="contained"), replaces=True, receipt=first.receipt))

    assert second == first
    assert room.pins == [first.receipt["ts"]]
    assert [call.method for call in slack.calls] == ["chat.postMessage", "pins.add", "chat.update"]
    assert "Contained" in str(slack.messages("inc-7")[0]["blocks"])


async def test_a_pin_that_fails_is_tried_again_at_the_next_edit(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    slack.fail("pins.add", Fault("500"))
    first = await channel.send(outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    await channel.send(outgoing("card", body=card(), replaces=True, receipt=first.receipt))

    assert first.receipt["pinned"] is False
    assert room.pins == [first.receipt["ts"]]
    assert len(slack.messages("inc-7")) == 1


async def test_a_task_message_carries_a_done_button(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("task", body=task(), replaces=True))

    assert "INC-7|freeze" in values(slack.messages("inc-7")[0])


async def test_a_deleted_message_is_posted_anew(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(outgoing("card", body=card(), replaces=True))
    assert isinstance(first, Sent)
    room.messages.clear()
    second = await channel.send(outgoing("card", body=card(), replaces=True, receipt=first.receipt))

    assert isinstance(second, Sent)
    assert second.receipt["ts"] != first.receipt["ts"]
    assert len(slack.messages("inc-7")) == 1


async def test_a_direct_message_goes_to_the_slack_id_of_the_organisation_file(channel: SlackChannel, slack: FakeSlack) -> None:
    outcome = await channel.send(outgoing("tell", "person:ana", text="You are incident lead."))

    assert isinstance(outcome, Sent)
    assert texts(slack, "@U0ANA") == ["You are incident lead."]


async def test_whoever_is_asked_gets_the_task_with_its_button(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(
        outgoing(
            "tell",
            "person:ana",
            text="Ready: Pause posts",
            body={"reason": "asked", "preview": "INC-7: a step waits.", "task": task(do="Tell agencies")},
        )
    )

    told = slack.messages("@U0ANA")[0]
    assert told["blocks"][0]["text"]["text"] == "Ready: Pause posts"
    assert "Tell agencies" in str(told["blocks"])
    assert "INC-7|freeze" in values(told)


async def test_what_is_for_one_person_is_not_shown_where_a_rehearsal_sends_it(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("rehearsal")
    await channel.send(outgoing("tell", "slack:#rehearsal", text="REHEARSAL for Ben: Ready", body={"task": task(do="Ask nothing")}))

    assert "Ask nothing" not in str(slack.messages("rehearsal"))


async def test_a_person_without_slack_id_is_looked_up_by_e_mail_once(channel: SlackChannel, slack: FakeSlack) -> None:
    await channel.send(outgoing("tell", "person:ben", text="one"))
    await channel.send(outgoing("tell", "person:ben", text="two"))

    assert texts(slack, "@U0BEN") == ["one", "two"]
    assert len(slack.called("users.lookupByEmail")) == 1


@pytest.mark.parametrize("target", ["person:cy", "person:dee@example.com", "slack:#nowhere", "channel:post", "channel:none", "email:a@b.c"])
async def test_who_or_what_is_not_there_is_not_tried_again(channel: SlackChannel, target: str) -> None:
    outcome = await channel.send(outgoing("message", target))

    assert isinstance(outcome, Failed)
    assert not outcome.retry


async def test_a_channel_of_the_organisation_is_found_by_its_name_in_slack(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    await channel.send(outgoing("message", "channel:staff"))

    assert len(slack.messages("all-staff")) == 1


async def test_words_wait_for_their_room(slack: FakeSlack) -> None:
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom(None), base_url=slack.url)
    outcome = await channel.send(outgoing("say"))

    assert outcome == Failed("the room of INC-7 is not open yet", retry=True, retry_after=2.0)
    assert not slack.calls


async def test_what_is_published_gives_its_address_and_its_exact_words(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    outcome = await channel.send(outgoing("publish", "slack:#all-staff", text="Not *bold*, not _slanted_.", step="send_internal"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["link"].startswith("https://fake.slack.test/archives/C0")
    assert slack.calls[0].arguments["mrkdwn"] is False
    assert texts(slack, "all-staff") == ["Not *bold*, not _slanted_."]


async def test_words_too_long_for_slack_are_never_published_in_part(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.channel("all-staff")
    outcome = await channel.send(outgoing("publish", "slack:#all-staff", text="x" * 40_000))

    assert outcome == Failed("slack: msg_too_long", retry=False)
    assert not slack.calls


async def test_blocks_that_slack_refuses_are_left_out_once(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="invalid_blocks"))
    outcome = await channel.send(outgoing("task", body=task(), text="Freeze is ready."))

    assert isinstance(outcome, Sent)
    assert texts(slack) == ["Freeze is ready."]
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
    outcome = await channel.send(outgoing("say"))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.retry_after, outcome.ambiguous) == (retry, retry_after, ambiguous)
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_slack_that_hangs_is_left_after_the_time_allowed(slack: FakeSlack) -> None:
    slack.channel("inc-7")
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom(slack.named("inc-7").id), base_url=slack.url, timeout=0.2)
    slack.fail("chat.postMessage", Fault("hang"))
    outcome = await channel.send(outgoing("say"))
    await channel.close()

    assert isinstance(outcome, Failed)
    assert outcome.retry
    assert outcome.ambiguous


async def test_a_slack_that_is_not_there_was_told_nothing() -> None:
    channel = SlackChannel(TOKEN, always(organisation()), OneRoom("C1"), base_url="http://127.0.0.1:9/api/")
    outcome = await channel.send(outgoing("say"))
    await channel.close()

    assert outcome == Failed("slack: could not connect", retry=True)


async def test_what_we_built_wrong_is_logged_by_its_digest_and_dead(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="invalid_metadata_schema"))
    with capture_logs() as logs:
        outcome = await channel.send(outgoing("say"))

    (logged,) = [each for each in logs if each["event"] == "slack refuses what we built"]
    assert (outcome, len(slack.calls)) == (Failed("slack: invalid_metadata_schema", retry=False), 1)
    assert logged["code"] == "invalid_metadata_schema"
    assert "holding line" not in str(logged)


async def test_a_text_that_slack_finds_too_long_is_sent_once_more_and_shorter(channel: SlackChannel, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="msg_too_long"))
    await channel.send(outgoing("say", text="&" * 5_000))

    (text,) = texts(slack)
    assert len(text) <= 3_900
    assert set(text.removesuffix("…").split("&amp;")) == {""}


async def test_words_for_a_thread_stand_in_it(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    first = await channel.send(outgoing("task", body=task(), replaces=True))
    assert isinstance(first, Sent)
    async with bare_client(slack) as client:
        await stand(client, Post(room.id, outgoing("say", text="In the thread."), thread=first.receipt["ts"]))

    assert slack.messages("inc-7")[1]["thread_ts"] == first.receipt["ts"]


async def test_where_a_thread_is_closed_its_words_stand_in_the_channel(slack: FakeSlack, room: Channel) -> None:
    slack.fail("chat.postMessage", Fault("refused", error="restricted_action_thread_locked"))
    async with bare_client(slack) as client:
        await stand(client, Post(room.id, outgoing("say"), thread="1.0"))

    assert [each.get("thread_ts") for each in slack.messages("inc-7")] == [None]


async def test_the_bot_joins_a_public_channel_that_it_was_removed_from(channel: SlackChannel, slack: FakeSlack, room: Channel) -> None:
    room.members.clear()
    outcome = await channel.send(outgoing("say"))

    assert isinstance(outcome, Sent)
    assert len(slack.messages("inc-7")) == 1
