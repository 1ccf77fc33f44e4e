"""Every payload of Slack's own test collection, signed anew, is taken: none is an error, none changes anything."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.api.slack.given import Desk
from tests.fake_slack import TEAM

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "slack" / "payloads"
FORM = "application/x-www-form-urlencoded"


def _names(*kinds: str) -> list[str]:
    names = sorted(path.name for path in PAYLOADS.glob("*--*")) if PAYLOADS.exists() else []
    if not names:
        pytest.skip("the collection of payloads is not here")
    return [name for name in names if name.startswith(kinds or ("",))]


def _text(desk: Desk, name: str) -> str:
    """Read a payload; what would be answered at Slack's own host is answered at the fake one's."""
    text = (PAYLOADS / name).read_text(encoding="utf-8").strip()
    return text.replace("https://hooks.slack.com", desk.slack.url.removesuffix("/api/") + "/response")


def _request(name: str, text: str) -> tuple[str, str, str]:
    if name.endswith(".form.txt"):
        return "/slack/commands", text, FORM
    if name.startswith(("event_callback", "url_verification")):
        return "/slack/events", text, "application/json"
    return "/slack/interactive", urlencode({"payload": text}), FORM


async def test_every_real_payload_is_taken_and_does_nothing(desk: Desk) -> None:
    names = _names()
    statuses = {}
    for name in names:
        path, body, kind = _request(name, _text(desk, name))
        answer = await desk.client.post(path, content=body.encode(), headers=desk.signed(body, kind))
        statuses[name] = answer.status_code
    desk.slack.refusals.clear()  # their channels are not in this workspace

    assert statuses == dict.fromkeys(names, 200)
    assert {call.method for call in desk.slack.calls} == {"auth.test", "chat.postEphemeral"}, "strangers who mention us are told why not"
    assert not (await (await desk.house.admin()).get("/v1/incidents")).json()["items"]


async def test_real_interactions_of_somebody_we_know_are_taken_too(desk: Desk) -> None:
    names = _names("block_actions", "view_submission", "shortcut", "message_action", "view_closed")
    statuses = {}
    for name in names:
        payload = json.loads(_text(desk, name))
        payload["user"] |= {"id": "U0ANA", "team_id": TEAM}
        body = urlencode({"payload": json.dumps(payload)})
        answer = await desk.client.post("/slack/interactive", content=body.encode(), headers=desk.signed(body, FORM))
        statuses[name] = answer.status_code

    assert statuses == dict.fromkeys(names, 200)
    assert not (await (await desk.house.admin()).get("/v1/incidents")).json()["items"]
