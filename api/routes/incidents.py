"""Incidents: declare, find, look at one, its history, and what was sent."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api.asked import AskedRoute
from api.commanding import Calling, etag
from api.paging import Cursor, Limit, listing
from api.plainly import CommandRoute
from api.problems import declared
from api.reading import Look, Looking
from api.routes import incident_answers as answers
from api.routes import incident_bodies as bodies
from api.routes.shapes import incident_line
from api.timeline import after_of, told
from engine.incident import commands as c
from engine.incident.describe import incident_facts
from engine.runtime.telling import told_facts
from engine.store.views import IncidentFilter, incidents_listed

router = APIRouter(prefix="/v1/incidents", tags=["incidents"], route_class=CommandRoute)
lists = APIRouter(prefix="/v1/incidents", tags=["incidents"], route_class=AskedRoute)

Key = Annotated[str, Path(max_length=64, description="Key (`INC-7`) or id.", examples=["INC-7"])]
Text = Annotated[str | None, Query(max_length=300)]


@router.post("", status_code=201, summary="Declare an incident", responses=declared(403, 409, gives=answers.DeclaredIncident, status=201))
async def declare(body: bodies.Declare, call: Calling) -> JSONResponse:
    """Start an incident from the latest version of a playbook. `similar` names open incidents that hold one of its links."""
    command = c.Declare(
        id="",
        key="",
        inputs=body.inputs,
        unknown=tuple(body.unknown),
        title=body.title,
        severity=body.severity,
        mode=body.mode,
        speed=body.speed,
        external_ref=body.external_ref,
        detected_at=body.detected_at,
    )
    return await call.declare(body.playbook, command)


@lists.get("", summary="Find incidents", responses=declared(gives=answers.IncidentPage))
async def find(
    request: Request,
    look: Looking,
    status: Annotated[list[answers.Status] | None, Query(description="Any of these.")] = None,
    severity: Annotated[list[str] | None, Query(max_length=20, description="Any of these.")] = None,
    playbook: Text = None,
    person: Annotated[str | None, Query(max_length=300, description="Somebody who takes part, by id.")] = None,
    q: Annotated[str | None, Query(max_length=300, description='Words, "words as they stand", or a key; all must be in it.')] = None,
    mode: Literal["live", "rehearsal"] | None = None,
    external_ref: Text = None,
    declared_after: AwareDatetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JSONResponse:
    """List the incidents that you may know of, newest first."""
    wanted = IncidentFilter(
        status=tuple(status or ()),
        severity=tuple(severity or ()),
        playbook=playbook,
        person=person,
        text=q,
        mode=mode,
        external_ref=external_ref,
        declared_after=declared_after,
    )
    sealer, viewer, ask = look.parts.sealer, look.caller.viewer, look.ask if q else look.glance
    page = await ask(lambda tx: incidents_listed(tx, sealer, wanted, viewer=viewer, cursor=cursor, limit=limit))
    return listing(request, page.items, page.next, incident_line)


@router.get("/{key}", summary="Look at an incident", responses=declared(gives=answers.Incident))
async def get(key: Key, look: Looking) -> JSONResponse:
    """Give an incident: status, severity, roles, milestones with the time left, metrics, counts and links. Its `ETag` is its version."""
    seen = await look.incident(key)
    facts = incident_facts(seen.world, seen.incident, viewer=look.caller.actor, now=look.parts.clock.now())
    return JSONResponse(facts, headers={"ETag": etag(seen.incident.version)})


@router.get("/{key}/timeline", summary="Read what happened", responses=declared(gives=answers.TimelinePage))
async def timeline(request: Request, key: Key, look: Looking, cursor: Cursor = None, limit: Limit = 50) -> JSONResponse:
    """Give the history, oldest first, one sentence an entry."""
    seen = await look.incident(key)
    page, following = await _page(look, seen, cursor, limit)
    return listing(request, page, following, lambda each: told_facts(seen.world, each))


async def _page(look: Look, seen: Any, cursor: str | None, limit: int) -> tuple[list[Any], str | None]:
    sealer = look.parts.sealer
    page = await look.ask(lambda tx: told(tx, sealer, seen, after=after_of(cursor), limit=limit + 1))
    shown = page[:limit]
    return shown, str(shown[-1].seq) if len(page) > limit else None
