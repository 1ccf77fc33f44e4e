"""The fake Slack keeps what it was told, refuses what Slack refuses, and fails when it is asked to."""

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient

from tests.fake_slack import BOT, EPOCH, OURS, TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Done"}, "action_id": "done", "value": "INC-1|a"}
VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Start"}, "blocks": [{"type": "divider"}]}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(token=TOKEN, base_url=slack.url, timeout=5, retry_handlers=[])


def test_a_channel_holds_what_was_posted_and_edited(client: WebClient, slack: FakeSlack) -> None:
    channel = client.conversations_create(name="inc-7")["channel"]["id"]
    posted = client.chat_postMessage(channel=channel, text="one")
    client.chat_update(channel=channel, ts=posted["ts"], text="two")

    assert [message["text"] for message in slack.messages("inc-7")] == ["two"]


def test_history_shows_metadata_only_when_asked(client: WebClient) -> None:
    channel = client.conversations_create(name="inc-7")["channel"]["id"]
    client.chat_postMessage(channel=channel, text="one", metadata={"event_type": "firebreak_op", "event_payload": {"op_id": "x"}})

    plain = client.conversations_history(channel=channel, oldest=str(EPOCH))["messages"][0]
    whole = client.conversations_history(channel=channel, include_all_metadata=True)["messages"][0]

    assert "metadata" not in plain
    assert whole["metadata"]["event_payload"] == {"op_id": "x"}


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("conversations.create", {"name": "taken"}, "name_taken"),
        ("conversations.create", {"name": "Room 7"}, "invalid_name_specials"),
        ("conversations.create", {"name": "x", "colour": "red"}, "invalid_arg_name"),
        ("conversations.create", {}, "missing_argument"),
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "#outside", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "#taken"}, "no_text"),
        ("chat.postMessage", {"channel": "#taken", "text": "x", "blocks": [{"type": "poem"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "#taken", "text": "x", "metadata": {"op": 1}}, "invalid_metadata_format"),
        ("views.open", {"trigger_id": "old", "view": VIEW}, "invalid_trigger_id"),
        ("conversations.list", {"limit": 5}, "invalid_post_type"),
        ("chat.sing", {}, "unknown_method"),
    ],
)
def test_it_refuses_what_slack_refuses(client: WebClient, slack: FakeSlack, method: str, arguments: dict[str, Any], code: str) -> None:
    slack.channel("taken")
    slack.channel("outside", members=set())
    slack.allow(*OURS)

    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)

    assert refused.value.response["error"] == code


def test_a_trigger_opens_one_view(client: WebClient, slack: FakeSlack) -> None:
    trigger = slack.trigger()
    client.views_open(trigger_id=trigger, view=VIEW)

    with pytest.raises(SlackApiError) as refused:
        client.views_open(trigger_id=trigger, view=VIEW)

    assert refused.value.response["error"] == "exchanged_trigger_id"


def test_the_bot_is_who_auth_test_says(client: WebClient) -> None:
    assert client.auth_test()["user_id"] == BOT


@pytest.mark.parametrize(("kind", "kept"), [("lost", 1), ("truncated", 1), ("reset", 0), ("500", 0), ("429", 0), ("refused", 0)])
def test_a_fault_says_whether_the_message_was_kept(client: WebClient, slack: FakeSlack, kind: Any, kept: int) -> None:
    slack.channel("room")
    slack.fail("chat.postMessage", Fault(kind))

    with pytest.raises((SlackApiError, OSError, HTTPException)):
        client.chat_postMessage(channel="#room", text="one")

    assert len(slack.messages("room")) == kept


def test_a_trigger_lives_for_three_seconds(client: WebClient, slack: FakeSlack) -> None:
    trigger = slack.trigger()
    slack.forward(3.5)

    with pytest.raises(SlackApiError) as refused:
        client.views_open(trigger_id=trigger, view=VIEW)

    assert refused.value.response["error"] == "expired_trigger_id"


def test_an_update_of_a_view_that_changed_meanwhile_conflicts(client: WebClient, slack: FakeSlack) -> None:
    opened = client.views_open(trigger_id=slack.trigger(), view=VIEW)["view"]
    client.views_update(view_id=opened["id"], hash=opened["hash"], view=VIEW)

    with pytest.raises(SlackApiError) as refused:
        client.views_update(view_id=opened["id"], hash=opened["hash"], view=VIEW)

    assert refused.value.response["error"] == "hash_conflict"


def test_a_home_is_kept_for_each_person(client: WebClient, slack: FakeSlack) -> None:
    slack.user("U0ANA")
    client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [{"type": "divider"}]})
    home = slack.users["U0ANA"].home

    assert home is not None
    assert home["blocks"] == [{"type": "divider"}]


def test_a_response_url_is_good_for_five_answers(slack: FakeSlack) -> None:
    path = urlsplit(slack.response_url()).path

    assert [slack.respond(path, {"text": "Done."})[0] for _ in range(6)] == [200] * 5 + [404]


def test_a_response_url_lives_for_half_an_hour(slack: FakeSlack) -> None:
    path = urlsplit(slack.response_url()).path
    slack.forward(1_801)

    assert slack.respond(path, {"text": "Done."})[0] == 404


def test_one_message_a_second_is_taken_in_each_channel(client: WebClient, slack: FakeSlack) -> None:
    slack.channel("one")
    slack.channel("two")
    slack.limits.on = True
    client.chat_postMessage(channel="#one", text="First.")
    client.chat_postMessage(channel="#two", text="First.")

    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="#one", text="Second.")

    assert (refused.value.response.status_code, refused.value.response.headers["retry-after"]) == (429, "1")
    slack.forward(1)
    assert client.chat_postMessage(channel="#one", text="Second.")["ok"]


def test_a_tier_is_a_number_of_calls_a_minute(client: WebClient, slack: FakeSlack) -> None:
    slack.limits.on = True
    for number in range(20):
        client.conversations_create(name=f"room-{number}")

    with pytest.raises(SlackApiError) as refused:
        client.conversations_create(name="room-20")

    assert refused.value.response.headers["retry-after"] == "60"


def test_a_reply_stands_in_its_thread_and_not_in_the_channel(client: WebClient, slack: FakeSlack) -> None:
    room = slack.channel("room")
    parent = client.chat_postMessage(channel=room.id, text="Parent.")["ts"]
    client.chat_postMessage(channel=room.id, text="Reply.", thread_ts=parent)

    assert [each["text"] for each in client.conversations_replies(channel=room.id, ts=parent)["messages"]] == ["Parent.", "Reply."]
    assert [each["text"] for each in client.conversations_history(channel=room.id)["messages"]] == ["Parent."]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"blocks": [{"type": "divider"}]}, "without a text"),
        ({"text": "Now <!channel>."}, "shout"),
        ({"text": "INC-7", "blocks": [{"type": "divider"}]}, "no sentence"),
        ({"text": "Press.", "blocks": [{"type": "actions", "elements": [BUTTON]}]}, "screen reader"),
    ],
)
def test_a_message_that_is_hard_to_read_fails_the_test(slack: FakeSlack, arguments: dict[str, Any], complaint: str) -> None:
    slack.channel("room")
    slack.perform("chat.postMessage", {"channel": "#room", **arguments}, as_json=True, token=TOKEN)
    found, slack.mistakes = slack.mistakes, []

    assert complaint in " ".join(found)


def test_a_refusal_that_is_our_own_fault_fails_the_test(client: WebClient, slack: FakeSlack) -> None:
    with pytest.raises(SlackApiError):
        client.conversations_create(name="Not A Name")
    found, slack.mistakes = slack.mistakes, []

    assert found == ["conversations.create: invalid_name_specials"]
