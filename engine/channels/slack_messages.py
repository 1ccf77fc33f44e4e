"""Posts a message once and edits it after; looks before it posts again.

Rules:
- Everything carries the delivery's id as metadata, so that a message whose answer was lost can be found.
- After an attempt whose end nobody knows, the channel's history (or the thread) is read first.
- Where we may not read (a channel that is closed to us, an app without the scope for it) nothing can be looked up: there Slack
  is asked whether it is awake, then one more copy is sent, and never a third. What is published is not even sent a second
  time: a person looks.
- Blocks that Slack refuses are left out once; the words arrive in any case.
- Links are never unfurled: the clip that an incident is about must not play in its room.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.channel import Outgoing
from engine.channels.slack_calls import Answer, Trouble, ask
from engine.channels.slack_history import channel_id, in_history
from engine.channels.slack_text import cut, escape

EVENT_TYPE: Final = "firebreak_op"
LONGEST_TEXT: Final = 39_000
"""Slack cuts a text off at 40,000 characters."""
SHORT_TEXT: Final = 3_900
"""Slack recommends no more than 4,000 characters; what it refused is sent once more within that."""

UNCERTAIN: Final = "nobody knows whether it was published, because the channel can't be read; look there, then retry by hand"
TWICE: Final = "nobody knows whether it arrived: it was sent twice, and can't be looked up; ask the person, then retry by hand"

_MOST_COPIES: Final = 2
_NO_REPLIES: Final = frozenset({"cannot_reply_to_message", "restricted_action_non_threadable_channel", "restricted_action_thread_locked"})
"""Where a thread is closed to us, its words stand in the channel."""
_log = structlog.get_logger("firebreak.slack")


@dataclass(frozen=True, slots=True)
class Post:
    """What is to stand in `channel` (in the thread under the message `thread`), at most once."""

    channel: str
    outgoing: Outgoing
    blocks: list[dict[str, Any]] | None = None
    pinned: bool = False
    thread: str | None = None

    @property
    def is_public(self) -> bool:
        return self.outgoing.delivery.kind == "publish"

    @property
    def is_direct(self) -> bool:
        return self.channel.startswith(("U", "W", "D"))

    @property
    def preview(self) -> str | None:
        """What a notification may show in place of the words, which then stand in the blocks."""
        asked = self.outgoing.delivery.body.get("preview")
        return str(asked) if asked and self.is_direct and self.blocks else None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the message stands in a room that its incident has left: then it is posted in the new one."""
        is_in_room = self.outgoing.delivery.target.startswith("war_room:")
        return is_in_room and self.outgoing.receipt.get("channel", self.channel) != self.channel

    def words(self) -> dict[str, Any]:
        """Build what `chat.postMessage` and `chat.update` share."""
        text = self.preview or self.outgoing.delivery.text
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"op_id": self.outgoing.delivery.id}}
        words: dict[str, Any] = {"text": escape(text) if self.is_public else cut(text, LONGEST_TEXT), "metadata": metadata}
        return words | ({"blocks": self.blocks} if self.blocks else {})


async def stand(client: AsyncWebClient, post: Post) -> Answer | Trouble:
    """Make the message stand in its channel with its newest content; gives the receipt."""
    if post.is_public and len(escape(post.outgoing.delivery.text)) > LONGEST_TEXT:
        return Trouble("msg_too_long")
    if post.outgoing.receipt.get("ts") and not post.is_elsewhere:
        return await _edit(client, post, post.outgoing.receipt)
    found = await _look(client, post, post.outgoing.doubted_since)
    if isinstance(found, Trouble):
        return found
    return await _edit(client, post, found) if found else await _post(client, post)


async def _look(client: AsyncWebClient, post: Post, since: datetime | None) -> Answer | Trouble | None:
    """Find the message of this delivery, when an attempt's end is unknown; None when it may be posted."""
    if since is None:
        return None
    channel = await channel_id(client, post.channel)
    found = channel if isinstance(channel, Trouble) else await in_history(client, channel, post, since)
    if not isinstance(found, Trouble) or (found.is_passing and not _is_closed_to_us(found, post)):
        return found
    return Trouble(UNCERTAIN, status=403, ambiguous=True) if post.is_public else await _once_more(client, post)


def _is_closed_to_us(found: Trouble, post: Post) -> bool:
    """Say whether the app lacks the scope to read what it writes to one person: an older installation does."""
    return post.is_direct and found.kind == "scope"


async def _once_more(client: AsyncWebClient, post: Post) -> Trouble | None:
    """Allow a second copy of what can't be looked up, when Slack is there to take it; never a third."""
    if post.outgoing.doubts >= _MOST_COPIES:
        return Trouble(TWICE, status=403, ambiguous=True)
    awake = await ask(client.auth_test())
    return replace(awake, ambiguous=False) if isinstance(awake, Trouble) else None


async def _edit(client: AsyncWebClient, post: Post, receipt: Answer) -> Answer | Trouble:
    if not post.outgoing.delivery.replaces or receipt.get("stands") == _digest(post.words()):
        return await _pin(client, post, receipt)
    where = {"channel": receipt["channel"], "ts": receipt["ts"]}
    answer = await _spoken(client, post, "chat.update", {**where, **post.words()})
    if not isinstance(answer, Trouble):
        return await _pin(client, post, {**receipt, **where})
    return await _anew(client, post, receipt) if answer.kind == "message_gone" else answer


async def _anew(client: AsyncWebClient, post: Post, gone: Answer) -> Answer | Trouble:
    """Post what somebody deleted, unless an earlier attempt has done so."""
    found = await _look(client, post, post.outgoing.doubted_since)
    if isinstance(found, Trouble):
        return found
    if found is None or found["ts"] == gone["ts"]:
        return await _post(client, post)
    answer = await _spoken(client, post, "chat.update", {**found, **post.words()})
    return answer.after(found) if isinstance(answer, Trouble) else await _pin(client, post, found)


async def _post(client: AsyncWebClient, post: Post) -> Answer | Trouble:
    arguments = {"channel": post.channel, "unfurl_links": False, "unfurl_media": False, **post.words()}
    arguments |= ({"mrkdwn": False} if post.is_public else {}) | ({"thread_ts": post.thread} if post.thread else {})
    answer = await _spoken(client, post, "chat.postMessage", arguments)
    if not isinstance(answer, Trouble):
        return await _pin(client, post, {"channel": answer["channel"], "ts": answer["ts"]})
    return await _post(client, replace(post, thread=None)) if post.thread and answer.code in _NO_REPLIES else answer


async def _spoken(client: AsyncWebClient, post: Post, method: str, arguments: dict[str, Any]) -> Answer | Trouble:
    """Say something, once more in plain words when it is refused, and once more after joining when we are outside."""
    if post.outgoing.receipt.get("plain") == _digest(arguments):
        return await _plainly(client, post, method, arguments)
    answer = await ask(client.api_call(method, json=arguments))
    if not isinstance(answer, Trouble):
        return answer
    if answer.code == "not_in_channel":
        return await _joined(client, method, arguments) or answer
    if answer.kind != "ours":
        return answer
    _log.error("slack refuses what we built", method=method, code=answer.code, digest=_digest(arguments))
    if post.is_public or not ("blocks" in arguments or len(arguments["text"]) > SHORT_TEXT):
        return answer
    return await _plainly(client, post, method, arguments)


async def _plainly(client: AsyncWebClient, post: Post, method: str, arguments: dict[str, Any]) -> Answer | Trouble:
    """Say it without blocks; when that has to wait, remember that it is to be said so."""
    plain = {**arguments, "blocks": [], "text": cut(post.outgoing.delivery.text, SHORT_TEXT)}
    answer = await ask(client.api_call(method, json=plain))
    if isinstance(answer, Trouble) and answer.waits:
        return answer.after({**post.outgoing.receipt, "plain": _digest(arguments)})
    return answer


async def _joined(client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> Answer | Trouble | None:
    """Join a public channel and say it there; None when it can't be joined."""
    channel = await channel_id(client, str(arguments["channel"]))
    if isinstance(channel, Trouble):
        return channel if channel.is_passing else None
    joined = await ask(client.conversations_join(channel=channel))
    if isinstance(joined, Trouble):
        return joined if joined.is_passing else None
    return await ask(client.api_call(method, json={**arguments, "channel": channel}))


async def _pin(client: AsyncWebClient, post: Post, receipt: Answer) -> Answer | Trouble:
    """Pin what should be pinned. A pin that has to wait comes back; one that fails is tried again at the next edit."""
    kept = {name: value for name, value in receipt.items() if name not in ("stands", "plain")}
    if not post.pinned or receipt.get("pinned"):
        return kept
    answer = await ask(client.pins_add(channel=receipt["channel"], timestamp=receipt["ts"]))
    if isinstance(answer, Trouble) and answer.waits and answer.kind != "scope":
        return answer.after({**kept, "pinned": False, "stands": _digest(post.words())})
    done = not isinstance(answer, Trouble) or answer.kind == "done"
    return {**kept, "pinned": done}


def _digest(payload: Mapping[str, Any]) -> str:
    """Name a payload in a log without showing it."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:16]
