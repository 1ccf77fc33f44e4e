"""Bookmarks above a room's conversation: where the incident can be read, its playbook, its tickets.

Rules:
- A bookmark is added once; one whose end nobody knows counts as added, because a missing one does no harm and two would.
- Links that no browser opens, and those that Slack won't take, are left out and noted.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from engine.channels.slack_calls import Answer, Trouble, ask
from engine.channels.slack_text import cut_plain

LONGEST_TITLE: Final = 256


async def bookmark(
    client: AsyncWebClient, channel: str, links: Sequence[Mapping[str, str]], receipt: Mapping[str, Any], *, address: str | None
) -> Answer | Trouble:
    """Add what is missing; `address` is the server's, for links that are only a path. Gives the receipt."""
    known = dict(receipt) if receipt.get("channel") == channel else {"channel": channel, "bookmarks": [], "left_out": []}
    for link in links:
        url = _url(link, address)
        if url is None or url in known["bookmarks"] or url in known["left_out"]:
            continue
        title = cut_plain(link["title"], LONGEST_TITLE)
        answer = await ask(client.bookmarks_add(channel_id=channel, title=title, type="link", link=url))
        if isinstance(answer, Trouble) and answer.is_passing and not answer.ambiguous:
            return answer.after(known)
        place = "left_out" if isinstance(answer, Trouble) and not answer.ambiguous else "bookmarks"
        known[place] = [*known[place], url]
    return known


def _url(link: Mapping[str, str], address: str | None) -> str | None:
    url = link.get("url") or (f"{(address or '').rstrip('/')}{link['path']}" if address else "")
    return url if url.startswith(("https://", "http://")) else None
