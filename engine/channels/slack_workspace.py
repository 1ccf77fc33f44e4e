"""What answering Slack needs from Slack: which workspace this is, forms, and words for one person's eyes.

Rules:
- These calls are made while somebody waits: they are short, and what goes wrong is a value.
- A whisper goes only to Slack's own hosts, or to the host of the configured Web API.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from engine.channels.slack_calls import Trouble, ask, web_client

PATIENCE: Final = 2.0
"""Seconds for one call; a trigger lives for three."""

_HOSTS: Final = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


class SlackWorkspace:
    """The workspace that the bot token belongs to."""

    def __init__(self, token: str, *, base_url: str, timeout: float = PATIENCE) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout = timeout
        self._opened: AsyncWebClient | None = None
        self._team: str | None = None

    async def close(self) -> None:
        """Give back what the calls used."""
        if self._opened is not None and self._opened.session is not None:
            await self._opened.session.close()
            self._opened = None

    async def team(self) -> str | None:
        """Give the workspace's id, asked once; None while Slack can't be asked."""
        if self._team is None:
            answer = await ask(self._client.auth_test())
            self._team = None if isinstance(answer, Trouble) else answer.get("team_id")
        return self._team

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str | None:
        """Open a form; gives Slack's code when it did not open."""
        answer = await ask(self._client.views_open(trigger_id=trigger_id, view=view))
        return answer.code if isinstance(answer, Trouble) else None

    async def whisper(self, response_url: str, text: str) -> bool:
        """Say something to whoever pressed, seen by nobody else; says whether it arrived."""
        if not self._is_slack(response_url):
            return False
        client = AsyncWebhookClient(response_url, session=self._client.session, proxy=self._client.proxy, retry_handlers=[])
        try:
            answer = await client.send(text=text, response_type="ephemeral", replace_original=False)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        return answer.status_code == 200

    def _is_slack(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self._base_url)
        return (parts.scheme == "https" and parts.hostname in _HOSTS) or (parts.scheme, parts.netloc) == (own.scheme, own.netloc)

    @property
    def _client(self) -> AsyncWebClient:
        """The client, made at the first call, because it needs a running event loop."""
        if self._opened is None:
            self._opened = web_client(self._token, self._base_url, timeout=self._timeout)
        return self._opened
