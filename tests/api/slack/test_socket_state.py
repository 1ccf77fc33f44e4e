"""The connection to Slack says whether it stands, for `/readyz` and the figures."""

import asyncio
from collections.abc import Mapping
from typing import Any

from api.workspace import Acknowledge
from engine.channels.slack_socket import SlackSocket
from tests.api.slack.socket_desk import PING
from tests.fake_slack import APP_TOKEN, FakeSlack
from tests.fake_slack_socket import fake_socket


async def take(_kind: str, _payload: Mapping[str, Any], acknowledge: Acknowledge) -> None:
    await acknowledge({})


async def until(socket: SlackSocket, is_connected: bool) -> bool:
    async with asyncio.timeout(10):
        while socket.is_connected is not is_connected:  # noqa: ASYNC110 - it has nothing that could be waited for
            await asyncio.sleep(PING / 5)
    return socket.is_connected


async def test_a_connection_stands_from_the_first_look_to_the_end(slack: FakeSlack) -> None:
    async with fake_socket(slack):
        socket, stop = SlackSocket(APP_TOKEN, base_url=slack.url, ping=PING), asyncio.Event()
        before = socket.is_connected
        running = asyncio.create_task(socket.run(stop, take))
        meanwhile = await until(socket, True)
        stop.set()
        await running

    assert (before, meanwhile, socket.is_connected) == (False, True, False)
