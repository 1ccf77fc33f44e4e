"""Opens the room of an incident: a channel made once, found again after a crash, with its people in it.

Rules:
- The name is the natural key: when it is taken, the channel's purpose says whether it is this incident's own
  (`firebreak:<incident id>`), made by an attempt whose answer was lost; otherwise `-2`, `-3` … is added.
- A person who can't be invited is noted in the receipt and stops nobody else.
- The topic is what the core wrote: key and playbook title, because topics show in notifications.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.slack_calls import Answer, Trouble, ask
from engine.channels.slack_text import cut_plain

LONGEST_NAME: Final = 80
LONGEST_TOPIC: Final = 250

_SUFFIXES: Final = 20
_PAGES: Final = 100
_PAGE: Final = 200
_INVITED_AT_ONCE: Final = 100
_FORBIDDEN: Final = re.compile(r"[^\w-]+")

_NOT_THEIRS: Final = frozenset(
    {
        "user_not_found",
        "cant_invite",
        "no_user",
        "org_user_not_in_team",
        "user_is_restricted",
        "ura_max_channels",
        "invitee_cant_see_channel",
    }
)
_THERE_ALREADY: Final = frozenset({"already_in_channel", "cant_invite_self"})


@dataclass(frozen=True, slots=True)
class Room:
    """What an incident's channel should be; `people` are Slack user ids, `doubted` after an earlier attempt."""

    incident: str
    name: str
    topic: str
    people: tuple[str, ...]
    private: bool = False
    doubted: bool = False

    @property
    def purpose(self) -> str:
        return f"Room of one incident, kept by Firebreak (firebreak:{self.incident})"


def channel_name(wanted: str, suffix: int = 1) -> str:
    """Turn a destination such as `slack:#inc-INC-7` into a name that Slack takes: `inc-inc-7`, with a suffix from 2 on."""
    bare = wanted.rpartition(":")[2].lstrip("#").casefold()
    tail = f"-{suffix}" if suffix > 1 else ""
    return (_FORBIDDEN.sub("-", bare).strip("-")[: LONGEST_NAME - len(tail)] or "incident") + tail


async def open_room(client: AsyncWebClient, room: Room, receipt: Mapping[str, Any]) -> Answer | Trouble:
    """Make sure that the room exists, says what it is, and holds its people; gives the receipt."""
    channel = {"id": receipt["channel"], "name": receipt.get("name", "")} if receipt.get("channel") else await _made(client, room)
    if isinstance(channel, Trouble):
        return channel
    topic = cut_plain(room.topic, LONGEST_TOPIC)
    if receipt.get("topic") != topic:
        told = await ask(client.conversations_setTopic(channel=channel["id"], topic=topic))
        if isinstance(told, Trouble) and told.failed().retry:
            return told
    missing = await _invite(client, channel["id"], room.people)
    if isinstance(missing, Trouble):
        return missing
    return {"channel": channel["id"], "name": channel["name"], "topic": topic, "not_invited": list(missing)}


async def find_channel(client: AsyncWebClient, name: str) -> Answer | Trouble | None:
    """Find a channel by its name, among those that we can see."""
    cursor = None
    for _ in range(_PAGES):
        page = await ask(client.conversations_list(types="public_channel,private_channel", limit=_PAGE, cursor=cursor))
        if isinstance(page, Trouble):
            return page
        for channel in page.get("channels", []):
            if channel.get("name") == name:
                return dict(channel)
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    return None


async def _made(client: AsyncWebClient, room: Room) -> Answer | Trouble:
    """Create the channel under the first free name, or find the one that an earlier attempt made."""
    for suffix in range(1, _SUFFIXES):
        name = channel_name(room.name, suffix)
        answer = await ask(client.conversations_create(name=name, is_private=room.private))
        if not isinstance(answer, Trouble):
            return await _claimed(client, room, answer["channel"])
        if answer.code != "name_taken":
            return answer
        found = await _ours(client, room, name)
        if found is not None:
            return found
    return Trouble("name_taken")


async def _ours(client: AsyncWebClient, room: Room, name: str) -> Answer | Trouble | None:
    """Find the taken channel if it is this incident's own, and claim it if its purpose was not set yet."""
    found = await find_channel(client, name)
    if found is None or isinstance(found, Trouble):
        return found
    purpose = (found.get("purpose") or {}).get("value", "")
    if f"firebreak:{room.incident}" in purpose:
        return found
    if not room.doubted or purpose:
        return None
    bot = await ask(client.auth_test())
    if isinstance(bot, Trouble):
        return bot
    return await _claimed(client, room, found) if found.get("creator") == bot.get("user_id") else None


async def _claimed(client: AsyncWebClient, room: Room, channel: Answer) -> Answer | Trouble:
    answer = await ask(client.conversations_setPurpose(channel=channel["id"], purpose=room.purpose))
    return answer if isinstance(answer, Trouble) and answer.failed().retry else channel


async def _invite(client: AsyncWebClient, channel: str, people: Iterable[str]) -> tuple[str, ...] | Trouble:
    """Invite who is missing; gives those who can't be."""
    wanted, refused = list(dict.fromkeys(people)), []
    for start in range(0, len(wanted), _INVITED_AT_ONCE):
        group = wanted[start : start + _INVITED_AT_ONCE]
        answer = await ask(client.conversations_invite(channel=channel, users=group, force=True))
        if not isinstance(answer, Trouble) or answer.code in _THERE_ALREADY:
            continue
        if answer.code not in _NOT_THEIRS:
            return answer
        refused += group
    return tuple(refused)
