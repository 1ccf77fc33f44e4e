"""Makes the room of an incident what it should be: a channel made once, found again after a crash, with its people in it.

Rules:
- The name is the natural key: when it is taken, the channel's purpose says whether it is this incident's own
  (`firebreak:<incident id>`), made by an attempt whose answer was lost; otherwise `-2`, `-3` … is added.
- Everybody is invited once, so that whoever leaves is left alone. Who can't be invited is noted in the receipt and
  stops nobody else.
- In a private room stays nobody who takes no part, however they came in. Who can't be removed is noted too.
- The topic is what the core wrote: key and playbook title, because topics show in notifications.
- What was reached before a trouble goes with it (`Trouble.done`), so that it is not done again.
- A room that was archived is opened again; where Slack refuses that, the incident gets a new one.
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
_PAGES: Final = 20
"""Pages that are read: no more than a minute allows of `conversations.list` (tier 2), because a page that waits begins anew."""
_PAGE: Final = 999
"""Channels or members on a page; Slack gives fewer than a thousand (docs.slack.dev/reference/methods/conversations.list)."""
_INVITED_AT_ONCE: Final = 100
_FORBIDDEN: Final = re.compile(r"[^\w-]+")

_THERE_ALREADY: Final = frozenset({"already_in_channel", "cant_invite_self"})
_AWAY_ALREADY: Final = frozenset({"not_in_channel", "user_not_found", "cant_kick_self"})
_CLOSED_TO_US: Final = frozenset({"is_archived", "not_in_channel", "channel_not_found"})


@dataclass(frozen=True, slots=True)
class Room:
    """What an incident's channel should be; `people` and `leave` are Slack user ids, `doubted` after an earlier attempt."""

    incident: str
    name: str
    topic: str
    people: tuple[str, ...]
    leave: tuple[str, ...] = ()
    private: bool = False
    doubted: bool = False

    @property
    def mark(self) -> str:
        return f"(firebreak:{self.incident})"

    @property
    def purpose(self) -> str:
        return cut_plain(f"Room of one incident, kept by Firebreak: {self.topic}", LONGEST_TOPIC - len(self.mark) - 1) + f" {self.mark}"


def channel_name(wanted: str, suffix: int = 1) -> str:
    """Turn a destination such as `slack:#inc-INC-7` into a name that Slack takes: `inc-inc-7`, with a suffix from 2 on."""
    bare = wanted.rpartition(":")[2].lstrip("#").casefold()
    tail = f"-{suffix}" if suffix > 1 else ""
    return (_FORBIDDEN.sub("-", bare).strip("-")[: LONGEST_NAME - len(tail)] or "incident") + tail


async def open_room(client: AsyncWebClient, room: Room, receipt: Mapping[str, Any]) -> Answer | Trouble:
    """Make sure that the room exists, is open, says what it is, and holds its people; gives the receipt."""
    known = {name: part for name, part in receipt.items() if name not in ("archived", "said")}
    if receipt.get("archived") or not receipt.get("channel"):
        known = {}
        opened = await _woken(client, receipt) if receipt.get("channel") else None
        channel = await _made(client, room) if opened is None else opened
        if isinstance(channel, Trouble):
            return channel
        known = _known(channel)
    if known.pop("unclaimed", False):
        claimed = await _claimed(client, room, {**known, "id": known["channel"]})
        if isinstance(claimed, Trouble):
            return claimed
    settled = await _settled(client, room, known)
    if not isinstance(settled, Trouble) or settled.code not in _CLOSED_TO_US or not receipt.get("channel") or receipt.get("archived"):
        return settled
    return await open_room(client, room, {**receipt, "archived": True})  # somebody else archived it, or sent us away


async def close_room(client: AsyncWebClient, receipt: Mapping[str, Any], said: Answer | Trouble | None) -> Answer | Trouble:
    """Archive the room, after its last words (`said`: what became of them); one that was never opened stays unopened."""
    if not receipt.get("channel") or receipt.get("archived"):
        return {**receipt, "archived": True}
    if isinstance(said, Trouble) and said.is_passing:
        return said.after(receipt)
    known = {**receipt, "said": True}
    answer = await ask(client.conversations_archive(channel=receipt["channel"]))
    if isinstance(answer, Trouble) and answer.kind != "done":
        return answer.after(known) if answer.is_passing else {**known, "not_archived": answer.code}
    return {**known, "archived": True}


async def invite_more(client: AsyncWebClient, channel: str, people: tuple[str, ...], receipt: Mapping[str, Any]) -> Answer | Trouble:
    """Invite people into a room that is another incident's; gives the receipt."""
    known = dict(receipt) if receipt.get("channel") == channel else {"channel": channel}
    return await _joined(client, known, people)


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


async def _woken(client: AsyncWebClient, receipt: Mapping[str, Any]) -> Answer | Trouble | None:
    """Open an archived room again; None where Slack does not let us."""
    channel = receipt["channel"]
    answer = await ask(client.conversations_unarchive(channel=channel))
    if isinstance(answer, Trouble) and answer.kind != "done":
        return answer.after(receipt) if answer.is_passing else None
    found = await ask(client.conversations_info(channel=channel))
    if isinstance(found, Trouble):
        return found.after(receipt) if found.is_passing else None
    shown = found["channel"]
    if not shown.get("is_member"):
        joined = await ask(client.conversations_join(channel=channel))
        if isinstance(joined, Trouble):
            return joined.after(receipt) if joined.is_passing else None
    return {"id": channel, "name": shown.get("name", receipt.get("name", "")), "creator": shown.get("creator", "")}


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
    return Trouble("name_taken", method="conversations.create")


async def _ours(client: AsyncWebClient, room: Room, name: str) -> Answer | Trouble | None:
    """Find the taken channel if it is this incident's own, and claim it if its purpose was not set yet."""
    found = await find_channel(client, name)
    if found is None or isinstance(found, Trouble):
        return found
    purpose = (found.get("purpose") or {}).get("value", "")
    if found.get("is_archived") or bool(found.get("is_private")) != room.private:
        return None
    if room.mark in purpose:
        return found
    if not room.doubted or purpose:
        return None
    bot = await ask(client.auth_test())
    if isinstance(bot, Trouble):
        return bot
    return await _claimed(client, room, found) if found.get("creator") == bot.get("user_id") else None


async def _claimed(client: AsyncWebClient, room: Room, channel: Answer) -> Answer | Trouble:
    answer = await ask(client.conversations_setPurpose(channel=channel["id"], purpose=room.purpose))
    return answer.after({**_known(channel), "unclaimed": True}) if isinstance(answer, Trouble) and answer.is_passing else channel


def _known(channel: Answer) -> dict[str, Any]:
    return {"channel": channel["id"], "name": channel["name"], "creator": channel.get("creator", "")}


async def _settled(client: AsyncWebClient, room: Room, known: dict[str, Any]) -> Answer | Trouble:
    """Set the topic, let people in and out; gives the receipt."""
    topic = cut_plain(room.topic, LONGEST_TOPIC)
    if known.get("topic") != topic:
        told = await ask(client.conversations_setTopic(channel=known["channel"], topic=topic))
        if isinstance(told, Trouble) and (told.is_passing or told.code in _CLOSED_TO_US):
            return told.after(known)
        known = {**known, "topic": topic}
    was_empty = "people" not in known and not room.doubted
    joined = await _joined(client, known, room.people)
    if isinstance(joined, Trouble) or (was_empty and room.private):
        return joined
    return await _parted(client, room, dict(joined)) if room.private or room.leave else joined


async def _joined(client: AsyncWebClient, known: dict[str, Any], people: tuple[str, ...]) -> Answer | Trouble:
    """Invite who was not invited yet; gives the receipt, in which stands who can't be."""
    there = [each for each in known.get("people", ()) if each in people]
    missing = await _invite(client, known["channel"], [each for each in people if each not in there])
    if isinstance(missing, Trouble):
        return missing.after(known)
    return {**known, "people": [each for each in people if each not in missing], "not_invited": list(missing)}


async def _invite(client: AsyncWebClient, channel: str, people: Iterable[str]) -> tuple[str, ...] | Trouble:
    """Invite who is missing; gives those who can't be."""
    wanted, refused = list(dict.fromkeys(people)), []
    for start in range(0, len(wanted), _INVITED_AT_ONCE):
        group = wanted[start : start + _INVITED_AT_ONCE]
        answer = await ask(client.conversations_invite(channel=channel, users=group, force=True))
        if not isinstance(answer, Trouble) or answer.code in _THERE_ALREADY:
            continue
        if answer.kind != "adapt":
            return answer
        refused += group
    return tuple(refused)


async def _parted(client: AsyncWebClient, room: Room, known: dict[str, Any]) -> Answer | Trouble:
    """Remove who may not be there: from a private room whoever takes no part, from any other those who are named."""
    members = await _members(client, known["channel"])
    if isinstance(members, Trouble):
        return members.after(known)
    stay, stuck = {known.get("creator"), *room.people}, []
    for user in members:
        if user in stay or not (room.private or user in room.leave):
            continue
        answer = await ask(client.conversations_kick(channel=known["channel"], user=user))
        if isinstance(answer, Trouble) and answer.code not in _AWAY_ALREADY:
            if answer.is_passing or answer.code in _CLOSED_TO_US:
                return answer.after(known)
            stuck.append(user)
    return {**known, "not_removed": stuck} if stuck or "not_removed" in known else known


async def _members(client: AsyncWebClient, channel: str) -> list[str] | Trouble:
    found: list[str] = []
    cursor = None
    for _ in range(_PAGES):
        page = await ask(client.conversations_members(channel=channel, limit=_PAGE, cursor=cursor))
        if isinstance(page, Trouble):
            return page
        found += page.get("members", [])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found
