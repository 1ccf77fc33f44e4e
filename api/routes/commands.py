"""Commands on a whole incident, and who holds its roles."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from api.commanding import Calling
from api.naming import person_of
from api.plainly import CommandRoute
from api.problems import Problem, declared, not_found
from api.routes import incident_bodies as bodies
from api.routes.incident_answers import Incident
from api.routes.incidents import Key
from api.routes.step_bodies import Metrics
from engine.incident import commands as c
from engine.store.library import by_version

router = APIRouter(prefix="/v1/incidents/{key}", tags=["incident commands"], route_class=CommandRoute)
people = APIRouter(prefix="/v1/incidents/{key}/roles/{role}", tags=["people"], route_class=CommandRoute)

Role = Annotated[str, Path(max_length=64, description="Name of a role in the playbook.", examples=["legal"])]
_ERRORS = declared(403, 409, 412, gives=Incident)


@router.post("/raise", summary="Raise the severity", responses=_ERRORS)
async def raise_severity(key: Key, body: bodies.Change, call: Calling) -> JSONResponse:
    """Raise the severity; steps that were skipped only for severity open again."""
    return await call.run(key, c.Raise(body.to, body.reason))


@router.post("/lower", summary="Lower the severity", responses=_ERRORS)
async def lower(key: Key, body: bodies.Change, call: Calling) -> JSONResponse:
    """Lower the severity; nothing opens again. Needs a personal token."""
    return await call.run(key, c.Lower(body.to, body.reason))


@router.post("/contain", summary="Stamp as contained", responses=_ERRORS)
async def contain(key: Key, call: Calling) -> JSONResponse:
    """Say that it is contained; work goes on."""
    return await call.run(key, c.Contain())


@router.post("/close", summary="Close", responses=_ERRORS)
async def close(key: Key, call: Calling) -> JSONResponse:
    """Complete the closing step when it is ready; otherwise the refusal says what is missing."""
    return await call.run(key, c.Close())


@router.post("/cancel", summary="Cancel", responses=_ERRORS)
async def cancel(key: Key, body: bodies.Reason, call: Calling) -> JSONResponse:
    """Stop everything; what is open is blocked with your reason."""
    return await call.run(key, c.Cancel(body.reason))


@router.post("/reopen", summary="Reopen", responses=_ERRORS)
async def reopen(key: Key, body: bodies.Reason, call: Calling) -> JSONResponse:
    """Reset the closing step and what came after it."""
    return await call.run(key, c.Reopen(body.reason))


@router.post("/restrict", summary="Close to participants", responses=_ERRORS)
async def restrict(key: Key, body: bodies.Reason, call: Calling) -> JSONResponse:
    """Hide it from everybody who takes no part; it goes on in a private room, and nothing opens it again."""
    return await call.run(key, c.Restrict(body.reason))


@router.post("/note", summary="Add a note", responses=_ERRORS)
async def note(key: Key, body: bodies.Note, call: Calling) -> JSONResponse:
    """Write something into the history."""
    return await call.run(key, c.Note(body.text))


@router.post("/add-task", summary="Add a task", responses=_ERRORS)
async def add_task(key: Key, body: bodies.AddTask, call: Calling) -> JSONResponse:
    """Add a task that the playbook doesn't have; it becomes a step."""
    return await call.run(key, c.AddTask(body.title, body.role, body.due))


@router.post("/fill", summary="Fill in inputs", responses=_ERRORS)
async def fill(key: Key, body: bodies.Values, call: Calling) -> JSONResponse:
    """Give inputs that were unknown at the start, or that are asked later."""
    return await call.run(key, c.Fill(body.root))


@router.post("/add", summary="Add people or links", responses=_ERRORS)
async def add(key: Key, body: bodies.Lists, call: Calling) -> JSONResponse:
    """Add to inputs of type `people` and `url_list`; evidence opens again for new links."""
    return await call.run(key, c.Add(body.root))


@router.post("/metrics", summary="Record metrics", responses=_ERRORS)
async def metrics(key: Key, body: Metrics, call: Calling) -> JSONResponse:
    """Record values by metric."""
    return await call.run(key, c.RecordMetrics(body.root))


@router.post("/hold", summary="Hold what is said outside", responses=_ERRORS)
async def hold(key: Key, body: bodies.Reason, call: Calling) -> JSONResponse:
    """Stop every publish and every message to outsiders, queued ones too."""
    return await call.run(key, c.Hold(body.reason))


@router.post("/release", summary="Release a hold", responses=_ERRORS)
async def release(key: Key, body: bodies.Reason, call: Calling) -> JSONResponse:
    """Let messages go out again. Needs the personal token of another key-holder."""
    return await call.run(key, c.Release(body.reason))


@router.post("/merge", summary="Merge into another incident", responses=_ERRORS)
async def merge(key: Key, body: bodies.Merge, call: Calling) -> JSONResponse:
    """Settle this incident as a duplicate of another."""
    into = await call.parts.handler.look(body.into, call.caller.actor)
    if into is None:
        message = "is no incident that you may see"
        raise Problem("invalid", f"into {message}", errors=[{"field": "into", "message": message}])
    return await call.run(key, c.Merge(into.incident.key, body.reason))


@router.post("/migrate", summary="Move to another playbook version", responses=_ERRORS)
async def migrate(key: Key, body: bodies.Migrate, call: Calling) -> JSONResponse:
    """Move the run to another published version of its playbook."""
    seen = await call.parts.handler.look(key, call.caller.actor)
    if seen is None:
        raise not_found("this incident")
    playbook = seen.incident.playbook.id
    version = await call.parts.database.read(lambda tx: by_version(tx, playbook, body.version))
    return await call.run(key, c.Migrate(body.version, version.digest if version else ""))


@router.post("/invite", summary="Invite somebody", responses=_ERRORS)
async def invite(key: Key, body: bodies.Invite, call: Calling) -> JSONResponse:
    """Let a person see and follow the incident."""
    return await call.run(key, c.Invite(person_of(call.parts.library.organisation, body.person)))


@people.put("", summary="Name who holds a role", responses=_ERRORS)
async def name_role(key: Key, role: Role, body: bodies.NameRole, call: Calling) -> JSONResponse:
    """Give a role to a person. A role that holds a key goes only to people whom the playbook yields, by a personal token."""
    return await call.run(key, c.NameRole(role, person_of(call.parts.library.organisation, body.person)))


@people.post("/acknowledge", summary="Acknowledge a role", responses=_ERRORS)
async def acknowledge(key: Key, role: Role, call: Calling) -> JSONResponse:
    """Say that you have been reached and hold the role."""
    return await call.run(key, c.Acknowledge(role))


@people.post("/hand-over", summary="Hand a role over", responses=_ERRORS)
async def hand_over(key: Key, role: Role, body: bodies.HandOver, call: Calling) -> JSONResponse:
    """Give your role to somebody else, with a note on where things stand."""
    return await call.run(key, c.HandOver(role, person_of(call.parts.library.organisation, body.to), body.note))
