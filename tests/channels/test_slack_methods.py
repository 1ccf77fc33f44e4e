"""The fake Slack is what Slack's own reference says: method by method, its arguments, bodies, scopes, tiers, errors and answers."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web import WebClient

from api.slack_manifest import SCOPES, scopes
from tests.fake_slack import APP_TOKEN, COMMON, OURS, TOKEN, FakeSlack
from tests.fake_slack_methods import METHODS
from tests.fake_slack_server import fake_slack

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "data" / "slack" / "method-ref"
VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Start"}, "blocks": [{"type": "divider"}]}
ROOM, MARK = "C0ROOM", "Bk0MARK"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace in which every method has something to work on, and the app may call it."""
    with fake_slack() as running:
        running.scopes = frozenset().union(*(known.scopes for known in METHODS.values()))
        running.user("U0ANA", email="ana@example.com")
        running.user("U0BEN")
        room = running.channel("room")
        running.channels[ROOM] = room
        room.members.add("U0ANA")
        room.bookmarks[MARK] = {"id": MARK, "title": "Room"}
        running.socket_url = "ws://127.0.0.1:1"
        yield running


def _reference(method: str) -> dict[str, Any]:
    path = REFERENCE / f"{method}.json"
    if not path.exists():
        pytest.skip("the reference of Slack's methods is not here")
    return _read(path)


@cache
def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _errors(method: str) -> set[str]:
    own = _reference(method)["errors"]
    common = _read(REFERENCE / "with-common-errors" / f"{method}.json")
    return {*own, *common.get("errors", {})}


def _typical(method: str, slack: FakeSlack) -> dict[str, Any]:
    """What a call of this method looks like when it succeeds."""
    ts = slack.messages("room")[0]["ts"] if slack.messages("room") else _posted(slack)
    usual = {
        "channel": ROOM,
        "channel_id": ROOM,
        "bookmark_id": MARK,
        "user": "U0ANA",
        "user_id": "U0ANA",
        "users": "U0BEN",
        "email": "ana@example.com",
        "ts": ts,
        "message_ts": ts,
        "timestamp": ts,
        "name": "thumbsup" if method.startswith("reactions") else "another-room",
        "text": "Something is going on.",
        "topic": "INC-7",
        "purpose": "Room of one incident",
        "title": "Playbook",
        "type": "link",
        "link": "https://example.com",
        "limit": 5,
        "trigger_id": slack.trigger(),
        "view": VIEW if method != "views.publish" else {"type": "home", "blocks": [{"type": "divider"}]},
    }
    more = {"chat.postMessage": {"text"}, "chat.update": {"text"}, "chat.postEphemeral": {"text"}, "views.update": {"view_id"}}
    wanted = METHODS[method].needs | more.get(method, set()) | _OPTIONAL.get(method, set())
    return {name: usual.get(name) for name in wanted} | _prepared(method, slack, ts)


_OPTIONAL = {
    "bookmarks.add": {"link"},
    "conversations.list": {"limit"},
    "conversations.open": {"users"},
    "pins.add": {"timestamp"},
    "pins.remove": {"timestamp"},
    "reactions.get": {"channel", "timestamp"},
    "users.list": {"limit"},
    "views.open": {"trigger_id"},
    "views.push": {"trigger_id"},
}


def _posted(slack: FakeSlack) -> str:
    return str(slack.perform("chat.postMessage", {"channel": ROOM, "text": "Hello there."}, as_json=True, token=TOKEN)["ts"])


def _prepared(method: str, slack: FakeSlack, ts: str) -> dict[str, Any]:
    """What has to be there first, and the arguments that name it."""
    match method:
        case "views.update" | "views.push":
            opened = slack.perform("views.open", {"trigger_id": slack.trigger(), "view": VIEW}, as_json=True, token=TOKEN)
            return {"view_id": opened["view"]["id"]} if method == "views.update" else {}
        case "conversations.unarchive":
            slack.channels[ROOM].archived = True
        case "pins.remove":
            slack.channels[ROOM].pins.append(ts)
    return {}


def _asked(slack: FakeSlack, method: str, arguments: dict[str, Any], *, as_json: bool = False) -> dict[str, Any]:
    token = APP_TOKEN if method.startswith("apps.") else TOKEN
    return slack.perform(method, arguments, as_json=as_json, token=token)


@pytest.mark.parametrize("method", METHODS)
def test_every_argument_of_the_fake_is_in_the_reference(method: str) -> None:
    assert METHODS[method].takes <= set(_reference(method)["args"]["properties"])


@pytest.mark.parametrize("method", METHODS)
def test_the_fake_needs_what_the_reference_requires(method: str) -> None:
    assert set(_reference(method)["args"]["required"]) - {"token"} <= METHODS[method].needs


@pytest.mark.parametrize("method", METHODS)
def test_the_fake_takes_json_where_slack_takes_it(method: str) -> None:
    assert METHODS[method].json is bool(_reference(method).get("json_input_supported"))


@pytest.mark.parametrize("method", METHODS)
def test_every_error_of_the_fake_is_in_the_reference(method: str) -> None:
    assert METHODS[method].errors <= _errors(method)


@pytest.mark.parametrize("method", METHODS)
def test_the_fake_asks_for_the_scopes_of_the_reference(method: str) -> None:
    known = set((_reference(method).get("scope") or {}).get("bot", []))

    assert METHODS[method].scopes <= known
    assert bool(METHODS[method].scopes) is bool(known)


@pytest.mark.parametrize("method", METHODS)
def test_the_tier_is_that_of_the_reference(method: str) -> None:
    assert _reference(method)["rate_limits"] == f"t{METHODS[method].tier}"


@pytest.mark.parametrize("method", METHODS)
def test_a_call_with_what_is_needed_is_answered_in_the_shape_of_the_reference(method: str, slack: FakeSlack) -> None:
    answer = _asked(slack, method, _typical(method, slack))

    assert answer["ok"], answer
    assert set((_reference(method).get("output") or {}).get("required", [])) - {"ok"} <= set(answer)


@pytest.mark.parametrize("method", METHODS)
def test_slacks_own_client_is_answered_over_http(method: str, slack: FakeSlack) -> None:
    arguments = _typical(method, slack)
    client = WebClient(token=APP_TOKEN if method.startswith("apps.") else TOKEN, base_url=slack.url, retry_handlers=[])
    given = {"json": arguments} if METHODS[method].json else {"params": arguments}

    assert client.api_call(method, **given)["ok"]


@pytest.mark.parametrize("method", METHODS)
def test_an_argument_that_nobody_knows_is_refused(method: str, slack: FakeSlack) -> None:
    slack.allow("invalid_arg_name")

    assert _asked(slack, method, {**_typical(method, slack), "colour": "red"})["error"] == "invalid_arg_name"


@pytest.mark.parametrize(("method", "missing"), [(method, name) for method, known in METHODS.items() for name in sorted(known.needs)])
def test_a_call_without_something_needed_is_refused(method: str, missing: str, slack: FakeSlack) -> None:
    slack.allow("missing_argument")
    arguments = _typical(method, slack)
    del arguments[missing]

    assert _asked(slack, method, arguments)["error"] == "missing_argument"


@pytest.mark.parametrize("method", [method for method, known in METHODS.items() if not known.json])
def test_json_is_refused_where_only_a_form_is_read(method: str, slack: FakeSlack) -> None:
    slack.allow("invalid_post_type")

    assert _asked(slack, method, _typical(method, slack), as_json=True)["error"] == "invalid_post_type"


@pytest.mark.parametrize("method", [method for method, known in METHODS.items() if known.scopes])
def test_a_scope_that_the_app_has_not_is_missed(method: str, slack: FakeSlack) -> None:
    slack.allow("missing_scope")
    arguments = _typical(method, slack)
    slack.scopes = frozenset({"commands"})

    assert _asked(slack, method, arguments)["error"] == "missing_scope"


@pytest.mark.parametrize("method", METHODS)
def test_a_token_that_is_not_the_apps_opens_nothing(method: str, slack: FakeSlack) -> None:
    assert slack.perform(method, {}, as_json=False, token="xoxb-another")["error"] == "invalid_auth"


def test_what_the_app_may_do_is_enough_for_every_method_it_calls(slack: FakeSlack) -> None:
    slack.scopes = frozenset(scopes())
    refused = {method: _asked(slack, method, _typical(method, slack)).get("error") for method in SCOPES}

    assert {method: code for method, code in refused.items() if code == "missing_scope"} == {}


def test_every_method_that_the_product_calls_is_one_that_the_fake_knows() -> None:
    assert set(SCOPES) <= set(METHODS)


def test_a_mistake_is_a_refusal_that_somebody_can_give() -> None:
    assert COMMON.union(*(known.errors for known in METHODS.values())) >= OURS
