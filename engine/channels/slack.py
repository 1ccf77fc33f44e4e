"""Sends to Slack: rooms, the pinned card, task messages, words into channels and to people.

    room -> a channel     card, task -> posted once, edited after     everything else -> one message

Rules:
- A receipt is `{"channel", "ts"}` (a room's: `{"channel", "name", ...}`); `publish` adds a `link`.
- People and channels are looked up in the organisation file as it is now: who may be written to is its business.
- When Slack refuses the app's credentials the circuit opens (`trouble`), deliveries wait, and the next one
  that arrives closes it.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.blocks import card_blocks
from engine.channels.blocks_task import task_blocks
from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.slack_calls import CREDENTIALS_DEAD, TIMEOUT, Answer, Trouble, ask, web_client
from engine.channels.slack_messages import Post, stand
from engine.channels.slack_rooms import Room, open_room
from engine.channels.slack_text import cut, section
from engine.language.organisation import Organisation, Person

SLACK_API: Final = "https://slack.com/api/"

_ROOM_WAIT: Final = 2.0


class Rooms(Protocol):
    """Knows which channel is an incident's room: what the receipt of its delivery of kind `room` says."""

    async def channel_of(self, incident_key: str) -> str | None:
        """Give the channel's id, or None while the room is not open."""
        ...


class SlackChannel:
    """Sends to `war_room:…`, `slack:…`, `person:…` and the organisation's channels of kind slack."""

    def __init__(
        self, token: str, organisation: Callable[[], Organisation], rooms: Rooms, *, base_url: str = SLACK_API, timeout: float = TIMEOUT
    ) -> None:
        self._token = token
        self._organisation = organisation
        self._rooms = rooms
        self._base_url = base_url
        self._timeout = timeout
        self._opened: AsyncWebClient | None = None
        self._by_email: dict[str, str] = {}
        self.trouble: str | None = None
        """Slack's code while it refuses our credentials, else None: for `/readyz`."""

    async def close(self) -> None:
        """Give back what the calls used."""
        if self._opened is not None and self._opened.session is not None:
            await self._opened.session.close()
            self._opened = None

    async def send(self, outgoing: Outgoing) -> Outcome:
        answer = await self._send(outgoing)
        if isinstance(answer, Failed):
            return answer
        if isinstance(answer, Trouble):
            self.trouble = answer.code if answer.code in CREDENTIALS_DEAD else self.trouble
            return answer.failed()
        self.trouble = None
        return Sent(dict(answer))

    async def _send(self, outgoing: Outgoing) -> Answer | Trouble | Failed:
        kind = outgoing.delivery.kind
        if kind in ("ticket", "http", "child", "parent"):
            return Failed(f"slack does not send deliveries of kind {kind!r}", retry=False)
        if kind == "room" and outgoing.delivery.target.startswith("war_room:"):
            return await open_room(self._client, self._room(outgoing), outgoing.receipt)
        address = await self._address(outgoing)
        if not isinstance(address, str):
            return address
        if kind == "room":
            return {"channel": address}
        return await self._say(address, outgoing)

    async def _say(self, address: str, outgoing: Outgoing) -> Answer | Trouble:
        delivery = outgoing.delivery
        match delivery.kind:
            case "card":
                return await stand(self._client, Post(address, outgoing, card_blocks(delivery.body), pinned=True))
            case "task":
                return await stand(self._client, Post(address, outgoing, task_blocks(delivery.body)))
            case "publish":
                return await self._publish(Post(address, outgoing))
            case "tell" if delivery.target.startswith("person:") and "task" in delivery.body:
                # Its facts are for this person alone: told anywhere else (a rehearsal), the sentence has to do.
                blocks = [section(cut(delivery.text, 3_000)), *task_blocks(delivery.body["task"])]
                return await stand(self._client, Post(address, outgoing, blocks))
            case _:
                return await stand(self._client, Post(address, outgoing))

    async def _publish(self, post: Post) -> Answer | Trouble:
        """Say the approved words, and find out where they stand."""
        receipt = await stand(self._client, post)
        if isinstance(receipt, Trouble):
            return receipt
        where = await ask(self._client.chat_getPermalink(channel=receipt["channel"], message_ts=receipt["ts"]))
        known = {} if isinstance(where, Trouble) else where
        return {**receipt, "link": known.get("permalink") or f"https://slack.com/app_redirect?channel={receipt['channel']}"}

    async def _address(self, outgoing: Outgoing) -> str | Trouble | Failed:
        """Find the channel or user id, or `#name`, that a target means."""
        scheme, _, name = outgoing.delivery.target.partition(":")
        match scheme:
            case "war_room":
                room = await self._rooms.channel_of(outgoing.delivery.body.get("room") or outgoing.key)
                return room or Failed(f"the room of {outgoing.key} is not open yet", retry=True, retry_after=_ROOM_WAIT)
            case "slack":
                return name
            case "channel":
                entry = self._organisation().channels.get(name)
                where = (entry.to or entry.where) if entry else None
                return where or Failed(f"channel {name!r} names no Slack channel in the organisation file", retry=False)
            case "person":
                return await self._user(name)
            case _:
                return Failed(f"slack does not send to {scheme!r}", retry=False)

    async def _user(self, name: str) -> str | Trouble | Failed:
        """Find a person's Slack id: as the organisation file says, else by e-mail, looked up once."""
        person = self._organisation().people.get(name)
        if person is not None and person.slack:
            return person.slack
        email = person.email if person else name
        if not email or "@" not in email:
            return Failed(f"{name!r} has neither a Slack id nor an e-mail in the organisation file", retry=False)
        if email in self._by_email:
            return self._by_email[email]
        answer = await ask(self._client.users_lookupByEmail(email=email))
        if isinstance(answer, Trouble):
            return answer
        self._by_email[email] = str(answer["user"]["id"])
        return self._by_email[email]

    def _room(self, outgoing: Outgoing) -> Room:
        body = outgoing.delivery.body
        people: Mapping[str, Person] = self._organisation().people
        slack_ids = (people[name].slack for name in body.get("people", ()) if name in people)
        return Room(
            incident=outgoing.incident,
            name=outgoing.delivery.target.partition(":")[2],
            topic=str(body.get("topic") or outgoing.delivery.text),
            people=tuple(each for each in slack_ids if each),
            private=bool(body.get("private")),
            doubted=outgoing.attempt > 1 or outgoing.doubted_since is not None,
        )

    @property
    def _client(self) -> AsyncWebClient:
        """The client, made at the first call, because it needs a running event loop."""
        if self._opened is None:
            self._opened = web_client(self._token, self._base_url, timeout=self._timeout)
        return self._opened
