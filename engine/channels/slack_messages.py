"""Posts a message once and edits it after; looks before it posts again.

Rules:
- Everything carries the delivery's id as metadata, so that a message whose answer was lost can be found.
- After an attempt whose end nobody knows, the channel's history is read first. Direct messages and channels
  that we may not read can't be looked up: there a second copy is possible, except of what is published,
  which then waits for a person.
- Blocks that Slack refuses are left out once; the words arrive in any case.
- Links are never unfurled: the clip that an incident is about must not play in its room.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.channel import Outgoing
from engine.channels.slack_calls import MESSAGE_GONE, OUR_FAULT, Answer, Trouble, ask
from engine.channels.slack_rooms import find_channel
from engine.channels.slack_text import cut, escape

EVENT_TYPE: Final = "firebreak_op"
LONGEST_TEXT: Final = 39_000
"""Slack cuts a text off at 40,000 characters."""

UNCERTAIN: Final = "nobody knows whether it was published, because the channel can't be read; look there, then retry by hand"

_CLOCK_SKEW: Final = timedelta(minutes=1)
_PAGES: Final = 5
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Post:
    """What is to stand in `channel`, at most once."""

    channel: str
    outgoing: Outgoing
    blocks: list[dict[str, Any]] | None = None
    pinned: bool = False

    @property
    def is_public(self) -> bool:
        return self.outgoing.delivery.kind == "publish"

    def words(self) -> dict[str, Any]:
        """Build what `chat.postMessage` and `chat.update` share."""
        text = self.outgoing.delivery.text
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"op_id": self.outgoing.delivery.id}}
        words: dict[str, Any] = {"text": escape(text) if self.is_public else cut(text, LONGEST_TEXT), "metadata": metadata}
        return words | ({"blocks": self.blocks} if self.blocks else {})


async def stand(client: AsyncWebClient, post: Post) -> Answer | Trouble:
    """Make the message stand in its channel with its newest content; gives the receipt."""
    if post.is_public and len(escape(post.outgoing.delivery.text)) > LONGEST_TEXT:
        return Trouble("msg_too_long")
    receipt = await _known_message(client, post)
    if isinstance(receipt, Trouble):
        return receipt
    return await _edit(client, post, receipt) if receipt else await _post(client, post)


async def _known_message(client: AsyncWebClient, post: Post) -> Answer | Trouble | None:
    """Find the message of this delivery: by its receipt, or in the channel's history when an attempt's end is unknown."""
    if post.outgoing.receipt.get("ts"):
        return post.outgoing.receipt
    since = post.outgoing.doubted_since
    if since is None or post.channel.startswith(("U", "W", "D")):
        return None
    return await _look(client, post, since)


async def _look(client: AsyncWebClient, post: Post, since: datetime) -> Answer | Trouble | None:
    channel = await _channel_id(client, post.channel)
    if isinstance(channel, Trouble) and channel.failed().retry:
        return channel
    found = channel if isinstance(channel, Trouble) else await _in_history(client, channel, post.outgoing.delivery.id, since)
    if not isinstance(found, Trouble) or found.failed().retry:
        return found
    if post.is_public:
        return Trouble(UNCERTAIN, status=403, ambiguous=True)
    return None


async def _channel_id(client: AsyncWebClient, channel: str) -> str | Trouble:
    if not channel.startswith("#"):
        return channel
    found = await find_channel(client, channel.removeprefix("#"))
    if isinstance(found, Trouble):
        return found
    return str(found["id"]) if found else Trouble("channel_not_found")


async def _in_history(client: AsyncWebClient, channel: str, op_id: str, since: datetime) -> Answer | Trouble | None:
    oldest, cursor = f"{(since - _CLOCK_SKEW).timestamp():.6f}", None
    for _ in range(_PAGES):
        page = await ask(
            client.conversations_history(
                channel=channel, oldest=oldest, inclusive=True, include_all_metadata=True, limit=_PAGE, cursor=cursor
            )
        )
        if isinstance(page, Trouble):
            return page
        for message in page.get("messages", []):
            if message.get("metadata", {}).get("event_payload", {}).get("op_id") == op_id:
                return {"channel": channel, "ts": message["ts"]}
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
    return None


async def _edit(client: AsyncWebClient, post: Post, receipt: Answer) -> Answer | Trouble:
    if not post.outgoing.receipt and not post.outgoing.delivery.replaces:
        return receipt
    where = {"channel": receipt["channel"], "ts": receipt["ts"]}
    answer = await _spoken(client, "chat.update", {**where, **post.words()})
    if isinstance(answer, Trouble):
        return await _post(client, post) if answer.code in MESSAGE_GONE else answer
    return await _pin(client, post, {**receipt, **where})


async def _post(client: AsyncWebClient, post: Post) -> Answer | Trouble:
    arguments = {"channel": post.channel, "unfurl_links": False, "unfurl_media": False, **post.words()}
    answer = await _spoken(client, "chat.postMessage", arguments | ({"mrkdwn": False} if post.is_public else {}))
    if isinstance(answer, Trouble):
        return answer
    return await _pin(client, post, {"channel": answer["channel"], "ts": answer["ts"]})


async def _spoken(client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> Answer | Trouble:
    """Say something, once more without blocks when they are refused, and once more after joining when we are outside."""
    answer = await ask(client.api_call(method, json=arguments))
    if not isinstance(answer, Trouble):
        return answer
    if answer.code == "not_in_channel" and str(arguments["channel"]).startswith("C"):
        joined = await ask(client.conversations_join(channel=arguments["channel"]))
        return answer if isinstance(joined, Trouble) else await ask(client.api_call(method, json=arguments))
    if answer.code in OUR_FAULT and "blocks" in arguments:
        return await ask(client.api_call(method, json={**arguments, "blocks": []}))
    return answer


async def _pin(client: AsyncWebClient, post: Post, receipt: dict[str, Any]) -> Answer:
    """Pin what should be pinned; a pin that fails is tried again at the next edit, and never posts anything twice."""
    if not post.pinned or receipt.get("pinned"):
        return receipt
    answer = await ask(client.pins_add(channel=receipt["channel"], timestamp=receipt["ts"]))
    done = not isinstance(answer, Trouble) or answer.code == "already_pinned"
    return {**receipt, "pinned": done}
