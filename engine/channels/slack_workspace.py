"""What answering Slack needs from Slack: which workspace this is, forms, and words for one person's eyes.

Rules:
- These calls are made while somebody waits: they are short, and what goes wrong is a value.
- A whisper goes only to Slack's own hosts, or to the host of the configured Web API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from engine.channels.slack_calls import Answer, Trouble, ask, web_client

OVER: Final = "over:"
"""Begins a trigger that comes from within a form: Slack lays at most two over the first."""
PATIENCE: Final = 2.0
"""Seconds for one call; a trigger lives for three."""

_HOSTS: Final = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace that the bot token belongs to; `enterprise` is its Grid organisation."""

    team: str
    enterprise: str | None = None
    is_org_wide: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of a user."""

    email: str | None = None
    is_deleted: bool = False
    is_guest: bool = False


class SlackWorkspace:
    """The workspace that the bot token belongs to."""

    def __init__(self, token: str, *, base_url: str, timeout: float = PATIENCE) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout = timeout
        self._opened: AsyncWebClient | None = None
        self._home: Home | None = None

    async def close(self) -> None:
        """Give back what the calls used."""
        if self._opened is not None and self._opened.session is not None:
            await self._opened.session.close()
            self._opened = None

    async def home(self) -> Home | None:
        """Say which workspace this is, asked once; None while Slack can't be asked."""
        if self._home is None:
            answer = await ask(self._client.auth_test())
            if isinstance(answer, Trouble) or not answer.get("team_id"):
                return None
            self._home = Home(answer["team_id"], answer.get("enterprise_id"), bool(answer.get("is_enterprise_install")))
        return self._home

    async def profile(self, user: str) -> Profile | None:
        """Say what Slack knows of a user; None when there is none, or Slack can't be asked."""
        answer = await ask(self._client.users_info(user=user))
        found = None if isinstance(answer, Trouble) else answer.get("user")
        if not isinstance(found, dict):
            return None
        is_guest = any(found.get(name) for name in ("is_restricted", "is_ultra_restricted", "is_stranger"))
        return Profile((found.get("profile") or {}).get("email"), bool(found.get("deleted")), is_guest)

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str | None:
        """Open a form, over the one it was asked for in when the trigger begins with `over:`; gives Slack's code when it did not open."""
        within = trigger_id.startswith(OVER)
        call = self._client.views_push if within else self._client.views_open
        answer = await ask(call(trigger_id=trigger_id.removeprefix(OVER), view=view))
        return answer.code if isinstance(answer, Trouble) else None

    async def whisper(self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]] = ()) -> bool:
        """Say something to whoever pressed, seen by nobody else; says whether it arrived."""
        if not self._is_slack(response_url):
            return False
        client = AsyncWebhookClient(response_url, session=self._client.session, proxy=self._client.proxy, retry_handlers=[])
        try:
            drawn = [dict(block) for block in blocks] or None
            answer = await client.send(text=text, blocks=drawn, response_type="ephemeral", replace_original=False)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        return answer.status_code == 200

    async def whisper_in(
        self, channel: str, user: str, *, text: str, blocks: Sequence[dict[str, Any]] = (), thread: str | None = None
    ) -> str | None:
        """Say something in a channel (and thread) that only one user sees; gives Slack's code when it was not said."""
        call = self._client.chat_postEphemeral(channel=channel, user=user, text=text, blocks=list(blocks) or None, thread_ts=thread)
        answer = await ask(call)
        return answer.code if isinstance(answer, Trouble) else None

    async def publish_home(self, user: str, view: dict[str, Any]) -> str | None:
        """Show a user their App Home; gives Slack's code when it was not shown."""
        answer = await ask(self._client.views_publish(user_id=user, view=view))
        return answer.code if isinstance(answer, Trouble) else None

    async def message(self, channel: str, ts: str) -> dict[str, Any] | str:
        """Read one message, in the channel or else in a thread; gives Slack's code when it can't be read."""
        client = self._client
        answer = await ask(client.conversations_history(channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1))
        found = _at(answer, ts)
        if found is None and not isinstance(answer, Trouble):
            answer = await ask(client.conversations_replies(channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=1))
            found = _at(answer, ts)
        if found is not None:
            return found
        return answer.code if isinstance(answer, Trouble) and answer.code != "thread_not_found" else "message_not_found"

    async def permalink(self, channel: str, ts: str) -> str:
        """Give the address of a message; a longer one when Slack can't be asked for it."""
        answer = await ask(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        known = None if isinstance(answer, Trouble) else answer.get("permalink")
        return known or f"https://slack.com/app_redirect?channel={channel}&message_ts={ts}"

    def _is_slack(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self._base_url)
        return (parts.scheme == "https" and parts.hostname in _HOSTS) or (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

    @property
    def _client(self) -> AsyncWebClient:
        """The client, made at the first call, because it needs a running event loop."""
        if self._opened is None:
            self._opened = web_client(self._token, self._base_url, timeout=self._timeout)
        return self._opened


def _at(answer: Answer | Trouble, ts: str) -> dict[str, Any] | None:
    messages = [] if isinstance(answer, Trouble) else answer.get("messages") or []
    return next((message for message in messages if message.get("ts") == ts), None)
