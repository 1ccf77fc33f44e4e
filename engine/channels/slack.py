"""Sends to Slack: rooms, the pinned card, task messages, words into channels and to people.

    room -> a channel     card, task -> posted once, edited after     everything else -> one message

Rules:
- A receipt is `{"channel", "ts"}` (a room's: `{"channel", "name", ...}`); `publish` adds a `link`.
- People and channels are looked up in the organisation file as it is now: who may be written to is its business.
- Every call goes through a gate (`slack_gate.py`): what comes too early is given back with its time, never slept for.
- When Slack refuses the app's credentials, or answers nothing, the circuit opens (`trouble`): deliveries wait, one probe asks.
"""

from collections.abc import Callable
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.blocks import card_blocks
from engine.channels.blocks_task import task_blocks
from engine.channels.blocks_told import told_blocks
from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.slack_broadcast import announce
from engine.channels.slack_calls import TIMEOUT, Answer, Trouble, ask, web_client
from engine.channels.slack_gate import Gate
from engine.channels.slack_messages import Post, stand
from engine.channels.slack_room_work import ROOM_KINDS, Rooms, RoomWork
from engine.language.organisation import Organisation

SLACK_API: Final = "https://slack.com/api/"


class SlackChannel:
    """Sends to `war_room:…`, `slack:…`, `person:…` and the organisation's channels of kind slack; unpaced without a gate."""

    def __init__(
        self,
        token: str,
        organisation: Callable[[], Organisation],
        rooms: Rooms,
        *,
        gate: Gate | None = None,
        base_url: str = SLACK_API,
        timeout: float = TIMEOUT,
        address: str | None = None,
    ) -> None:
        self._token = token
        self._organisation = organisation
        self._rooms = rooms
        self._gate = gate
        self._base_url = base_url
        self._timeout = timeout
        self._address_of_server = address
        self._opened: AsyncWebClient | None = None
        self._by_email: dict[str, str] = {}

    @property
    def trouble(self) -> str | None:
        """Why Slack takes nothing, or not everything, else None: for `/readyz`."""
        return self._gate.trouble if self._gate else None

    async def close(self) -> None:
        """Give back what the calls used."""
        if self._opened is not None and self._opened.session is not None:
            await self._opened.session.close()
            self._opened = None

    async def shut(self, code: str) -> None:
        """Open the circuit because Slack told us otherwise that the app is shut out."""
        if self._gate is not None:
            await self._gate.shut(code)

    async def send(self, outgoing: Outgoing) -> Outcome:
        held = await self._gate.admit(self._probe) if self._gate else None
        answer = held or await self._send(outgoing)
        if isinstance(answer, Failed):
            return answer
        return answer.failed() if isinstance(answer, Trouble) else Sent(dict(answer))

    async def _probe(self) -> Trouble | None:
        answer = await ask(self._client.auth_test())
        return answer if isinstance(answer, Trouble) else None

    async def _send(self, outgoing: Outgoing) -> Answer | Trouble | Failed:
        kind = outgoing.delivery.kind
        if kind in ("ticket", "http", "child", "parent", "restrict"):
            return Failed(f"slack does not send deliveries of kind {kind!r}", retry=False)
        if kind in ROOM_KINDS and outgoing.delivery.target.startswith("war_room:"):
            return await self._room_work.send(outgoing)
        address = await self._address(outgoing)
        if not isinstance(address, str):
            return address
        if kind in ROOM_KINDS:
            return {"channel": address}
        thread = await self._room_work.thread(outgoing, address)
        return thread if isinstance(thread, Failed) else await self._say(address, outgoing, thread)

    async def _say(self, address: str, outgoing: Outgoing, thread: str | None) -> Answer | Trouble | Failed:
        delivery = outgoing.delivery
        match delivery.kind:
            case "card":
                return await stand(
                    self._client, Post(address, outgoing, card_blocks(delivery.body, address=self._address_of_server), pinned=True)
                )
            case "task":
                return await stand(self._client, Post(address, outgoing, task_blocks(delivery.body, address=self._address_of_server)))
            case "publish":
                return await self._publish(Post(address, outgoing))
            case "tell" | "message" if delivery.target.startswith("person:") and delivery.body.keys() & {"preview", "task"}:
                # Its facts are for this person alone: told anywhere else (a rehearsal), the sentence has to do.
                blocks = told_blocks(delivery.text, delivery.body, address=self._address_of_server)
                return await stand(self._client, Post(address, outgoing, blocks))
            case "broadcast":
                room = await self._rooms.channel_of(delivery.body.get("room") or outgoing.key)
                return await announce(self._client, Post(address, outgoing), room)
            case _:
                return await stand(self._client, Post(address, outgoing, thread=thread))

    async def _publish(self, post: Post) -> Answer | Trouble:
        """Say the approved words, and find out where they stand."""
        receipt = await stand(self._client, post)
        if isinstance(receipt, Trouble):
            return receipt
        where = await ask(self._client.chat_getPermalink(channel=receipt["channel"], message_ts=receipt["ts"]))
        if isinstance(where, Trouble) and where.waits:
            return where.after(receipt)
        known = {} if isinstance(where, Trouble) else where
        return {**receipt, "link": known.get("permalink") or f"https://slack.com/app_redirect?channel={receipt['channel']}"}

    async def _address(self, outgoing: Outgoing) -> str | Trouble | Failed:
        """Find the channel or user id, or `#name`, that a target means."""
        scheme, _, name = outgoing.delivery.target.partition(":")
        match scheme:
            case "war_room":
                return await self._room_work.channel(outgoing)
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
        if isinstance(answer, Trouble) and answer.code == "users_not_found":
            return Failed("slack: users_not_found: nobody in this workspace has that e-mail address", retry=False, gone=True)
        if isinstance(answer, Trouble):
            return answer
        self._by_email[email] = str(answer["user"]["id"])
        return self._by_email[email]

    @property
    def _room_work(self) -> RoomWork:
        return RoomWork(self._client, self._rooms, self._user, self._address_of_server)

    @property
    def _client(self) -> AsyncWebClient:
        """The client, made at the first call, because it needs a running event loop."""
        if self._opened is None:
            self._opened = web_client(self._token, self._base_url, timeout=self._timeout, gate=self._gate)
        return self._opened
