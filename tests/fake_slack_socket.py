"""The fake Slack's side of Socket Mode: a real websocket server that sends envelopes and hears their answers.

    async with fake_socket(slack) as socket:          # slack: tests/fake_slack.py
        await socket.connected()
        body = await socket.sends("slash_commands", {...})

Rules:
- An address is good for one connection; `apps.connections.open` gives the next one.
- An answer names an envelope that was sent, once for each time, and has a body only where the envelope takes one.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.fake_slack import FakeSlack

PATIENCE: Final = 10.0
"""Seconds that this side waits for a connection or an answer."""


class FakeSocket:
    """Everything on the other end of the connection; `faults` lists what the product did wrong."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._base = ""
        self._good: set[str] = set()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._takes_body: dict[str, bool] = {}
        self._owed: Counter[str] = Counter()
        self._now: web.WebSocketResponse | None = None
        self._request: web.Request | None = None
        self._up = asyncio.Condition()
        self._count = 0
        self.connections = 0
        self.faults: list[str] = []

    async def connected(self, number: int = 1) -> None:
        """Wait for the connection of this number."""
        async with asyncio.timeout(PATIENCE), self._up:
            await self._up.wait_for(lambda: self.connections >= number)

    async def sends(self, kind: str, payload: dict[str, Any], *, envelope: str | None = None, **more: Any) -> dict[str, Any]:
        """Send an envelope, again by the next connection when this one ends first, and give the body of its answer."""
        name = envelope or self.new_envelope()
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self.send(kind, payload, envelope=name, **more)
                replaced = asyncio.ensure_future(self.connected(self.connections + 1))
                await asyncio.wait({answer, replaced}, return_when=asyncio.FIRST_COMPLETED)
                replaced.cancel()
                if answer.done():
                    return answer.result()

    async def send(self, kind: str, payload: dict[str, Any], *, envelope: str, **more: Any) -> asyncio.Future[dict[str, Any]]:
        """Send an envelope without waiting for its answer."""
        assert self._now is not None, "nobody is connected"
        self._owed[envelope] += 1
        takes_body = kind != "events_api"
        self._takes_body[envelope] = takes_body
        answer = self._waiting[envelope] = asyncio.get_running_loop().create_future()
        whole = {"type": kind, "envelope_id": envelope, "payload": payload, "accepts_response_payload": takes_body, **more}
        await self._deliver(json.dumps(whole))
        return answer

    async def _deliver(self, words: str) -> None:
        """Send by the connection that is open, or by the next one when that is just being replaced."""
        at = self.connections
        assert self._now is not None
        try:
            await self._now.send_str(words)
        except ConnectionError:
            await self.connected(at + 1)
            await self._deliver(words)

    async def says(self, words: str) -> None:
        """Send any words at all."""
        assert self._now is not None, "nobody is connected"
        await self._now.send_str(words)

    async def asks_to_move(self, reason: str = "refresh_requested") -> None:
        """Ask the client to connect anew, as Slack does every few hours."""
        await self.says(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "wss-111.slack.test"}}))

    def kill(self) -> None:
        """Cut the connection without a word."""
        assert self._request is not None, "nobody is connected"
        assert self._request.transport is not None
        self._request.transport.abort()

    def new_envelope(self) -> str:
        self._count += 1
        return f"dbdd0ef3-1543-4f94-bfb4-{self._count:012d}"

    def offer(self, base: str = "") -> None:
        """Make the next address."""
        self._base = base or self._base
        self._count += 1
        ticket = f"ticket-{self._count}"
        self._good.add(ticket)
        self._slack.socket_url = f"{self._base}/link/?ticket={ticket}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._good:
            self.faults.append(f"connected with an address that is no longer good: {ticket}")
            return web.Response(status=403)
        self._good.discard(ticket)
        self.offer()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0FIREBREAK"}}
        await socket.send_str(json.dumps(hello))
        async with self._up:
            self._now, self._request = socket, request
            self.connections += 1
            self._up.notify_all()
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self._heard(message.data)
        return socket

    def _heard(self, text: str) -> None:
        said = json.loads(text)
        envelope = said.get("envelope_id")
        if not self._owed[envelope]:
            self.faults.append(f"answered an envelope that is not waiting: {envelope}")
            return
        self._owed[envelope] -= 1
        answer = self._waiting[envelope]
        if set(said) - {"envelope_id", "payload"} or (said.get("payload") and not self._takes_body[envelope]):
            self.faults.append(f"answered with what Slack does not take: {sorted(said)}")
        if not answer.done():
            self._slack.answered(said.get("payload") or {})
        answer.set_result(said.get("payload") or {})


@asynccontextmanager
async def fake_socket(slack: FakeSlack) -> AsyncIterator[FakeSocket]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    socket = FakeSocket(slack)
    app = web.Application()
    app.router.add_get("/link/", socket.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    socket.offer(f"ws://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield socket
    finally:
        await runner.cleanup()
    assert not socket.faults, socket.faults
