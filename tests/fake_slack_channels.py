"""The fake's `conversations.*` and `bookmarks.*`."""

from typing import Any, Final

from tests.fake_slack_state import BOT, Channel, Refused, Workspace, check_name, page, yes

LONGEST_TOPIC: Final = 250
MOST_BOOKMARKS: Final = 100
MOST_INVITED: Final = 100
Arguments = dict[str, Any]


def create(slack: Workspace, arguments: Arguments) -> Arguments:
    check_name(slack, arguments["name"])
    return {"channel": shown(slack.channel(arguments["name"], private=yes(arguments.get("is_private"))))}


def invite(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.inside(arguments["channel"])
    wanted = arguments["users"] if isinstance(arguments["users"], list) else arguments["users"].split(",")
    if len(wanted) > MOST_INVITED:
        raise Refused("user_not_found")
    known = [user for user in wanted if user in slack.users and not slack.users[user].deleted]
    new = [user for user in known if user not in channel.members]
    if len(known) < len(wanted) and not (yes(arguments.get("force")) and known):
        raise Refused("user_not_found")
    if not new:
        raise Refused("cant_invite_self" if known == [BOT] else "already_in_channel")
    channel.members.update(new)
    return {"channel": shown(channel)}


def kick(slack: Workspace, arguments: Arguments) -> Arguments:
    channel, user = slack.found(arguments["channel"]), arguments.get("user")
    if BOT not in channel.members:
        raise Refused("not_in_channel")
    if user == BOT:
        raise Refused("cant_kick_self")
    if user not in slack.users:
        raise Refused("user_not_found")
    if user not in channel.members:
        raise Refused("not_in_channel")
    channel.members.remove(user)
    return {"errors": {}}


def join(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    if channel.private or channel.id.startswith("D"):
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    channel.members.add(BOT)
    return {"channel": shown(channel)}


def open_direct(slack: Workspace, arguments: Arguments) -> Arguments:
    if arguments.get("channel"):
        return {"channel": {"id": slack.found(arguments["channel"]).id}}
    users = str(arguments.get("users") or "")
    if not users:
        raise Refused("users_list_not_supplied")
    if "," in users:
        raise Refused("method_not_supported_for_channel_type")
    if users not in slack.users:
        raise Refused("user_not_found")
    if slack.users[users].deleted:
        raise Refused("user_disabled")
    return {"channel": {"id": slack.direct(users).id}}


def archive(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    if channel.archived:
        raise Refused("already_archived")
    if BOT not in channel.members:
        raise Refused("not_in_channel")
    channel.archived = True
    return {}


def unarchive(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    if not channel.archived:
        raise Refused("not_archived")
    channel.archived = False
    return {}


def rename(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.inside(arguments["channel"])
    check_name(slack, arguments["name"])
    channel.name = arguments["name"]
    return {"channel": shown(channel)}


def members(slack: Workspace, arguments: Arguments) -> Arguments:
    some, metadata = page(sorted(slack.found(arguments["channel"]).members), arguments)
    return {"members": some, "response_metadata": metadata}


def info(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    count = {"num_members": len(channel.members)} if yes(arguments.get("include_num_members")) else {}
    return {"channel": shown(channel) | count}


def listed(slack: Workspace, arguments: Arguments) -> Arguments:
    kinds = str(arguments.get("types") or "public_channel").split(",")
    if not set(kinds) <= {"public_channel", "private_channel", "mpim", "im"}:
        raise Refused("invalid_types")
    visible = [channel for channel in slack.channels.values() if _kind(channel) in kinds and _is_seen(channel)]
    if yes(arguments.get("exclude_archived")):
        visible = [channel for channel in visible if not channel.archived]
    some, metadata = page(visible, arguments)
    return {"channels": [shown(each) for each in some], "response_metadata": metadata}


def history(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.found(arguments["channel"])
    if BOT not in channel.members:
        raise Refused("not_in_channel")
    top = [each for each in channel.messages.values() if each.get("thread_ts", each["ts"]) == each["ts"] or each.get("subtype")]
    some, metadata = page(_wanted(top, arguments)[::-1], arguments)
    answer = {"messages": some, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}
    return answer | {"channel_actions_ts": None, "channel_actions_count": 0}


def replies(slack: Workspace, arguments: Arguments) -> Arguments:
    channel, parent = slack.found(arguments["channel"]), arguments["ts"]
    if parent not in channel.messages:
        raise Refused("thread_not_found")
    thread = [each for ts, each in channel.messages.items() if ts == parent or each.get("thread_ts") == parent]
    some, metadata = page(_wanted(thread, arguments), arguments)
    return {"messages": some, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}


def set_purpose(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.inside(arguments["channel"])
    channel.purpose = _short(arguments["purpose"])
    return {"channel": shown(channel)}


def set_topic(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = slack.inside(arguments["channel"])
    channel.topic = _short(arguments["topic"])
    return {"channel": shown(channel)}


def add_bookmark(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = _bookmarked(slack, arguments)
    if arguments["type"] != "link":
        raise Refused("invalid_bookmark_type")
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise Refused("too_many_bookmarks")
    _check_bookmark(arguments)
    made = {name: arguments.get(name) for name in ("title", "link", "emoji", "type", "channel_id")} | {"id": slack.new_id("Bk")}
    channel.bookmarks[made["id"]] = made
    return {"bookmark": made}


def edit_bookmark(slack: Workspace, arguments: Arguments) -> Arguments:
    channel = _bookmarked(slack, arguments)
    if arguments.get("bookmark_id") not in channel.bookmarks:
        raise Refused("not_found")
    _check_bookmark(arguments)
    found = channel.bookmarks[arguments["bookmark_id"]]
    found |= {name: arguments[name] for name in ("title", "link", "emoji") if name in arguments}
    return {"bookmark": found}


def list_bookmarks(slack: Workspace, arguments: Arguments) -> Arguments:
    return {"bookmarks": list(_bookmarked(slack, arguments).bookmarks.values())}


def remove_bookmark(slack: Workspace, arguments: Arguments) -> Arguments:
    if _bookmarked(slack, arguments).bookmarks.pop(arguments.get("bookmark_id"), None) is None:
        raise Refused("not_found")
    return {}


def _bookmarked(slack: Workspace, arguments: Arguments) -> Channel:
    channel = slack.found(str(arguments.get("channel_id")))
    if BOT not in channel.members:
        raise Refused("access_denied")
    return channel


def _check_bookmark(arguments: Arguments) -> None:
    if len(arguments.get("title", "")) > 256 or len(arguments.get("link", "")) > 2_048:
        raise Refused("invalid_arguments")
    if "link" in arguments and not str(arguments["link"]).startswith(("http://", "https://")):
        raise Refused("invalid_link")
    emoji = arguments.get("emoji")
    if emoji and not (emoji.startswith(":") and emoji.endswith(":")):
        raise Refused("invalid_emoji")


def _wanted(messages: list[Arguments], arguments: Arguments) -> list[Arguments]:
    oldest, latest = _edge(arguments, "oldest", 0.0), _edge(arguments, "latest", float("inf"))
    within = yes(arguments.get("inclusive"))
    found = [each for each in messages if oldest < float(each["ts"]) < latest or (within and float(each["ts"]) in (oldest, latest))]
    if yes(arguments.get("include_all_metadata")):
        return found
    return [{name: part for name, part in each.items() if name != "metadata"} for each in found]


def _edge(arguments: Arguments, name: str, usual: float) -> float:
    try:
        return float(arguments.get(name) or usual)
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def _short(text: str) -> str:
    if len(text) > LONGEST_TOPIC:
        raise Refused("too_long")
    return text


def _kind(channel: Channel) -> str:
    return "im" if channel.id.startswith("D") else "private_channel" if channel.private else "public_channel"


def _is_seen(channel: Channel) -> bool:
    return BOT in channel.members or _kind(channel) == "public_channel"


def shown(channel: Channel) -> Arguments:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": BOT in channel.members,
        "creator": channel.creator,
        "topic": {"value": channel.topic},
        "purpose": {"value": channel.purpose},
    }
