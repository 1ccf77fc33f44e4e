"""Socket Mode: a connection that we open to Slack, by which it sends what it would else send to our address.

Rules:
- Slack's own client keeps the connection: it pings, reconnects, and follows Slack's wish to move elsewhere. It
  would try a used address for ever, so a client that stays without a connection is replaced by a new one.
- An envelope is answered when its effect is on disk, as over HTTP. One that was not answered comes again.
- What is sent is never logged; of the client's own log only the first words are kept.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from engine.channels.slack_calls import web_client

PING: Final = 5.0
"""Seconds between two pings; four without an answer end a connection."""
PATIENCE: Final = 6
"""Pings without a connection after which a new client is made."""
SOON: Final = 0.2
"""Seconds between two looks while there is no connection."""
GRACE: Final = 3.0
"""Seconds that envelopes under way are given at the end; Slack waits no longer either."""

Acknowledge = Callable[[Mapping[str, Any]], Awaitable[None]]
Take = Callable[[str, Mapping[str, Any], Acknowledge], Awaitable[None]]

_log = structlog.get_logger("firebreak.slack")


class SlackSocket:
    """Keeps one connection, with an app token (`xapp-…`); `ping` in seconds."""

    def __init__(self, token: str, *, base_url: str, ping: float = PING) -> None:
        self._token = token
        self._base_url = base_url
        self._ping = ping
        self._busy: set[asyncio.Task[Any]] = set()
        self._is_connected = False

    @property
    def is_connected(self) -> bool:
        """Whether there was a connection at the last look."""
        return self._is_connected

    async def run(self, stop: asyncio.Event, take: Take) -> None:
        """Keep connected until `stop` is set, then let what is under way end."""
        while not stop.is_set():
            client = self._client(take)
            connecting = asyncio.ensure_future(client.connect())  # type: ignore[no-untyped-call]
            try:
                await self._watch(client, stop)
            finally:
                self._is_connected = False
                connecting.cancel()
                await self._close(client)
        _log.info("socket mode has ended")

    async def _watch(self, client: SocketModeClient, stop: asyncio.Event) -> None:
        """Tell what becomes of the connection, until the end or until it has been away for too long."""
        loop = asyncio.get_running_loop()
        last, was_connected = loop.time(), False
        while not stop.is_set() and loop.time() - last < PATIENCE * self._ping:
            is_connected = await client.is_connected()
            last = loop.time() if is_connected else last
            if is_connected and not was_connected:
                _log.info("slack is connected by socket mode")
            if was_connected and not is_connected:
                _log.warning("the socket mode connection is lost; connecting again")
            was_connected = self._is_connected = is_connected
            await _first_of(stop, self._ping if is_connected else min(self._ping, SOON))
        if not stop.is_set():
            _log.error("slack can't be reached by socket mode; trying on")

    def _client(self, take: Take) -> SocketModeClient:
        web = web_client("", self._base_url)
        client = SocketModeClient(self._token, logger=_quiet(), web_client=web, ping_interval=self._ping)
        client.proxy = web.proxy

        async def listen(_: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await self._taken(client, request, take)

        client.socket_mode_request_listeners.append(listen)
        return client

    async def _taken(self, client: SocketModeClient, request: SocketModeRequest, take: Take) -> None:
        async def acknowledge(body: Mapping[str, Any]) -> None:
            payload = dict(body) if body and request.accepts_response_payload else None
            try:
                await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))
            except (aiohttp.ClientError, OSError):
                _log.warning("an answer was lost with the socket mode connection", kind=request.type)

        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            again = {"retry_attempt": request.retry_attempt or 0} if request.type == "events_api" else {}
            await take(request.type, {**request.payload, **again}, acknowledge)
        finally:
            self._busy.discard(task)

    async def _close(self, client: SocketModeClient) -> None:
        client.auto_reconnect_enabled = False
        if self._busy:
            await asyncio.wait(self._busy, timeout=GRACE)
        await client.close()  # type: ignore[no-untyped-call]
        if client.web_client.session is not None:
            await client.web_client.session.close()


async def _first_of(stop: asyncio.Event, seconds: float) -> None:
    """Wait until something is over: the time, or everything."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


class _FirstWords(logging.Handler):
    """Carries over that the client complains, and nothing of what it complains about."""

    def emit(self, record: logging.LogRecord) -> None:
        words = re.match(r"[\w -]*", record.getMessage())
        _log.warning("slack's socket mode client", says=words[0].strip() if words else "")


def _quiet() -> logging.Logger:
    """Make a logger that stands alone; each client has its own."""
    logger = logging.Logger("firebreak.slack.socket", logging.WARNING)  # noqa: LOG001 - one for each client, in no tree
    logger.addHandler(_FirstWords())
    return logger
