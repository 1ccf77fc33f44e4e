"""Says of an incident in the broadcast channel what anybody may know, in one message that is edited.

Rules:
- The first time, it waits a moment for the room to open, so that the way in stands in it; but not for long.
- "Closed to participants" is only ever an edit: an incident that nobody was told of stays unknown.
"""

from dataclasses import replace
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.blocks_broadcast import broadcast_blocks
from engine.channels.channel import Failed
from engine.channels.slack_calls import Answer, Trouble
from engine.channels.slack_messages import Post, stand

_PATIENCE: Final = 3
"""Attempts that may be spent on waiting for the room."""
_WAIT: Final = 2.0


async def announce(client: AsyncWebClient, post: Post, room: str | None) -> Answer | Trouble | Failed:
    """Post or edit; `room` is the channel's id, or None while the room is not open."""
    outgoing, facts = post.outgoing, post.outgoing.delivery.body
    is_unheard = not outgoing.receipt and outgoing.doubted_since is None
    if facts.get("closed") and is_unheard:
        return {}
    if room is None and not outgoing.receipt and outgoing.attempt < _PATIENCE and not facts.get("closed"):
        return Failed(f"the room of {outgoing.key} is not open yet", retry=True, retry_after=_WAIT)
    return await stand(client, replace(post, blocks=broadcast_blocks(facts, outgoing.delivery.text, room=room)))
