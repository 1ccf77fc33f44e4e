"""Steps of an incident: look at them, and every command that works on one."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from api.commanding import Call, Calling, etag
from api.naming import person_of
from api.plainly import CommandRoute
from api.problems import declared, not_found
from api.reading import Looking
from api.routes import step_answers as answers
from api.routes import step_bodies as bodies
from api.routes.incidents import Key
from engine.incident import commands as c
from engine.incident.commands import AnyCommand
from engine.incident.describe import step_facts, step_ids

router = APIRouter(prefix="/v1/incidents/{key}/steps", tags=["steps"], route_class=CommandRoute)

Step = Annotated[str, Path(max_length=64, description="Id of a step, a follow-up or an added task.", examples=["facts"])]
_ERRORS = declared(403, 409, 412, gives=answers.Step)


@router.get("", summary="List the steps", responses=declared(gives=answers.StepPage))
async def steps(key: Key, look: Looking) -> JSONResponse:
    """Give all steps in the playbook's order, then follow-ups, then added tasks, with what is allowed on each now."""
    seen = await look.incident(key)
    world, incident, viewer, now = seen.world, seen.incident, look.caller.actor, look.parts.clock.now()
    items = [step_facts(world, incident, name, viewer=viewer, now=now) for name in step_ids(world, incident)]
    return JSONResponse({"items": items, "next": None}, headers={"ETag": etag(incident.version)})


@router.get("/{step}", summary="Look at a step", responses=declared(gives=answers.Step))
async def step(key: Key, step: Step, look: Looking) -> JSONResponse:
    """Give one step. What stands in a private step is for the people who work on it."""
    seen = await look.incident(key)
    if step not in step_ids(seen.world, seen.incident):
        raise not_found("this step")
    facts = step_facts(seen.world, seen.incident, step, viewer=look.caller.actor, now=look.parts.clock.now())
    return JSONResponse(facts, headers={"ETag": etag(seen.incident.version)})


@router.post("/{step}/start", summary="Take a step", responses=_ERRORS)
async def start(key: Key, step: Step, call: Calling) -> JSONResponse:
    """Begin work on a ready step; it is yours from then on."""
    return await _run(call, key, c.StartStep(step))


@router.post("/{step}/tick", summary="Tick a checklist item", responses=_ERRORS)
async def tick(key: Key, step: Step, body: bodies.Tick, call: Calling) -> JSONResponse:
    """Tick an item, or take the tick back."""
    return await _run(call, key, c.TickItem(step, body.item, body.done))


@router.post("/{step}/complete", summary="Complete a step", responses=_ERRORS)
async def complete(key: Key, step: Step, call: Calling, body: bodies.Complete | None = None) -> JSONResponse:
    """Say that the work is done, with its result where the step asks for one."""
    given = body or bodies.Complete()
    return await _run(call, key, c.CompleteStep(step, given.result, given.link))


@router.post("/{step}/skip", summary="Skip a step", responses=_ERRORS)
async def skip(key: Key, step: Step, body: bodies.Skip, call: Calling) -> JSONResponse:
    """Leave a step out, with a reason; what a policy needs can't be skipped."""
    return await _run(call, key, c.SkipStep(step, body.reason))


@router.post("/{step}/assign", summary="Give a step to somebody", responses=_ERRORS)
async def assign(key: Key, step: Step, body: bodies.Assign, call: Calling) -> JSONResponse:
    """Give a step to one person; otherwise it follows its role."""
    return await _run(call, key, c.AssignStep(step, person_of(call.parts.library.organisation, body.person)))


@router.post("/{step}/answer", summary="Answer a decision", responses=_ERRORS)
async def answer(key: Key, step: Step, body: bodies.Answer, call: Calling) -> JSONResponse:
    """Choose an option, or revise the choice (then `note` says why)."""
    return await _run(call, key, c.Answer(step, body.option, body.note))


@router.post("/{step}/submit", summary="Submit words", responses=_ERRORS)
async def submit(key: Key, step: Step, call: Calling, body: bodies.Submit | None = None) -> JSONResponse:
    """Submit a version of a statement. New words void the approvals given to the old ones."""
    given = body or bodies.Submit()
    return await _run(call, key, c.SubmitDraft(step, given.text, given.language, texts=dict(given.texts), version=given.version))


@router.post("/{step}/approve", summary="Approve", responses=_ERRORS)
async def approve(key: Key, step: Step, body: bodies.Approve, call: Calling) -> JSONResponse:
    """Turn a key on exactly the version that was read. Needs a personal token: services and admin tokens hold no keys."""
    return await _run(call, key, c.Approve(step, body.version, body.role))


@router.post("/{step}/reject", summary="Reject", responses=_ERRORS)
async def reject(key: Key, step: Step, body: bodies.Reject, call: Calling) -> JSONResponse:
    """Send the words (or the work) back with a comment. Needs a personal token."""
    return await _run(call, key, c.Reject(step, body.version, body.comment, body.role))


@router.post("/{step}/withdraw", summary="Withdraw an approval", responses=_ERRORS)
async def withdraw(key: Key, step: Step, body: bodies.Withdraw, call: Calling) -> JSONResponse:
    """Take an approval back, until it has been used. Needs a personal token."""
    return await _run(call, key, c.Withdraw(step, body.version, body.reason))


@router.post("/{step}/confirm", summary="Confirm that words were published", responses=_ERRORS)
async def confirm(key: Key, step: Step, body: bodies.Confirm, call: Calling) -> JSONResponse:
    """Say where the approved words now stand."""
    return await _run(call, key, c.Confirm(step, body.channel, body.link, body.text, body.version))


@router.post("/{step}/decline", summary="Decline a step", responses=_ERRORS)
async def decline(key: Key, step: Step, body: bodies.Decline, call: Calling) -> JSONResponse:
    """Say that you can't do it: it goes to somebody else of its role or fallback."""
    return await _run(call, key, c.Decline(step, body.reason))


@router.post("/{step}/snooze", summary="Silence reminders", responses=_ERRORS)
async def snooze(key: Key, step: Step, body: bodies.Snooze, call: Calling) -> JSONResponse:
    """Silence the reminders of a step for a while; escalation goes on."""
    return await _run(call, key, c.Snooze(step, body.span))


@router.post("/{step}/evidence", summary="Record evidence", responses=_ERRORS)
async def evidence(key: Key, step: Step, body: bodies.Evidence, call: Calling) -> JSONResponse:
    """Record one saved item for one source. Its hash is as you typed it, so the item is *reported*, not *verified*."""
    command = c.AddEvidence(
        step, body.source, body.sha256, collected=dict(body.collected), tool=body.tool, account=body.account, note=body.note
    )
    return await _run(call, key, command)


@router.post("/{step}/record", summary="Record metrics of a step", responses=_ERRORS)
async def record(key: Key, step: Step, body: bodies.Metrics, call: Calling) -> JSONResponse:
    """Record values for a monitor or a follow-up."""
    return await _run(call, key, c.RecordMetrics(body.root, step))


@router.post("/{step}/comment", summary="Comment on a step", responses=_ERRORS)
async def comment(key: Key, step: Step, body: bodies.Comment, call: Calling) -> JSONResponse:
    """Write a comment into the history."""
    return await _run(call, key, c.Comment(step, body.text))


async def _run(call: Call, key: str, command: AnyCommand) -> JSONResponse:
    step = getattr(command, "step", None)
    return await call.run(key, command, step=step)
