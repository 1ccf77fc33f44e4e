"""What goes wrong on a page is said on a page, and what was typed is shown again, to be copied.

What somebody may not know of, and what doesn't exist, look the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.body import StrictRequest
from api.parts import Parts, parts_in, parts_of
from api.problems import CODES, RETRY_AFTER_SECONDS, Problem, not_found
from api.room.form_posts import posted, typed_in
from api.room.pages import drawn, root_of
from api.room.sessions import COOKIE, Visitor, visitor_of
from engine.store.fault import Fault

_log = structlog.get_logger("firebreak.http")
_TITLES: Final = {
    404: "There is no such page",
    **{status: title for status, title in CODES.values() if status in (400, 408, 413, 415, 422, 503)},
    403: "That was not taken",
}
_NOT_FOUND: Final = "There is nothing at this address, or it is not for you."


class SignInNeeded(Exception):
    """Nobody is signed in, or not any more."""


async def visiting(request: Request, parts: Annotated[Parts, Depends(parts_of)]) -> Visitor:
    """Give who is signed in; raises SignInNeeded."""
    visitor = await visitor_of(parts, request.cookies.get(COOKIE))
    if visitor is None:
        raise SignInNeeded
    return visitor


With = Annotated[Parts, Depends(parts_of)]
Visiting = Annotated[Visitor, Depends(visiting)]


class PageRoute(APIRoute):
    """A route that reads its requests strictly and answers with pages only."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            try:
                return await handle(strict)
            except SignInNeeded:
                return sign_in_page(parts_in(request), _path(request), typed=await _typed(strict), status=_signed_out(request))
            except Problem as problem:
                return _said(request, _sentence(problem), status=problem.status, typed=await _typed(strict))
            except RequestValidationError:
                return _said(request, _NOT_FOUND, status=404)
            except Fault as fault:
                _log.error("fault", what=fault.what, done=fault.done, advice=fault.advice)
                return await _away(strict, fault)

        return handle_as_page


def sign_in_page(parts: Parts, to: str, *, wrong: str | None = None, typed: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """Ask for a token; `to` is the page that is shown then, `typed` what was sent after a session had ended."""
    return drawn(parts, "sign_in", status=status, to=to, wrong=wrong, typed=typed or {})


def no_such_page() -> Problem:
    """Say that a page doesn't exist, or is not for whoever asks."""
    return not_found("this page")


def _signed_out(request: Request) -> int:
    return 200 if request.method == "GET" else 403


def _path(request: Request) -> str:
    """Give the page to go on with: of a form, the one that it stood on."""
    path = request.url.path.removeprefix(root_of(parts_in(request)))
    return path if request.method == "GET" else path.rpartition("/")[0]


def _said(request: Request, sentence: str, *, status: int, typed: Mapping[str, str] | None = None) -> Response:
    return drawn(parts_in(request), "said", status=status, title=_TITLES.get(status, "No"), sentence=sentence, typed=typed or {})


async def _away(request: StrictRequest, fault: Fault) -> Response:
    sentence = f"Storage is away for the moment: {fault.done}. Try again in a few seconds."
    response = _said(request, sentence, status=503, typed=await _typed(request))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


async def _typed(request: StrictRequest) -> dict[str, str]:
    """Give what somebody wrote into a form of ours that was not taken, so that it is not lost."""
    if request.method != "POST":
        return {}
    try:
        form = await posted(request, parts_in(request).settings.address)
    except Problem:
        return {}
    return typed_in(form)


def _sentence(problem: Problem) -> str:
    if problem.code == "not_found":
        return _NOT_FOUND
    return f"{problem.detail[:1].upper()}{problem.detail[1:]}."
