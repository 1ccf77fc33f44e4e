"""Sentences to begin a test of webhooks with: a house whose messenger posts to a receiver that answers as it is told."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.channels.poster import Posted, Posting
from engine.incident.subscription import Wanted
from engine.runtime.messenger import Messenger
from engine.store.changes import last_change
from engine.store.tokens import create_token
from engine.store.webhook_messages import Message, let_go, messages_listed
from engine.store.webhooks import ACTIVE, Owner, Webhook, add_webhook, put_state, webhook_by_id
from tests.runtime.given import House

URL = "https://api.example.com/hook?key=hush"
SCOPES = ("webhooks:write", "incidents:read")
OK = Posted(204, 3)


def _opened() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


def failed(status: int | None = 500, *, retry_after: float | None = None) -> Posted:
    return Posted(status, 3, f"'api.example.com' answered {status}", retry_after)


@dataclass
class Receiver:
    """Answers as it is told, then that all is well; keeps what it was posted."""

    answers: list[Posted] = field(default_factory=list)
    usual: Posted = OK
    by_id: dict[str, Posted] = field(default_factory=dict)
    received: list[Posting] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=_opened)
    at_once: int = 0
    most: int = 0

    def refused(self, url: str) -> str | None:
        return None

    async def post(self, posting: Posting) -> Posted:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.received.append(posting)
        await self.open.wait()
        self.at_once -= 1
        if self.answers:
            return self.answers.pop(0)
        return self.by_id.get(posting.id, self.usual)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.received]

    def types(self) -> list[str]:
        return [body["data"]["type"] for body in self.bodies]


def _nothing(step: int) -> None:
    """Let the process live."""


@dataclass
class Hooks:
    """A house, what sends its webhooks' messages, and who receives them."""

    home: House
    messenger: Messenger
    receiver: Receiver

    async def subscribe(self, person: str | None = "ana", *, service: str | None = None, **wanted: Any) -> Webhook:
        """Make a token of its own, and a webhook that is told of what happens from now on."""
        home, now = self.home, self.home.clock.now()

        def made(tx: Any) -> Webhook:
            _, token = create_token(tx, service or "hooks", SCOPES, now=now, person=None if service else person)
            owner = Owner(token.id, None if service else person, f"token:{service}" if service else None)
            wishes, position = Wanted(**wanted), last_change(tx)
            return add_webhook(tx, home.sealer, name="hooks", url=URL, owner=owner, wanted=wishes, position=position, now=now)[1]

        return await home.database.write(made)

    async def resume(self, webhook: Webhook) -> None:
        now = self.home.clock.now()

        def resumed(tx: Any) -> None:
            assert put_state(tx, webhook.id, ACTIVE, because=None, now=now)
            let_go(tx, webhook.id, now)

        await self.home.database.write(resumed)

    async def idle(self) -> Receiver:
        """Let everything be sent that is due now."""
        await self.messenger.run_until_idle()
        return self.receiver

    async def forward(self, **span: float) -> Receiver:
        """Move the clock, and let everything be sent that is due then."""
        self.home.clock.forward(**span)
        return await self.idle()

    async def known(self, webhook: Webhook) -> Webhook:
        found = await self.home.database.read(lambda tx: webhook_by_id(tx, self.home.sealer, webhook.id))
        assert found is not None
        return found

    async def log(self, webhook: Webhook) -> list[Message]:
        """The messages of a webhook, oldest first."""
        page = await self.home.database.read(lambda tx: messages_listed(tx, webhook.id, limit=200))
        return list(reversed(page.items))

    async def due(self, webhook: Webhook) -> datetime | None:
        """When the next try of its oldest pending message is."""
        return min((each.due_at for each in await self.log(webhook) if each.due_at), default=None)


def hooks(home: House, receiver: Receiver | None = None, *, at: Callable[[int], None] = _nothing) -> Hooks:
    """Let a house have webhooks."""
    poster = receiver or Receiver()
    address = "https://firebreak.example.com"
    made = Messenger(home.database, home.sealer, home.library, home.clock, poster, address=address, dice=lambda: 0.5, at=at)
    return Hooks(home, made, poster)
