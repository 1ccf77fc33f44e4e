"""Everything that somebody has to do, across incidents."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api.asked import AskedRoute
from api.naming import person_of
from api.paging import Cursor, Limit, listing
from api.problems import declared
from api.reading import Looking
from api.routes.incident_answers import StepState, TaskPage
from api.routes.shapes import tasks_shown
from engine.store.tasks import TaskFilter, tasks_listed

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], route_class=AskedRoute)


@router.get("", summary="List what is to be done", responses=declared(gives=TaskPage))
async def tasks(
    request: Request,
    look: Looking,
    person: Annotated[str | None, Query(max_length=300, description="Somebody's id or e-mail; `me` is you.")] = None,
    state: Annotated[list[StepState] | None, Query(description="Any of these; by default `ready` and `doing`.")] = None,
    late: Annotated[bool, Query(description="Only what is late now.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JSONResponse:
    """List steps of incidents that you may know of, what is due first."""
    now, me = look.parts.clock.now(), look.caller.actor.person
    whose = me or "" if person == "me" else person and person_of(look.parts.library.organisation, person)
    wanted = TaskFilter(person=whose, states=tuple(state or ("ready", "doing")), late_at=now if late else None)
    sealer, viewer = look.parts.sealer, look.caller.viewer
    page = await look.glance(lambda tx: tasks_listed(tx, sealer, wanted, viewer=viewer, cursor=cursor, limit=limit))
    return listing(request, page.items, page.next, tasks_shown(person=me, now=now))
