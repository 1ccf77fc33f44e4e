"""One Slack Web API call: what came back as a value, and what a refusal means for the delivery.

    ask(call) -> Answer | Trouble          Trouble -> Failed (retry? ambiguous? for how long?)

Rules:
- One call is one request: no retry handlers, no redirects, no kept connections (a stale one would make
  an ambiguous failure out of nothing).
- A request that Slack may have carried out although we did not hear so is ambiguous: a timeout after it was
  sent, a cut connection, any 5xx, `fatal_error`, `internal_error`, `request_timeout`.
- Errors name Slack's code, never what we sent.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from engine.channels.channel import Failed

TIMEOUT: Final = 10.0
"""Seconds for one call, connecting included."""
MAX_WAIT: Final = 3600.0
"""Seconds: a longer `Retry-After` counts as this."""

Answer = Mapping[str, Any]

CREDENTIALS_DEAD: Final = frozenset(
    {
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_authed",
        "missing_scope",
        "team_access_not_granted",
        "not_allowed_token_type",
        "org_login_required",
        "ekm_access_denied",
    }
)
"""Nothing goes out until somebody mends the app: the circuit opens, and deliveries wait for it."""

OUR_FAULT: Final = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_too_long",
        "msg_blocks_too_long",
        "no_text",
        "invalid_arguments",
        "invalid_arg_name",
        "metadata_too_large",
        "invalid_metadata_format",
        "invalid_metadata_schema",
    }
)
"""Sending the same again gives the same: words without blocks are sent once instead."""

GONE: Final = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "messages_tab_disabled",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "invalid_name",
        "invalid_name_maxlength",
        "invalid_name_punctuation",
        "invalid_name_required",
        "invalid_name_specials",
        "too_long",
        "no_permission",
        "cannot_create_channel",
    }
)
"""The target is away or closed to us; only a person can mend it."""

MESSAGE_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
"""A message that can't be edited any more is posted anew."""

_MAYBE_DONE: Final = frozenset({"fatal_error", "internal_error", "request_timeout"})
_RATE_LIMITED: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_CIRCUIT_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call that was refused, or whose end nobody knows; `code` is Slack's, or our word for it."""

    code: str
    status: int = 0
    retry_after: float | None = None
    ambiguous: bool = False

    def failed(self) -> Failed:
        """Say what this means for the delivery."""
        if self.code in CREDENTIALS_DEAD:
            return Failed(f"slack refuses the app's credentials: {self.code}; see docs/slack.md", retry=True, retry_after=_CIRCUIT_WAIT)
        never = self.code in OUR_FAULT or self.code in GONE or 300 <= self.status < 429 or 429 < self.status < 500
        error = f"slack: {self.code}"
        return Failed(error, retry=not never, retry_after=self.retry_after, ambiguous=self.ambiguous)


async def ask(call: Awaitable[AsyncSlackResponse]) -> Answer | Trouble:
    """Make one call of an AsyncWebClient."""
    try:
        response = await call
    except SlackApiError as error:
        return _refusal(error.response)
    except aiohttp.TooManyRedirects:
        return Trouble("redirected", status=302)
    except aiohttp.ClientConnectorError:
        return Trouble("could not connect")
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return Trouble(f"no answer ({type(error).__name__})", ambiguous=True)
    except (AttributeError, TypeError, ValueError):  # what the client does when an answer is JSON, but no object
        return Trouble("no answer (not Slack's JSON)", ambiguous=True)
    return response.data if isinstance(response.data, dict) else {}


def web_client(token: str, base_url: str, *, timeout: float = TIMEOUT) -> AsyncWebClient:
    """Make a client whose calls are single requests (`timeout` in seconds each); needs a running event loop.

    A proxy of the environment is used unless `no_proxy` names the host. Close its `session` at the end.
    """
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse_redirect)
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout), connector=aiohttp.TCPConnector(force_close=True), trace_configs=[tracing]
    )
    client = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
    parts = urlsplit(client.base_url)
    client.proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return client


async def _refuse_redirect(_: aiohttp.ClientSession, __: object, redirect: aiohttp.TraceRequestRedirectParams) -> None:
    """Follow nobody: the token is meant for the address that was configured."""
    raise aiohttp.TooManyRedirects(redirect.response.request_info, redirect.response.history)


def _refusal(response: Any) -> Trouble:
    """Read a refusal: the client gives its own response, or aiohttp's where the body was no JSON."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429 or code in _RATE_LIMITED:
        return Trouble("ratelimited", status, retry_after=_seconds(response.headers))
    if code is None:
        return Trouble(f"answered {status}", status, ambiguous=status >= 500 or status == 200)
    return Trouble(str(code)[:80], status if status != 200 else 0, ambiguous=code in _MAYBE_DONE or status >= 500)


def _seconds(headers: Mapping[str, str]) -> float | None:
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    return min(float(text), MAX_WAIT) if text.isdigit() else None
