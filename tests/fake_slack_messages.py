"""The fake's `chat.*`, `pins.*` and `reactions.*`."""

import json
from typing import Any, Final

from tests.block_kit import CHARACTERS, faults_of
from tests.fake_slack_state import BOT, Channel, Refused, Workspace, yes

LONGEST_TEXT: Final = 40_000
MOST_PINS: Final = 100
MOST_METADATA: Final = 16_000
Arguments = dict[str, Any]


def post(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.written_to(arguments["channel"])
    message = _message(arguments, too_long="msg_blocks_too_long")
    thread = _thread(channel, arguments)
    ts = slack.new_ts()
    channel.messages[ts] = {"type": "message", "user": BOT, "ts": ts, **message, **thread}
    return {"channel": channel.id, "ts": ts, "message": channel.messages[ts]}


def update(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    before = _message_of(channel, arguments["ts"])
    if before["user"] != BOT:
        raise Refused("cant_update_message")
    if channel.archived:
        raise Refused("is_inactive")
    channel.messages[arguments["ts"]] = {**before, **_message(arguments), "edited": {"user": BOT, "ts": slack.new_ts()}}
    message = channel.messages[arguments["ts"]]
    return {"channel": channel.id, "ts": arguments["ts"], "text": message["text"], "message": message}


def delete(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    if _message_of(channel, arguments["ts"])["user"] != BOT:
        raise Refused("cant_delete_message")
    del channel.messages[arguments["ts"]]
    return {"channel": channel.id, "ts": arguments["ts"]}


def post_ephemeral(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.written_to(arguments["channel"])
    if arguments["user"] not in channel.members:
        raise Refused("user_not_in_channel")
    ts = slack.new_ts()
    channel.ephemeral.append({"ts": ts, "user": arguments["user"], **_message(arguments)})
    return {"message_ts": ts}


def permalink(slack: Workspace, arguments: Arguments) -> Arguments:
    channel, ts = slack.found(arguments["channel"]), arguments["message_ts"]
    _message_of(channel, ts)
    return {"channel": channel.id, "permalink": f"https://fake.slack.test/archives/{channel.id}/p{ts.replace('.', '')}"}


def add_pin(slack: Workspace, arguments: Arguments) -> Arguments:
    channel, ts = slack.found(arguments["channel"]), arguments.get("timestamp")
    if ts is None:
        raise Refused("no_item_specified")
    _message_of(channel, ts)
    if BOT not in channel.members:
        raise Refused("not_in_channel")
    if ts in channel.pins:
        raise Refused("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise Refused("too_many_pins")
    channel.pins.append(ts)
    return {}


def remove_pin(slack: Workspace, arguments: Arguments) -> Arguments:
    channel, ts = slack.found(arguments["channel"]), arguments.get("timestamp")
    if ts not in channel.pins:
        raise Refused("no_pin")
    channel.pins.remove(ts)
    return {}


def list_pins(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    return {"items": [{"type": "message", "channel": channel.id, "message": channel.messages[ts]} for ts in channel.pins]}


def react(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.inside(arguments["channel"])
    message = _message_of(channel, arguments["timestamp"])
    found: dict[str, list[str]] = message.setdefault("reacted", {})
    if BOT in found.setdefault(arguments["name"], []):
        raise Refused("already_reacted")
    found[arguments["name"]].append(BOT)
    return {}


def reactions(slack: Workspace, arguments: Arguments) -> Arguments:
    if "channel" not in arguments or "timestamp" not in arguments:
        raise Refused("no_item_specified")
    channel = slack.found(arguments["channel"])
    message = _message_of(channel, arguments["timestamp"])
    found = [{"name": name, "users": users, "count": len(users)} for name, users in message.get("reacted", {}).items()]
    kept = {name: part for name, part in message.items() if name != "reacted"}
    return {"type": "message", "channel": channel.id, "message": kept | ({"reactions": found} if found else {})}


def _thread(channel: Channel, arguments: Arguments) -> Arguments:
    parent = arguments.get("thread_ts")
    if parent is None:
        return {}
    if parent not in channel.messages or channel.messages[parent].get("thread_ts", parent) != parent:
        raise Refused("cannot_reply_to_message")
    channel.messages[parent]["thread_ts"] = parent
    return {"thread_ts": parent} | ({"subtype": "thread_broadcast"} if yes(arguments.get("reply_broadcast")) else {})


def _message_of(channel: Channel, ts: str) -> Arguments:
    if ts not in channel.messages:
        raise Refused("message_not_found")
    return channel.messages[ts]


def _message(arguments: Arguments, *, too_long: str = "msg_too_long") -> Arguments:
    blocks = arguments.get("blocks") or []
    if not arguments.get("text") and not blocks:
        raise Refused("no_text")
    if len(json.dumps(blocks, ensure_ascii=False)) > CHARACTERS:
        raise Refused(too_long)
    faults = faults_of(blocks)
    if faults:
        raise Refused("invalid_blocks", *faults)
    kept = {"text": arguments.get("text", "")[:LONGEST_TEXT], "blocks": blocks}
    return kept | _metadata(arguments.get("metadata"))


def _metadata(metadata: Any) -> Arguments:
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise Refused("metadata_too_large")
    return {"metadata": metadata}
