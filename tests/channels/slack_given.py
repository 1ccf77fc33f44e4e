"""What tests of the Slack channel start from: INC-7 in its room, three people, and deliveries for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.channel import Outgoing
from engine.channels.slack_calls import web_client
from engine.incident.effects import Delivery
from tests.fake_slack import TOKEN, FakeSlack

SINCE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = {
    "ana": {"name": "Ana Ruiz", "slack": "U0ANA"},
    "ben": {"name": "Ben Okafor", "email": "ben@example.com"},
    "cy": {"name": "Cy Young"},
}


class OneRoom:
    """The room of INC-7; None while it is not open."""

    def __init__(self, channel: str | None) -> None:
        self.channel = channel

    async def channel_of(self, incident_key: str) -> str | None:
        return self.channel if incident_key == "INC-7" else None

    async def message_of(self, incident_key: str, step: str) -> None:
        return None


def outgoing(kind: Any, target: str = "war_room:inc-7", **more: Any) -> Outgoing:
    about = {name: more.pop(name) for name in ("receipt", "doubted_since", "doubts", "attempt") if name in more}
    delivery = Delivery(id="INC-7:31:0", kind=kind, target=target, text=more.pop("text", "The holding line is in use."), **more)
    return Outgoing(delivery, incident="f" * 32, key="INC-7", **about)


def values(message: dict[str, Any]) -> list[str]:
    """What the buttons of a message would answer."""
    elements = [element for block in message["blocks"] for element in block.get("elements", []) if "action_id" in element]
    return [element["value"] for element in elements if "value" in element]


def texts(slack: FakeSlack, name: str = "inc-7") -> list[str]:
    return [message["text"] for message in slack.messages(name)]


@asynccontextmanager
async def bare_client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    """Slack's own client, with no gate before it."""
    made = web_client(TOKEN, slack.url)
    yield made
    assert made.session is not None
    await made.session.close()
