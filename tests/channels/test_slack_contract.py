"""The Slack channel keeps the promise that every channel makes."""

from collections.abc import AsyncIterator
from html import unescape

import pytest

from engine.channels.slack import SlackChannel
from tests.channels.given import always, organisation, outgoing
from tests.channels.local_server import LocalServer, Reply
from tests.channels.test_contract import SECRET, Stage, TestEveryChannel, _texts

__all__ = ["TestEveryChannel"]


class NoRooms:
    async def channel_of(self, incident_key: str) -> str | None:
        return incident_key[:0] or None


@pytest.fixture
async def stage(server: LocalServer) -> AsyncIterator[Stage]:
    server.answer(Reply(headers={"content-type": "application/json"}, body=b'{"ok": true, "channel": "C0PRESS", "ts": "1.2"}'))
    channel = SlackChannel(SECRET, always(organisation()), NoRooms(), base_url=server.url)
    yield Stage(channel, outgoing("slack:#press"), lambda: [unescape(text) for text in _texts(server)], server)
    await channel.close()
