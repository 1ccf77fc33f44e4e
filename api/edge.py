"""What every request passes before any route: an id, a bound on its size, a line in the log, a place in the figures.

Rules:
- `X-Request-Id` is taken over when it is 1 to 64 letters, digits, dots, dashes or underscores, else made;
  it is echoed, and stands in every line logged meanwhile, with the incident that the address names and the id of the trace
  that it is part of (`traceparent`).
- The log has the template of the address, never the address itself: people write names, and programs tokens, into addresses.
- A request whose answer never began counts as 500, or as 499 when whoever asked went away.
- A body that says it is larger than the limit is refused unread; Starlette's own limit counts what arrives.
- NUL in a path or query is refused: nothing that is looked up by it could exist.
"""

import asyncio
import re
from time import perf_counter
from typing import TYPE_CHECKING, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body import LIMIT
from api.metrics import METHODS, Metrics
from api.problems import Problem, respond_problem
from api.tracing import Answered, request_span
from engine.runtime.clock import new_mark
from engine.store import patience

if TYPE_CHECKING:
    from api.spans import Tracing

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_INCIDENT: Final = re.compile(r"/(?:incidents|rooms)/(INC-[0-9]{1,9}|[0-9a-f]{32})(?:/|$)")
_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_log = structlog.get_logger("firebreak.http")


class Edge:
    """The outermost layer of the HTTP application."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracing: "Tracing | None" = None) -> None:
        self.app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = _request_id(scope), perf_counter(), 500
        patience.begin()
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.update(scope["state"].get("headers", {}))
                status = message["status"]
            await send(message)

        named = {"request_id": request_id, **_named(scope)}
        with request_span(self._tracing, scope, named) as answered, structlog.contextvars.bound_contextvars(**named):
            try:
                await self._pass(scope, receive, send_with_id)
            except asyncio.CancelledError:
                status = 499
                raise
            finally:
                self._tell(scope, status, perf_counter() - began, answered)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = _objection(scope)
        if problem is not None:
            await respond_problem(problem, Request(scope, receive))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _tell(self, scope: Scope, status: int, seconds: float, answered: Answered | None) -> None:
        """Count and log a request; a method or an address that we don't know is a word that somebody wrote."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = str(getattr(scope.get("route"), "path", "none"))
        self._metrics.answered(method=method, route=route, status=status, seconds=seconds)
        if answered is not None:
            answered(method, route, status)
        _log.info("answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_mark()


def _named(scope: Scope) -> dict[str, str]:
    """Name what a line of the log can be found by: the incident of the address, and the trace that the request is part of."""
    incident = _INCIDENT.search(scope["path"])
    trace = _TRACE.fullmatch(Headers(scope=scope).get("traceparent", ""))
    return ({"incident": incident[1]} if incident else {}) | ({"trace_id": trace[1]} if trace else {})


def _objection(scope: Scope) -> Problem | None:
    length = Headers(scope=scope).get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return Problem("malformed", "content-length is not a number")
    if len(length) > 12 or int(length) > LIMIT:
        return Problem("too_large", f"a request body is at most {LIMIT} bytes")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
        return Problem("invalid", "the address may not contain NUL", errors=[{"field": "address", "message": "may not contain NUL"}])
    return None
