"""The plan of an incident's playbook in plain words, as it is printed: what happens, who does it, by when."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.room.page_route import PageRoute, Visiting, With
from api.room.pages import page_path
from api.room.rooms import Key, seen_by

router = APIRouter(prefix="/rooms", include_in_schema=False, route_class=PageRoute)

_STYLE: Final = ("<style>", "</style>")


@router.get("/{key}/plan")
async def playbook(key: Key, parts: With, visitor: Visiting) -> Response:
    """Show the version that the incident is pinned to, with the way back; what private and privileged steps hold stays out."""
    from api.cli.plan_page import page
    from engine.authoring.paper.book import Book
    from engine.authoring.paper.plan import plan

    seen = await seen_by(parts, visitor, key)
    text = page(plan(Book(seen.world.plan.playbook, seen.world.texts, seen.world.organisation)))
    back = f'<p class="facts"><a href="{page_path(parts, seen.incident.key)}">{seen.incident.key}</a></p>'
    text = text.replace("<body>", f"<body>\n{back}", 1)
    style = text.partition(_STYLE[0])[2].partition(_STYLE[1])[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(text, headers={"Cache-Control": "no-store", "Content-Security-Policy": policy, "Referrer-Policy": "same-origin"})
