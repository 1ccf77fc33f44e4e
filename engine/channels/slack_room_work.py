"""Deliveries that make a room: opened, joined, bookmarked, closed; and where words about a step belong.

    room -> open it, people in and out      invite -> people into a room of another incident
    bookmarks -> above the conversation     close -> the last words, then archived

A room of a rehearsal is a channel that exists already: nothing is made of it and nobody is moved.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from msgspec.structs import replace as changed
from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.channel import Failed, Outgoing
from engine.channels.slack_bookmarks import bookmark
from engine.channels.slack_calls import Answer, Trouble
from engine.channels.slack_messages import Post, stand
from engine.channels.slack_rooms import Room, close_room, invite_more, open_room

ROOM_KINDS: Final = frozenset({"room", "invite", "bookmarks", "close"})

_WAIT: Final = 2.0
"""Seconds until words are tried again whose room is about to open."""


class Rooms(Protocol):
    """Knows where an incident is worked: what the receipts of its deliveries say."""

    async def channel_of(self, incident_key: str) -> str | None:
        """Give the id of the incident's channel, or None while the room is not open."""
        ...

    async def message_of(self, incident_key: str, step: str) -> Mapping[str, Any] | None:
        """Give the receipt of a step's message: empty while it is on its way, None when none will come."""
        ...


Lookup = Callable[[str], Awaitable[str | Trouble | Failed]]
"""Finds somebody's Slack id."""


@dataclass(frozen=True, slots=True)
class RoomWork:
    """Does the work; `address` is the server's, for links."""

    client: AsyncWebClient
    rooms: Rooms
    user: Lookup
    address: str | None = None

    async def send(self, outgoing: Outgoing) -> Answer | Trouble | Failed:
        kind, body = outgoing.delivery.kind, outgoing.delivery.body
        if kind == "room":
            return await self._open(outgoing)
        if kind == "close":
            return await self._close(outgoing)
        channel = await self.channel(outgoing)
        if isinstance(channel, Failed):
            return channel
        if kind == "bookmarks":
            return await bookmark(self.client, channel, body["links"], outgoing.receipt, address=self.address)
        people = await self._ids(body["people"])
        return people if isinstance(people, Trouble) else await invite_more(self.client, channel, people, outgoing.receipt)

    async def channel(self, outgoing: Outgoing) -> str | Failed:
        """Give the channel of the room that a delivery is for."""
        channel = await self.rooms.channel_of(outgoing.delivery.body.get("room") or outgoing.key)
        return channel or Failed(f"the room of {outgoing.key} is not open yet", retry=True, retry_after=_WAIT)

    async def thread(self, outgoing: Outgoing, channel: str) -> str | Failed | None:
        """Give the message under which words about a step belong; None where they stand by themselves."""
        step = outgoing.delivery.body.get("thread")
        receipt = await self.rooms.message_of(outgoing.key, step) if step else None
        if receipt is None:
            return None
        if not receipt.get("ts"):
            return Failed(f"the message of {step!r} is not there yet", retry=True, retry_after=_WAIT, tried=False)
        return str(receipt["ts"]) if channel.startswith("#") or receipt.get("channel") == channel else None

    async def _open(self, outgoing: Outgoing) -> Answer | Trouble:
        body = outgoing.delivery.body
        people, leave = await self._ids(body.get("people", ())), await self._ids(body.get("leave", ()))
        if isinstance(people, Trouble):
            return people
        if isinstance(leave, Trouble):
            return leave
        room = Room(
            incident=outgoing.incident,
            name=outgoing.delivery.target.partition(":")[2],
            topic=str(body.get("topic") or outgoing.delivery.text),
            people=people,
            leave=leave,
            private=bool(body.get("private")),
            doubted=outgoing.attempt > 1 or outgoing.doubted_since is not None,
        )
        return await open_room(self.client, room, outgoing.receipt)

    async def _close(self, outgoing: Outgoing) -> Answer | Trouble:
        receipt, said = outgoing.receipt, None
        if receipt.get("channel") and not receipt.get("archived") and not receipt.get("said"):
            words = Outgoing(
                changed(outgoing.delivery, kind="say", replaces=False),
                incident=outgoing.incident,
                key=outgoing.key,
                attempt=outgoing.attempt,
                doubted_since=outgoing.doubted_since,
                doubts=outgoing.doubts,
            )
            said = await stand(self.client, Post(receipt["channel"], words))
        return await close_room(self.client, receipt, said)

    async def _ids(self, people: list[str]) -> tuple[str, ...] | Trouble:
        """Find who can be found; those who can't are left out."""
        found: list[str] = []
        for name in people:
            user = await self.user(name)
            if isinstance(user, Trouble) and user.is_passing:
                return user
            found += [user] if isinstance(user, str) else []
        return tuple(dict.fromkeys(found))
