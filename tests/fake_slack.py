"""A small, strict Slack Web API on this machine: it keeps channels and messages, and refuses what Slack refuses.

    with fake_slack() as slack:                       # tests/fake_slack_server.py
        slack.user("U0ANA", email="ana@example.com")
        slack.fail("chat.postMessage", Fault("429", retry_after=7))

Rules:
- Only the methods and arguments of `fake_slack_methods.py` exist; anything else is an error, as it is there.
- `lost` does what was asked and cuts the connection: the case in which nobody knows. `reset` does nothing.
- `hang` answers nobody until the server stops.
"""

import json
import re
from dataclasses import dataclass, field
from threading import Event, RLock
from typing import Any, Final, Literal

from tests.block_kit import CHARACTERS, faults_of, faults_of_view
from tests.fake_slack_methods import METHODS

BOT: Final = "U0FIREBREAK"
TOKEN: Final = "xoxb-fake-bot-token"
TEAM: Final = "T0TEAM"
EPOCH: Final = 4_000_000_000
"""Message times start here, far in the future, so that every search in the history looks early enough."""


@dataclass
class Fault:
    kind: Literal["429", "500", "hang", "reset", "lost", "truncated", "refused"]
    retry_after: int = 1
    error: str = "invalid_auth"


@dataclass
class Call:
    method: str
    arguments: dict[str, Any]


@dataclass
class Channel:
    id: str
    name: str
    private: bool = False
    creator: str = BOT
    members: set[str] = field(default_factory=lambda: {BOT})
    topic: str = ""
    purpose: str = ""
    archived: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)


class Refused(Exception):
    """The answer is `ok: false` with this code."""


class FakeSlack:
    """What a workspace holds, and every call that was made to it."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, str | None] = {BOT: None}
        self.views: list[dict[str, Any]] = []
        self.whispers: list[dict[str, Any]] = []
        self.refusals: list[tuple[str, str]] = []
        """Every call that was refused for its own sake (not by a fault), with Slack's code."""
        self.let_go = Event()
        self.heard = Event()
        """Set at the first whisper."""
        self._faults: list[tuple[str, Fault]] = []
        self._triggers: dict[str, bool] = {}
        self._lock = RLock()
        self._count = 0

    def user(self, id: str, *, email: str | None = None) -> str:
        self.users[id] = email
        return id

    def channel(self, name: str, **more: Any) -> Channel:
        """Make a channel by hand; the bot is in it unless `members` says otherwise."""
        made = Channel(self._new_id("C"), name, **more)
        self.channels[made.id] = made
        return made

    def named(self, name: str) -> Channel:
        return next(channel for channel in self.channels.values() if channel.name == name)

    def messages(self, name: str) -> list[dict[str, Any]]:
        """What stands in a channel now, oldest first."""
        return list(self.named(name).messages.values())

    def response_url(self) -> str:
        """An address at which one press or command can be answered later."""
        return self.url.replace("/api/", f"/response/{self._new_id('')}")

    def trigger(self) -> str:
        """A trigger id that opens one view."""
        made = f"trigger.{self._new_id('')}"
        self._triggers[made] = True
        return made

    def fail(self, method: str, *faults: Fault) -> None:
        """Answer the next calls of a method (`*`: of any) with these faults, in order."""
        self._faults += [(method, fault) for fault in faults]

    def called(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if not methods or call.method in methods]

    def next_fault(self, method: str) -> Fault | None:
        with self._lock:
            for position, (wanted, fault) in enumerate(self._faults):
                if wanted in ("*", method):
                    del self._faults[position]
                    return fault
        return None

    def perform(self, method: str, arguments: dict[str, Any], *, as_json: bool, token: str) -> dict[str, Any]:
        """Do what a call asks, or say Slack's code for why not."""
        with self._lock:
            self.calls.append(Call(method, arguments))
            try:
                self._check_form(method, arguments, as_json=as_json, token=token)
                name = "_" + re.sub("[.A-Z]", lambda found: "_" + found[0].strip(".").lower(), method)
                return {"ok": True, **getattr(self, name)(arguments)}
            except Refused as refusal:
                self.refusals.append((method, str(refusal)))
                return {"ok": False, "error": str(refusal)}

    def _check_form(self, method: str, arguments: dict[str, Any], *, as_json: bool, token: str) -> None:
        if token != TOKEN:
            raise Refused("invalid_auth")
        known = METHODS.get(method)
        if known is None:
            raise Refused("unknown_method")
        if as_json and not known.json:
            raise Refused("invalid_post_type")
        if not set(arguments) <= known.takes:
            raise Refused("invalid_arg_name")
        if not known.needs <= set(arguments):
            raise Refused("missing_argument")

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"user_id": BOT, "team_id": TEAM, "bot_id": "B0FIREBREAK"}

    def _conversations_create(self, arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments["name"]
        if len(name) > 80:
            raise Refused("invalid_name_maxlength")
        if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
            raise Refused("invalid_name_specials")
        if any(channel.name == name for channel in self.channels.values()):
            raise Refused("name_taken")
        return {"channel": _shown(self.channel(name, private=_yes(arguments.get("is_private"))))}

    def _conversations_invite(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._inside(arguments["channel"])
        wanted = arguments["users"].split(",")
        known = [user for user in wanted if user in self.users]
        new = [user for user in known if user not in channel.members]
        if len(known) < len(wanted) and not (_yes(arguments.get("force")) and known):
            raise Refused("user_not_found")
        if not new:
            raise Refused("cant_invite_self" if known == [BOT] else "already_in_channel")
        channel.members.update(new)
        return {"channel": _shown(channel)}

    def _conversations_join(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._found(arguments["channel"])
        if channel.private:
            raise Refused("method_not_supported_for_channel_type")
        channel.members.add(BOT)
        return {"channel": _shown(channel)}

    def _conversations_list(self, arguments: dict[str, Any]) -> dict[str, Any]:
        visible = [
            channel for channel in self.channels.values() if channel.id[0] == "C" and (BOT in channel.members or not channel.private)
        ]
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
        more = str(start + limit) if start + limit < len(visible) else ""
        return {"channels": [_shown(each) for each in visible[start : start + limit]], "response_metadata": {"next_cursor": more}}

    def _conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._inside(arguments["channel"])
        oldest = float(arguments.get("oldest") or 0)
        found = [message for ts, message in channel.messages.items() if float(ts) >= oldest]
        if not _yes(arguments.get("include_all_metadata")):
            found = [{name: part for name, part in message.items() if name != "metadata"} for message in found]
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
        more = str(start + limit) if start + limit < len(found) else ""
        return {"messages": found[::-1][start : start + limit], "response_metadata": {"next_cursor": more}}

    def _conversations_set_purpose(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._inside(arguments["channel"])
        if len(arguments["purpose"]) > 250:
            raise Refused("too_long")
        channel.purpose = arguments["purpose"]
        return {"channel": _shown(channel)}

    def _conversations_set_topic(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._inside(arguments["channel"])
        if len(arguments["topic"]) > 250:
            raise Refused("too_long")
        channel.topic = arguments["topic"]
        return {"channel": _shown(channel)}

    def _chat_post_message(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._written_to(arguments["channel"])
        message = _message(arguments)
        ts = f"{EPOCH + len(self.calls)}.{self._number():06d}"
        channel.messages[ts] = {"type": "message", "user": BOT, "ts": ts, **message}
        return {"channel": channel.id, "ts": ts, "message": channel.messages[ts]}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._found(arguments["channel"])
        before = channel.messages.get(arguments["ts"])
        if before is None:
            raise Refused("message_not_found")
        if before["user"] != BOT:
            raise Refused("cant_update_message")
        channel.messages[arguments["ts"]] = {**before, **_message(arguments), "edited": {"user": BOT}}
        return {"channel": channel.id, "ts": arguments["ts"], "text": arguments.get("text", "")}

    def _chat_get_permalink(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._found(arguments["channel"])
        if arguments["message_ts"] not in channel.messages:
            raise Refused("message_not_found")
        return {"permalink": f"https://fake.slack.test/archives/{channel.id}/p{arguments['message_ts'].replace('.', '')}"}

    def _pins_add(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = self._found(arguments["channel"])
        if arguments["timestamp"] not in channel.messages:
            raise Refused("message_not_found")
        if arguments["timestamp"] in channel.pins:
            raise Refused("already_pinned")
        channel.pins.append(arguments["timestamp"])
        return {}

    def _users_lookup_by_email(self, arguments: dict[str, Any]) -> dict[str, Any]:
        found = next((user for user, email in self.users.items() if email == arguments["email"]), None)
        if found is None:
            raise Refused("users_not_found")
        return {"user": {"id": found}}

    def _views_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        fresh = self._triggers.get(arguments["trigger_id"])
        if fresh is None:
            raise Refused("invalid_trigger_id")
        if not fresh:
            raise Refused("exchanged_trigger_id")
        if faults_of_view(arguments["view"]):
            raise Refused("invalid_arguments")  # not in the reference, but what Slack answers
        self._triggers[arguments["trigger_id"]] = False
        view = {"id": self._new_id("V"), "hash": f"{EPOCH}.hash", "team_id": TEAM, **arguments["view"]}
        self.views.append(view)
        return {"view": view}

    def _written_to(self, name: str) -> Channel:
        """The channel of an id, a `#name`, or a person (a direct message, opened when needed)."""
        if name in self.users:
            direct = f"D{name}"
            return self.channels.setdefault(direct, Channel(direct, f"@{name}"))
        if name.startswith("#"):
            found = next((channel for channel in self.channels.values() if channel.name == name[1:]), None)
            if found is None:
                raise Refused("channel_not_found")
            name = found.id
        return self._inside(name)

    def _inside(self, id: str) -> Channel:
        channel = self._found(id)
        if BOT not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def _found(self, id: str) -> Channel:
        if id not in self.channels:
            raise Refused("channel_not_found")
        return self.channels[id]

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _new_id(self, kind: str) -> str:
        return f"{kind}0{self._number():06d}"


def _yes(value: object) -> bool:
    """Read a truth value as JSON or as a form field gives it."""
    return value in (True, "1", "true")


def _shown(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.private,
        "creator": channel.creator,
        "topic": {"value": channel.topic},
        "purpose": {"value": channel.purpose},
    }


def _message(arguments: dict[str, Any]) -> dict[str, Any]:
    blocks, metadata = arguments.get("blocks") or [], arguments.get("metadata")
    if not arguments.get("text") and not blocks:
        raise Refused("no_text")
    if len(json.dumps(blocks, ensure_ascii=False)) > CHARACTERS:
        raise Refused("msg_blocks_too_long")
    if faults_of(blocks):
        raise Refused("invalid_blocks")
    if metadata is not None and not (isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)):
        raise Refused("invalid_metadata_format")
    kept = {"text": arguments.get("text", "")[:40_000], "blocks": blocks}
    return kept | ({"metadata": metadata} if metadata else {})
