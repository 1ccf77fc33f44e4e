"""Looks in a channel, or in a thread, for a message whose answer was lost.

Rules:
- A message is known by the delivery's id in its metadata.
- A public channel that we are not in is joined once, because only members may read it.
- Of direct messages only those between the app and one person are ever read.
- What is not found within the pages that are read counts as not found: after an outage they reach two thousand messages back.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.channel import Outgoing
from engine.channels.slack_calls import Answer, Trouble, ask
from engine.channels.slack_rooms import find_channel

_CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far our clock may be ahead of Slack's: what is looked for too late is not found, and said twice."""
_PAGES: Final = 20
_PAGE: Final = 100


class Sought(Protocol):
    """A message that may stand somewhere already."""

    @property
    def outgoing(self) -> Outgoing: ...
    @property
    def thread(self) -> str | None: ...


async def channel_id(client: AsyncWebClient, channel: str) -> str | Trouble:
    """Find the id of a `#name`, or of what the app and a person (`U…`) say to each other; a channel's id is itself."""
    if channel.startswith(("U", "W")):
        opened = await ask(client.conversations_open(users=channel))
        return opened if isinstance(opened, Trouble) else str(opened["channel"]["id"])
    if not channel.startswith("#"):
        return channel
    found = await find_channel(client, channel.removeprefix("#"))
    if isinstance(found, Trouble):
        return found
    return str(found["id"]) if found else Trouble("channel_not_found")


async def in_history(client: AsyncWebClient, channel: str, sought: Sought, since: datetime) -> Answer | Trouble | None:
    """Find the receipt of a message sent after `since`, if it arrived."""
    found = await _searched(client, channel, sought, since)
    if not isinstance(found, Trouble) or found.code != "not_in_channel":
        return found
    joined = await ask(client.conversations_join(channel=channel))
    if isinstance(joined, Trouble):
        return joined if joined.is_passing else found
    return await _searched(client, channel, sought, since)


async def _searched(client: AsyncWebClient, channel: str, sought: Sought, since: datetime) -> Answer | Trouble | None:
    where: dict[str, Any] = {"channel": channel, "oldest": f"{(since - _CLOCK_SKEW).timestamp():.6f}", "inclusive": True}
    cursor = None
    for _ in range(_PAGES):
        page = await _page(client, where, sought.thread, cursor)
        if isinstance(page, Trouble):
            return None if page.code == "thread_not_found" else page
        for message in page.get("messages", []):
            if message.get("metadata", {}).get("event_payload", {}).get("op_id") == sought.outgoing.delivery.id:
                return {"channel": channel, "ts": message["ts"]}
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    return None


async def _page(client: AsyncWebClient, where: dict[str, Any], thread: str | None, cursor: str | None) -> Answer | Trouble:
    if thread is None:
        return await ask(client.conversations_history(**where, include_all_metadata=True, limit=_PAGE, cursor=cursor))
    return await ask(client.conversations_replies(**where, ts=thread, include_all_metadata=True, limit=_PAGE, cursor=cursor))
