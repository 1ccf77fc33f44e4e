"""Signing in with a personal token, and out again.

The form is taken from our own pages only, so nobody can be signed in as somebody else by another site.
"""

import re
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.problems import Problem
from api.room.form_posts import posted
from api.room.page_route import PageRoute, Visiting, With, sign_in_page
from api.room.pages import root_of
from api.room.sessions import COOKIE, LASTS, Sessions, tried

router = APIRouter(prefix="/rooms", include_in_schema=False, route_class=PageRoute)

LIST: Final = "/rooms"
_OURS: Final = re.compile(r"/rooms(/[\w-]{1,64}){0,3}", re.ASCII)
_LONGEST: Final = 300


@router.post("/sign-in")
async def sign_in(request: Request, parts: With) -> Response:
    """Open a session with the token that was pasted, and go on to the page that was asked for."""
    form = await posted(request, parts.settings.address)
    secret, to = form.get("token", "").strip()[:_LONGEST], _place(form.get("to", ""))
    wrong = await tried(parts, secret) if secret else "Paste your token; it begins with fb_."
    if wrong is not None:
        return sign_in_page(parts, to, wrong=wrong, status=403)
    response = RedirectResponse(f"{root_of(parts)}{to}", status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE,
        Sessions(parts.sealer).sealed(secret, parts.clock.now()),
        max_age=int(LASTS.total_seconds()),
        path=f"{root_of(parts)}{LIST}",
        secure=parts.settings.address.startswith("https://"),
        httponly=True,
        samesite="lax",  # a link in Slack leads here from another site
    )
    return response


@router.get("/sign-in")
@router.get("/sign-out")
async def elsewhere(parts: With) -> Response:
    """Lead on whoever loads the address of a form again."""
    return RedirectResponse(f"{root_of(parts)}{LIST}", status_code=303)


@router.post("/sign-out")
async def sign_out(request: Request, parts: With, visitor: Visiting) -> Response:
    """Forget the session in this browser."""
    form = await posted(request, parts.settings.address)
    if Sessions(parts.sealer).number(visitor, form.get("form", "")) is None:
        raise Problem("forbidden", "this form belongs to another session; open the page again, and sign out there")
    response = RedirectResponse(f"{root_of(parts)}{LIST}", status_code=303, headers={"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, path=f"{root_of(parts)}{LIST}")
    return response


def _place(given: str) -> str:
    """Give the page to go on with; anything but one of ours becomes the list."""
    return given if _OURS.fullmatch(given) else LIST
