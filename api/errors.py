"""From what went wrong to a problem: the framework's own errors included, so that every "no" has one shape."""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.problems import CODES, Problem, problem_body, respond, respond_fault, respond_problem
from engine.store.fault import Fault

_log = structlog.get_logger("firebreak.http")

_BY_STATUS: Final = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
}
_DETAILS: Final = {
    404: "there is nothing at this address",
    405: "use one of the methods in the Allow header",
    413: "a request body is at most 1 MiB",
}


def handle_errors(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Fault, _fault)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(Exception, _bug)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return respond_problem(error, request)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Fault)
    _log.error("fault", what=error.what, done=error.done, advice=error.advice)
    return respond_fault(error, request)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = field_errors(error.errors())
    first = errors[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return respond_problem(Problem("invalid", f"{first['field']!r}: {first['message']}{more}", errors=errors), request)


async def _of_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
    detail = _DETAILS.get(error.status_code, str(error.detail))
    body = problem_body(code, status=error.status_code, title=CODES[code][1], detail=detail, request=request)
    allow = _methods(request) if error.status_code == 405 else ""
    return respond(body, {"Allow": allow} if allow else error.headers)


def _methods(request: Request) -> str:
    """List every method of an address, the one with the fewest parameters that fits; the framework names those of its first route only."""
    routes: Sequence[APIRoute] = request.app.state.routes
    fitting = [route for route in routes if route.path_regex.match(request.url.path)]
    address = min((route.path for route in fitting), key=lambda path: path.count("{"), default="")
    return ", ".join(sorted({method for route in fitting if route.path == address for method in route.methods or ()}))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """Answer for a bug; this stands outside of what gives requests their ids, so that it gives the id itself."""
    request_id = getattr(request.state, "request_id", "")
    _log.error("bug", exc_info=error, request_id=request_id)
    answer = respond_problem(Problem("internal", "this is our fault; the log has the particulars under your request id"), request)
    answer.headers["X-Request-Id"] = request_id
    return answer


def field_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Say which fields are wrong and how, in words, without repeating their values."""
    return [{"field": _field(error["loc"]), "message": _message(error)} for error in errors]


def _field(location: Sequence[str | int]) -> str:
    parts = [str(part) for part in location]
    known = parts[1:] if parts and parts[0] in ("body", "query", "path", "header", "cookie") else parts
    return ".".join(known) or "body"


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown field"
    if error["type"] == "missing":
        return "field required"
    text = str(error["msg"])
    return text[:1].lower() + text[1:]
