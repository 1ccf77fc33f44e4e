"""Whatever comes to the three addresses is answered as it should be, and nothing is ever a 500; what is taken, bolt takes too."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.slack.given import APP, SECRET, Desk, slack_id
from tests.fake_slack import TEAM

COMMANDS, INTERACTIVE, EVENTS = "/slack/commands", "/slack/interactive", "/slack/events"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
WHO = {"user": {"id": slack_id("ana"), "team_id": TEAM}, "team": {"id": TEAM}, "api_app_id": APP, "trigger_id": "1.1", "token": "x"}
SLASH = {"team_id": TEAM, "user_id": slack_id("ana"), "command": "/incident", "text": "help", "trigger_id": "1.1", "token": "x"}


@dataclass(frozen=True)
class Sent:
    """One request: how it is signed (`seconds` from now, `secret`, `head`), and the status that it must get."""

    name: str
    path: str
    body: bytes
    status: int
    method: str = "POST"
    kind: str = FORM
    seconds: int = 0
    secret: str = SECRET
    head: dict[str, str] = field(default_factory=dict)
    query: str = ""


def _slash(**more: str) -> bytes:
    return urlencode({**SLASH, **more}).encode()


def _payload(**parts: Any) -> bytes:
    return urlencode({"payload": json.dumps({**WHO, **parts})}).encode()


def _event(**parts: Any) -> bytes:
    whole = {"type": "event_callback", "token": "x", "team_id": TEAM, "api_app_id": APP, "event_id": "Ev1", "event_time": 1, **parts}
    return json.dumps(whole).encode()


VIEW = {"id": "V1", "hash": "1.x", "type": "modal", "private_metadata": "", "state": {"values": {}}}
BUTTON = {"type": "button", "action_id": "from_another_age", "block_id": "b", "action_ts": "1.1", "value": "INC-1"}

REFUSED = [
    Sent("another app's secret", COMMANDS, _slash(), 401, secret="another"),
    Sent("five minutes and a second ago", COMMANDS, _slash(), 401, seconds=-301),
    Sent("five minutes and a second ahead", COMMANDS, _slash(), 401, seconds=301),
    Sent("an upper-case signature", COMMANDS, _slash(), 401, head={"upper": "yes"}),
    Sent("a signature of scheme v1", COMMANDS, _slash(), 401, head={"scheme": "v1="}),
    Sent("a time that is none", COMMANDS, _slash(), 401, head={"x-slack-request-timestamp": "soon"}),
    Sent("no signature", EVENTS, _event(), 401, head={"x-slack-signature": ""}),
    Sent("a body that is not UTF-8", COMMANDS, b"text=\xff\xfe", 401),
    Sent("two mebibytes", INTERACTIVE, b"payload=" + b"x" * (2 << 20), 413),
    Sent("a GET of commands", COMMANDS, b"", 405, method="GET"),
    Sent("a GET of interactive", INTERACTIVE, b"", 405, method="GET"),
    Sent("a GET of events", EVENTS, b"", 405, method="GET"),
    Sent("a PUT", COMMANDS, _slash(), 405, method="PUT"),
    Sent("no trigger", COMMANDS, _slash(trigger_id=""), 400),
    Sent("NUL in a text", COMMANDS, _slash(text="note \x00"), 400),
    Sent("NUL in a payload", INTERACTIVE, _payload(type="block_actions", actions=[{**BUTTON, "value": "\x00"}]), 400),
    Sent("half a surrogate", INTERACTIVE, _payload(type="shortcut", callback_id="\ud800"), 400),
    Sent("half a surrogate in an event", EVENTS, _event(event={"type": "message", "text": "\ud800"}), 400, kind=JSON),
    Sent("no payload", INTERACTIVE, b"nothing=here", 400),
    Sent("a payload that is no JSON", INTERACTIVE, b"payload=%7B", 400),
    Sent("a payload that is a list", INTERACTIVE, b"payload=%5B1%5D", 400),
    Sent("a payload that is null", INTERACTIVE, b"payload=null", 400),
    Sent("a payload nested too deep", INTERACTIVE, b"payload=" + b"%5B" * 5_000, 400),
    Sent("a payload with a key twice", INTERACTIVE, b'payload={"type": "a", "type": "b"}', 400),
    Sent("a payload with infinity", INTERACTIVE, b'payload={"type": "a", "n": Infinity}', 400),
    Sent("actions that are none", INTERACTIVE, b'payload={"type": "block_actions", "actions": "none"}', 400),
    Sent("a user that is a number", INTERACTIVE, b'payload={"type": "block_actions", "user": 7}', 400),
    Sent("an event that is no JSON", EVENTS, b"{", 400, kind=JSON),
    Sent("an event that is a number", EVENTS, b"7", 400, kind=JSON),
    Sent("nothing at all", EVENTS, b"", 400, kind=JSON),
]
TAKEN = [
    Sent("a command", COMMANDS, _slash(), 200),
    Sent("five minutes ago", COMMANDS, _slash(), 200, seconds=-300),
    Sent("five minutes ahead", COMMANDS, _slash(), 200, seconds=300),
    Sent("a command without text", COMMANDS, _slash(text=""), 200),
    Sent("a command of another name", COMMANDS, _slash(command="/another"), 200),
    Sent("every kind of letter", COMMANDS, _slash(text="note 𝕳̷ \u202e \ufeff <!channel> &amp;"), 200),
    Sent("a press of an unknown button", INTERACTIVE, _payload(type="block_actions", actions=[BUTTON]), 200),
    Sent("a press whose value means nothing", INTERACTIVE, _payload(type="block_actions", actions=[{**BUTTON, "action_id": "done"}]), 200),
    Sent("a tick of nothing", INTERACTIVE, _payload(type="block_actions", actions=[{**BUTTON, "action_id": "tick:x:"}]), 200),
    Sent("an unknown form", INTERACTIVE, _payload(type="view_submission", view={**VIEW, "callback_id": "unknown"}), 200),
    Sent("a form of ours that is empty", INTERACTIVE, _payload(type="view_submission", view={**VIEW, "callback_id": "start"}), 200),
    Sent("a closed form", INTERACTIVE, _payload(type="view_closed", view={**VIEW, "callback_id": "start"}), 200),
    Sent("an unknown shortcut", INTERACTIVE, _payload(type="shortcut", callback_id="unknown"), 200),
    Sent("an unknown event", EVENTS, _event(event={"type": "team_join", "user": {"id": "U1"}}), 200, kind=JSON),
    Sent(
        "an event of nobody", EVENTS, _event(event={"type": "app_mention", "text": "hello", "channel": "C1", "ts": "1.1"}), 200, kind=JSON
    ),
]
PROBES = [
    Sent("a probe by GET", COMMANDS, b"", 200, method="GET", query="?ssl_check=1"),
    Sent("a probe by GET of interactive", INTERACTIVE, b"", 200, method="GET", query="?ssl_check=1"),
    Sent("a probe by POST", COMMANDS, b"token=x&ssl_check=1", 200, head={"x-slack-signature": ""}),
    Sent("a probe by POST of interactive", INTERACTIVE, b"ssl_check=1&token=x", 200, head={"x-slack-signature": ""}),
]


def _headers(desk: Desk, sent: Sent) -> dict[str, str]:
    """Sign as Slack does, whatever the body is; `upper` and `scheme` spoil the signature."""
    at = str(int(desk.house.clock.now().timestamp()) + sent.seconds)
    digest = hmac.new(sent.secret.encode(), f"v0:{at}:".encode() + sent.body, hashlib.sha256).hexdigest()
    signature = f"{sent.head.get('scheme', 'v0=')}{digest}"
    signed = {"content-type": sent.kind, "x-slack-request-timestamp": at, "x-slack-signature": signature}
    if "upper" in sent.head:
        signed["x-slack-signature"] = signature.upper()
    return signed | {name: value for name, value in sent.head.items() if name.startswith("x-")}


@pytest.mark.parametrize("sent", [*REFUSED, *PROBES, *TAKEN], ids=lambda sent: sent.name)
async def test_each_request_is_answered_as_it_should_be(desk: Desk, sent: Sent) -> None:
    desk.slack.allow("invalid_trigger_id")
    answer = await desk.client.request(sent.method, f"{sent.path}{sent.query}", content=sent.body, headers=_headers(desk, sent))
    desk.slack.refusals.clear()  # triggers and channels that are made up are refused

    assert answer.status_code == sent.status, answer.text
    assert not (await (await desk.house.admin()).get("/v1/incidents")).json()["items"]


@pytest.mark.parametrize("sent", TAKEN, ids=lambda sent: sent.name)
async def test_what_is_taken_a_real_bolt_app_takes_too(desk: Desk, sent: Sent) -> None:
    assert await desk.judge.accepts(sent.body.decode(), _headers(desk, sent))


@pytest.mark.parametrize("sent", [each for each in REFUSED if each.status == 401 and b"\xff" not in each.body], ids=lambda sent: sent.name)
async def test_what_is_not_slacks_a_real_bolt_app_refuses_too(desk: Desk, sent: Sent) -> None:
    try:
        taken = await desk.judge.accepts(sent.body.decode(), _headers(desk, sent))
    except ValueError:
        taken = False

    assert not taken


async def test_a_refused_get_says_what_is_taken(desk: Desk) -> None:
    answer = await desk.client.get(COMMANDS)

    assert answer.headers["allow"] == "POST"
