"""One Slack Web API call: what came back as a value, and what a refusal means for the delivery.

    ask(call) -> Answer | Trouble          what a Trouble means: `slack_trouble.py`, `slack_errors.py`

Rules:
- Behind a gate (`slack_gate.py`) no call is made before its time: `ask` then says when, and nothing was sent.
- One call is one request: no retry handlers, no redirects. A connection is kept for the next call, but only for a moment:
  one that Slack has closed meanwhile would make an ambiguous failure out of nothing.
- A request that Slack may have carried out although we did not hear so is ambiguous: a timeout after it was
  sent, a cut connection, any 5xx, `fatal_error`, `internal_error`, `request_timeout`.
- Errors name Slack's code, never what we sent.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from engine.channels.slack_errors import class_of
from engine.channels.slack_gate import Gate
from engine.channels.slack_pace import POST
from engine.channels.slack_trouble import MAX_WAIT, UNSAID, Trouble

TIMEOUT: Final = 10.0
"""Seconds for one call, connecting included."""
KEPT: Final = 4.0
"""Seconds that a connection waits for the next call; servers close theirs after 5 seconds at the least, Slack's after a minute."""

Answer = Mapping[str, Any]

__all__ = ["TIMEOUT", "Answer", "GatedClient", "Stopped", "Trouble", "ask", "web_client"]

_RATE_LIMITED: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

_log = structlog.get_logger("firebreak.slack")


class Stopped(Exception):
    """A call that the gate held back, or whose trouble it has learnt from already."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


class GatedClient(AsyncWebClient):
    """Slack's own client behind a gate. It is a subclass because all its methods come through `api_call`."""

    gate: Gate

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:
        channel = _channel_of(options)
        held = await self.gate.enter(api_method, channel)
        if held is not None:
            raise Stopped(held)
        answer = await _answered(super().api_call(api_method, **options))
        if isinstance(answer, Trouble):
            trouble = replace(answer, method=api_method)
            await self.gate.leave(api_method, channel, trouble)
            raise Stopped(trouble)
        await self.gate.leave(api_method, channel, None)
        if api_method == POST:
            await self.gate.learn(channel, str(answer.get("channel") or ""))
        return answer


async def ask(call: Awaitable[AsyncSlackResponse]) -> Answer | Trouble:
    """Make one call of an AsyncWebClient."""
    try:
        response = await _answered(call)
    except Stopped as stopped:
        return stopped.trouble
    if isinstance(response, Trouble):
        return response
    return response.data if isinstance(response.data, dict) else {}


async def _answered(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse | Trouble:
    try:
        return await call
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


def web_client(token: str, base_url: str, *, timeout: float = TIMEOUT, gate: Gate | None = None) -> AsyncWebClient:
    """Make a client whose calls are single requests (`timeout` in seconds each); needs a running event loop.

    With a gate no call is made before its time, and `ask` says when; without one (while somebody waits) all are made at once.
    A proxy of the environment is used unless `no_proxy` names the host. Close its `session` at the end.
    """
    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(_refuse_redirect)
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout), connector=aiohttp.TCPConnector(keepalive_timeout=KEPT), trace_configs=[tracing]
    )
    kind = AsyncWebClient if gate is None else GatedClient
    client = kind(token=token, base_url=base_url, session=session, retry_handlers=[])
    if isinstance(client, GatedClient) and gate is not None:
        client.gate = gate
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
    method = urlsplit(str(getattr(response, "api_url", ""))).path.rpartition("/")[2]
    if status == 429 or code in _RATE_LIMITED:
        return Trouble("ratelimited", status, retry_after=_seconds(response.headers), waits=True, method=method)
    if code is None:
        return Trouble(f"answered {status}", status, ambiguous=status >= 500 or status == 200, method=method)
    kind = class_of(method, str(code))
    if kind is None:
        _log.warning("slack answers with a code that is in no table", method=method, code=str(code)[:80])
    is_unsure = kind == "unsure" or status >= 500
    return Trouble(str(code)[:80], status if status != 200 else 0, ambiguous=is_unsure, method=method)


def _channel_of(options: Mapping[str, Any]) -> str:
    given = options.get("json") or options.get("params") or options.get("data")
    return str(given.get("channel") or "") if isinstance(given, Mapping) else ""


def _seconds(headers: Mapping[str, str]) -> float:
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    return min(float(text), MAX_WAIT) if text.isdigit() else UNSAID
