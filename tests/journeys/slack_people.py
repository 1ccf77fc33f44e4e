"""People who work in Slack: what they type, press and fill in goes to the product as Slack sends it, signed.

Rules:
- Somebody presses what stands in a message or a form that the fake Slack holds, by the words on it; what is not there fails.
- What a form does not show can't be filled in; what is filled in stands in the form's own fields.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from api.slack_manifest import SHORTCUTS
from tests.fake_slack import BOT, TEAM, Channel, FakeSlack

SECRET: Final = "8f742231b10e8888abcd99yyyzzz85a5"
APP: Final = "A0FIREBREAK"
FORM: Final = "application/x-www-form-urlencoded"


@dataclass
class Door:
    """The product as Slack reaches it; `now` is the product's clock."""

    url: str
    slack: FakeSlack
    now: datetime
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    def send(self, path: str, fields: dict[str, Any], *, kind: str = FORM) -> dict[str, Any]:
        body, at = urlencode(fields) if kind == FORM else json.dumps(fields), str(int(self.now.timestamp()))
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body) or ""
        headers = {"content-type": kind, "x-slack-request-timestamp": at, "x-slack-signature": signature}
        answer = self.http.post(self.url + path, content=body.encode(), headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        said = dict(answer.json()) if answer.content else {}
        self.slack.answered(said)
        return said


@dataclass
class Somebody:
    """One person in Slack."""

    slack_id: str
    door: Door

    @property
    def slack(self) -> FakeSlack:
        return self.door.slack

    def types(self, text: str, *, channel: Channel) -> dict[str, Any]:
        """Type `/incident …`; gives what comes back, to be seen by nobody else."""
        fields = {
            "token": "deprecated",
            "team_id": TEAM,
            "team_domain": "example",
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": self.slack_id,
            "user_name": self.slack_id.lower(),
            "command": "/incident",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.slack.response_url(),
            "trigger_id": self.slack.trigger(),
        }
        return self.door.send("/slack/commands", fields)

    def presses(self, label: str, *, about: str, channels: list[Channel]) -> "Pressed":
        """Press what is labelled so in the newest message that says `about`."""
        found = next(_labelled(label, about, channels), None)
        assert found is not None, f"no message about “{about}” has “{label}”:\n{_overview(about, channels)}"
        return self._sends(*found)

    def ticks(self, *, about: str, channels: list[Channel]) -> "Pressed":
        """Tick every box of a message, one after the other."""
        channel, message, element = next(
            (channel, message, element)
            for channel, message in _about(about, channels)
            for _, element in elements_of(message.get("blocks") or [])
            if element["type"] == "checkboxes"
        )
        last = None
        for count in range(1, len(element["options"]) + 1):
            newest = channel.messages[message["ts"]]
            drawn = next(each for _, each in elements_of(newest["blocks"]) if each.get("action_id") == element["action_id"])
            last = self._sends(channel, newest, drawn, {"selected_options": element["options"][:count]})
        assert last is not None
        return last

    def submits(self, view: dict[str, Any], filled: dict[str, Any]) -> dict[str, Any]:
        """Fill in a form by the labels of its fields, and send it."""
        state, left = {}, dict(filled)
        for block in view["blocks"]:
            if block["type"] == "input":
                given = left.pop(block["label"]["text"], None)
                state[block["block_id"]] = {block["element"]["action_id"]: entered(block["element"], given)}
        assert not left, f"the form “{view['title']['text']}” has no field {sorted(left)}"
        known = {name: view[name] for name in view if name != "depth"}
        return self._interacts("view_submission", view={**known, "state": {"values": state}})

    def chooses(self, shortcut: str, *, channel: Channel, ts: str) -> None:
        """Choose what can be done with a message, by the name in its menu."""
        callback = next(each["callback_id"] for each in SHORTCUTS if each["name"] == shortcut and each["type"] == "message")
        self._interacts(
            "message_action",
            callback_id=callback,
            action_ts=self.slack.new_ts(),
            message_ts=ts,
            message=channel.messages[ts],
            channel={"id": channel.id, "name": channel.name},
            response_url=self.slack.response_url(),
        )

    def opens_home(self) -> None:
        """Open the app's own page."""
        self._event("app_home_opened", channel=f"D{self.slack_id}", tab="home")

    def reacts(self, emoji: str, *, channel: Channel, ts: str) -> None:
        """Put an emoji under a message."""
        item = {"type": "message", "channel": channel.id, "ts": ts}
        self._event("reaction_added", reaction=emoji, item=item, item_user=channel.messages[ts]["user"])

    def _sends(self, channel: Channel, message: dict[str, Any], element: dict[str, Any], more: dict[str, Any]) -> "Pressed":
        action = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": _block_of(message, element),
            "action_ts": self.slack.new_ts(),
            **({"value": element["value"], "text": element["text"]} if element["type"] == "button" else {}),
            **more,
        }
        views, whispers = len(self.slack.views), len(self.slack.whispers)
        self._interacts(
            "block_actions",
            actions=[action],
            container={"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": False},
            channel={"id": channel.id, "name": channel.name},
            message=message,
            response_url=self.slack.response_url(),
            state={"values": {}},
        )
        opened = self.slack.views[views] if len(self.slack.views) > views else None
        return Pressed(element, opened, [whisper["text"] for whisper in self.slack.whispers[whispers:]])

    def _event(self, kind: str, **more: Any) -> None:
        ts = self.slack.new_ts()
        event = {
            "type": "event_callback",
            "token": "deprecated",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": {"type": kind, "user": self.slack_id, "event_ts": ts, **more},
            "event_id": self.slack.new_id("Ev"),
            "event_time": int(self.door.now.timestamp()),
            "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }
        self.door.send("/slack/events", event, kind="application/json")

    def _interacts(self, kind: str, **more: Any) -> dict[str, Any]:
        payload = {
            "type": kind,
            "user": {"id": self.slack_id, "username": self.slack_id.lower(), "name": self.slack_id.lower(), "team_id": TEAM},
            "team": {"id": TEAM, "domain": "example"},
            "api_app_id": APP,
            "token": "deprecated",
            "trigger_id": self.slack.trigger(),
            **more,
        }
        return self.door.send("/slack/interactive", {"payload": json.dumps(payload)})


@dataclass(frozen=True)
class Pressed:
    """What a press did at once: the form that opened, what was whispered."""

    element: dict[str, Any]
    form: dict[str, Any] | None
    whispered: list[str]

    @property
    def question(self) -> str | None:
        """What Slack asks before it sends the press."""
        confirm = self.element.get("confirm")
        return None if confirm is None else f"{confirm['title']['text']} {confirm['text']['text']}"


def elements_of(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give what can be pressed, with its block."""
    for block in blocks:
        found = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        yield from ((block, element) for element in found if "action_id" in element)


def entered(element: dict[str, Any], value: Any) -> dict[str, Any]:
    """What Slack says of a field into which somebody put `value`, by the words that are shown; None leaves it as it was."""
    kind = element["type"]
    match kind:
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option") if value is None else _option(element, value)}
        case "checkboxes" | "multi_static_select":
            chosen = element.get("initial_options", []) if value is None else [_option(element, each) for each in value]
            return {"type": kind, "selected_options": chosen}
        case "users_select":
            return {"type": kind, "selected_user": value or element.get("initial_user")}
        case "multi_users_select":
            return {"type": kind, "selected_users": value or element.get("initial_users", [])}
        case "datepicker":
            return {"type": kind, "selected_date": value or element.get("initial_date")}
        case "datetimepicker":
            return {"type": kind, "selected_date_time": value or element.get("initial_date_time")}
        case "plain_text_input" | "url_text_input" | "email_text_input" | "number_input":
            return {"type": kind, "value": value if value is not None else element.get("initial_value")}
    raise AssertionError(f"nobody knows how to fill in {kind}")


def _option(element: dict[str, Any], label: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((each for each in element["options"] if each["text"]["text"] == label), None)
    assert found is not None, f"there is no choice “{label}” among {[each['text']['text'] for each in element['options']]}"
    return found


def _labelled(label: str, about: str, channels: list[Channel]) -> Iterator[tuple[Channel, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for channel, message in _about(about, channels):
        for _, element in elements_of(message.get("blocks") or []):
            if element["type"] == "button" and element["text"]["text"] == label:
                yield channel, message, element, {}
            for option in element["options"] if element["type"] == "overflow" else []:
                if option["text"]["text"] == label:
                    yield channel, message, element, {"selected_option": option}


def _about(about: str, channels: list[Channel]) -> Iterator[tuple[Channel, dict[str, Any]]]:
    """Messages that say this, newest first, in the order of the channels."""
    for channel in channels:
        for message in reversed(list(channel.messages.values())):
            if about in message["text"] or about in json.dumps(message.get("blocks"), ensure_ascii=False):
                yield channel, message


def _block_of(message: dict[str, Any], element: dict[str, Any]) -> str:
    place, block = next((at, block) for at, block in enumerate(message["blocks"]) if element in _inside(block))
    return str(block.get("block_id", f"b{place}"))


def _inside(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for _, element in elements_of([block])]


def _overview(about: str, channels: list[Channel]) -> str:
    lines = []
    for channel, message in _about(about, channels):
        labels = [element.get("text", {}).get("text", element["type"]) for _, element in elements_of(message.get("blocks") or [])]
        lines.append(f"  {channel.name}: {message['text'][:80]}: {labels}")
    return "\n".join(lines) or f"  nothing in {[channel.name for channel in channels]}"
