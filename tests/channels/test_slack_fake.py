"""The fake Slack is what Slack's own reference says: it knows no argument, and gives no error, that isn't there."""

import json
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient

from tests.fake_slack import BOT, EPOCH, TOKEN, FakeSlack, Fault
from tests.fake_slack_methods import METHODS
from tests.fake_slack_server import fake_slack

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "data" / "slack" / "method-ref"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        yield running


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(token=TOKEN, base_url=slack.url, timeout=5, retry_handlers=[])


def _reference(method: str) -> dict[str, Any]:
    path = REFERENCE / f"{method}.json"
    if not path.exists():
        pytest.skip("the reference of Slack's methods is not here")
    return dict(json.loads(path.read_text()))


def _errors(method: str) -> set[str]:
    own = _reference(method)["errors"]
    common = json.loads((REFERENCE / "with-common-errors" / f"{method}.json").read_text())
    return {*own, *common.get("errors", {})}


@pytest.mark.parametrize("method", METHODS)
def test_every_argument_of_the_fake_is_in_the_reference(method: str) -> None:
    arguments = _reference(method)["args"]

    assert METHODS[method].takes <= set(arguments["properties"])


@pytest.mark.parametrize("method", METHODS)
def test_the_fake_needs_what_the_reference_requires(method: str) -> None:
    required = set(_reference(method)["args"]["required"]) - {"token"}

    assert required <= METHODS[method].needs


@pytest.mark.parametrize("method", METHODS)
def test_the_fake_takes_json_where_slack_takes_it(method: str) -> None:
    assert METHODS[method].json is bool(_reference(method).get("json_input_supported"))


@pytest.mark.parametrize("method", METHODS)
def test_every_error_of_the_fake_is_in_the_reference(method: str) -> None:
    assert METHODS[method].errors <= _errors(method)


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
        ("views.open", {"trigger_id": "old", "view": {"type": "modal"}}, "invalid_trigger_id"),
        ("conversations.list", {"limit": 5}, "invalid_post_type"),
        ("chat.sing", {}, "unknown_method"),
    ],
)
def test_it_refuses_what_slack_refuses(client: WebClient, slack: FakeSlack, method: str, arguments: dict[str, Any], code: str) -> None:
    slack.channel("taken")
    slack.channel("outside", members=set())

    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)

    assert refused.value.response["error"] == code


def test_a_trigger_opens_one_view(client: WebClient, slack: FakeSlack) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Start"}, "blocks": [{"type": "divider"}]}
    trigger = slack.trigger()
    client.views_open(trigger_id=trigger, view=view)

    with pytest.raises(SlackApiError) as refused:
        client.views_open(trigger_id=trigger, view=view)

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
