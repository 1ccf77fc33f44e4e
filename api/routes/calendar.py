"""A person's due steps and follow-ups as a calendar feed."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials

from api.auth import Caller, bearer, caller_with
from api.body import StrictRoute
from api.naming import find_person
from api.parts import parts_in
from api.problems import Problem, declared, not_found
from api.scopes import Scope
from engine.store.tasks import Task, TaskFilter, tasks_of

MOST: Final = 1_000
FEED_SCOPE: Final[Scope] = "calendar:read"
_STATES: Final = ("waiting", "ready", "doing")

router = APIRouter(prefix="/v1/people", tags=["tasks"], route_class=StrictRoute)


async def subscriber(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    token: Annotated[
        str | None,
        Query(max_length=100, description="For calendar programs, which send no header: a token with the scope `calendar:read` alone."),
    ] = None,
) -> Caller:
    """Let in by the header, or by a token in the address that reaches nothing else: addresses end up in histories and logs."""
    caller = await caller_with(request, given.credentials if given else token, FEED_SCOPE)
    if given is None and caller.token.scopes != {FEED_SCOPE}:
        raise Problem("forbidden", f"a token in an address may have the scope {FEED_SCOPE!r} and no other", scope=FEED_SCOPE)
    return caller


@router.get(
    "/{id}/calendar.ics",
    summary="Subscribe to what is due",
    responses=declared() | {200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def calendar(
    request: Request,
    id: Annotated[str, Path(max_length=300, description="Somebody's id or e-mail; `me` is you.", examples=["ana"])],
    caller: Annotated[Caller, Depends(subscriber)],
) -> Response:
    """Give somebody's steps that have a deadline, of incidents that you may know of, as a calendar (RFC 5545)."""
    from api.calendar_feed import calendar_of

    parts = parts_in(request)
    organisation = parts.library.organisation
    person = caller.actor.person if id == "me" else find_person(organisation, id)
    if person is None:
        raise not_found("this person")
    wanted = TaskFilter(person=person, states=_STATES)
    page = await parts.database.read(lambda tx: tasks_of(tx, parts.sealer, wanted, viewer=caller.viewer, limit=MOST))
    known = organisation.people.get(person)
    tasks: list[Task] = list(page.items)
    text = await asyncio.to_thread(
        calendar_of, known.name if known else person, tasks, address=parts.settings.address, now=parts.clock.now()
    )
    return Response(text, media_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private, max-age=300"})
