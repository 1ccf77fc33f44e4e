"""The same desk over Socket Mode: what people do arrives by the connection that the product opened."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from api.slack.answering import Answering
from api.slack.socket_mode import SocketMode
from engine.channels.slack_socket import SlackSocket
from tests.api.slack.given import Desk, open_desk
from tests.fake_slack import APP_TOKEN, FakeSlack
from tests.fake_slack_socket import FakeSocket, fake_socket

PING = 0.05
_KINDS = {"/slack/commands": "slash_commands", "/slack/interactive": "interactive", "/slack/events": "events_api"}


@dataclass
class SocketDesk(Desk):
    """A desk whose requests come as envelopes; a real bolt app has taken each payload first."""

    socket: FakeSocket | None = None

    async def send(self, path: str, body: str, content_type: str = "application/x-www-form-urlencoded") -> httpx.Response:
        payload = _payload(path, body)
        assert await self.judge.takes(payload), f"bolt does not hear what this test sends to {path}"
        assert self.socket is not None
        self.sent.append((path, body, {"envelope": self.socket.new_envelope()}))
        return await self.again()

    async def again(self) -> httpx.Response:
        """Send the last envelope once more, as Slack does when it got no answer."""
        path, body, more = self.sent[-1]
        assert self.socket is not None
        answer = await self.socket.sends(_KINDS[path], _payload(path, body), envelope=more["envelope"])
        return httpx.Response(200, json=answer) if answer else httpx.Response(200)


@asynccontextmanager
async def open_socket_desk(folder: Path, slack: FakeSlack) -> AsyncIterator[SocketDesk]:
    """Run the product with one connection to the fake Slack."""
    async with fake_socket(slack) as socket, open_desk(folder, slack) as desk:
        parts, stop = desk.house.parts, asyncio.Event()
        assert parts.workspace is not None
        mode = SocketMode(SlackSocket(APP_TOKEN, base_url=slack.url, ping=PING), Answering(parts, parts.workspace))
        running = asyncio.create_task(mode.run(stop))
        await socket.connected()
        yield SocketDesk(desk.house, desk.slack, desk.judge, desk.client, socket=socket)
        stop.set()
        await running


def _payload(path: str, body: str) -> dict[str, Any]:
    if path == "/slack/events":
        return dict(json.loads(body))
    fields = dict(parse_qsl(body, keep_blank_values=True))
    return fields if path == "/slack/commands" else dict(json.loads(fields["payload"]))
