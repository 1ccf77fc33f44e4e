"""What every request passes before any route: an id, a bound on its size, a line in the log.

Rules:
- `X-Request-Id` is taken over when it is 1 to 64 letters, digits, dots, dashes or underscores, else made;
  it is echoed, and stands in every line logged meanwhile.
- A body that says it is larger than the limit is refused unread; Starlette's own limit counts what arrives.
- NUL in a path or query is refused: nothing that is looked up by it could exist.
"""

import re
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body import LIMIT
from api.problems import Problem, respond_problem
from engine.runtime.clock import new_mark

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ANSWER: Final = re.compile(r"(/reach/\w+/).+")
_log = structlog.get_logger("firebreak.http")


class Edge:
    """The outermost layer of the HTTP application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
                _log.info("answered", method=scope["method"], path=_path(scope), status=message["status"])
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            problem = _objection(scope)
            if problem is not None:
                await respond_problem(problem, Request(scope, receive))(scope, receive, send_with_id)
                return
            await self.app(scope, receive, send_with_id)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_mark()


def _path(scope: Scope) -> str:
    """Give the path as it was sent, percent-encoded, so that no path can forge a line of the log; what answers a call is left out."""
    return _ANSWER.sub(r"\1…", str(scope.get("raw_path", b"").decode("ascii", "replace"))[:200])


def _objection(scope: Scope) -> Problem | None:
    length = Headers(scope=scope).get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return Problem("malformed", "content-length is not a number")
    if len(length) > 12 or int(length) > LIMIT:
        return Problem("too_large", f"a request body is at most {LIMIT} bytes")
    if "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]:
        return Problem("invalid", "the address may not contain NUL", errors=[{"field": "address", "message": "may not contain NUL"}])
    return None
