"""Sentences to begin a test of webhooks over HTTP with: who has some, where they go, and how a receiver checks what comes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from tests.api.given import House
from tests.channels.local_server import LocalServer, Received

HOOK_SCOPES = ("webhooks:write", "incidents:read")
GOES_OUT = 'outgoing_hosts: ["127.0.0.1", hooks.example.com]\n'
"""Lets an organisation's messages go to a receiver on this machine."""


@dataclass
class Owner:
    """Somebody who has webhooks."""

    client: httpx.AsyncClient
    server: LocalServer

    async def made(self, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/webhooks", json={"name": "hooks", "url": f"{self.server.url}/in?key=hush", **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


def signed_by(secret: str, received: Received) -> bool:
    """Say whether a secret made one of a message's signatures, at the time that it says: the house has a clock of its own."""
    at = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    wanted = Webhook(secret).sign(received.headers["webhook-id"], at, received.body.decode())
    return wanted in received.headers["webhook-signature"].split()


async def owner(house: House, server: LocalServer, name: str = "ana", *scopes: str) -> Owner:
    token = await house.token(f"hooks of {name}", *(scopes or HOOK_SCOPES), person=name)
    return Owner(await house.client(token), server)
