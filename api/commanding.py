"""One way from a request to a command and back: who, which version, which key, then the answer.

    Call.run(command)      -> the incident (or step) after it, with its version as ETag
    Call.declare(…)        -> the new incident

Nothing is decided here: the handler decides, and each of its outcomes has one shape over HTTP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, assert_never

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from api.auth import Caller, needs
from api.idempotency import HEADER, KEY, PATIENCE_SECONDS, Answer, Remembered, key_of, pause, replayed, request_hash, unusable
from api.json_answer import JsonAnswer
from api.parts import Parts, parts_in
from api.problems import MEDIA_TYPE, Problem, not_found, refusal_body
from api.reading import note_look
from engine.incident.commands import AnyCommand, Declare
from engine.incident.describe import incident_facts, step_facts
from engine.incident.refusal import Refusal
from engine.runtime.outcome import Handled, Memory, NotFound, Outcome, Recalled, Stale
from engine.store.idempotency import Mismatch, Running, Stored

_ATTEMPTS: Final = 9
"""Pauses of 0.05 s doubling to 0.8 s: just under `PATIENCE_SECONDS` in all."""

_TAG: Final = r'^(\*|(W/)?"[0-9]{1,9}")$'
"""What `If-Match` takes, for the document; any other text fits no version."""

Work = Callable[[Memory | None], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a change, by somebody who may write."""

    request: Request
    parts: Parts
    caller: Caller
    key: str | None
    if_match: str | None

    async def run(self, incident: str, command: AnyCommand, *, step: str | None = None) -> JSONResponse:
        """Carry out a command on an incident; answers with the step when the address names one, else with the incident."""
        version = _version(self.if_match)

        def work(memory: Memory | None) -> Awaitable[Outcome]:
            return self.parts.handler.handle(incident, command, self.caller.actor, if_match=version, memory=memory)

        return await self._answered(work, lambda handled: self._after(handled, step))

    async def declare(self, playbook: str, command: Declare) -> JSONResponse:
        """Declare an incident from the latest version of a playbook."""

        def work(memory: Memory | None) -> Awaitable[Outcome]:
            return self.parts.handler.declare(playbook, command, self.caller.actor, memory=memory)

        return await self._answered(work, self._made)

    async def once(self, unit: Callable[[Connection], Answer | None], incident_id: str | None) -> JSONResponse | None:
        """Do something beside the rules in one transaction, once for each key; None when the unit found nothing to do."""
        memory = self._memory(_no_answer, await self.request.body())

        def remembered(tx: Connection) -> Answer | Stored | Running | Mismatch | None:
            found = memory.recall(tx) if memory else None
            if found is not None:
                return found
            answer = unit(tx)
            if memory and answer:
                memory.save(tx, answer, incident_id)
            elif memory:
                memory.release(tx)
            return answer

        outcome = await self.parts.database.write(remembered)
        if outcome is None or isinstance(outcome, Answer):
            return _response(outcome) if outcome else None
        return _response(_recalled(outcome))

    async def _answered(self, work: Work, accepted: Callable[[Handled], Answer]) -> JSONResponse:
        def answer(decided: Handled | Refusal) -> Answer:
            return accepted(decided) if isinstance(decided, Handled) else self._refused(decided)

        body = await self.request.body() if self.key is not None else b""
        for attempt in range(_ATTEMPTS):
            memory = self._memory(answer, body)
            outcome = await work(memory)
            if not (isinstance(outcome, Recalled) and isinstance(outcome.answer, Running)):
                break
            await pause(attempt)
        kept = memory.answer if memory else None
        return _response(kept or _answer(outcome, answer))

    def _memory(self, answer: Callable[[Handled | Refusal], Answer], body: bytes) -> Remembered | None:
        if self.key is None:
            return None
        return Remembered(
            self.parts.sealer,
            key=self.key,
            token_id=self.caller.token.id,
            request=request_hash(self.request.method, self.request.url.path, body, self.caller.actor.person),
            now=self.parts.clock.now(),
            answered=answer,
        )

    def _after(self, handled: Handled, step: str | None) -> Answer:
        world, incident, now, viewer = handled.world, handled.incident, self.parts.clock.now(), self.caller.actor
        note_look(self.caller, world, incident)
        if step is not None and step in incident.steps:
            body = step_facts(world, incident, step, viewer=viewer, now=now)
        else:
            body = incident_facts(world, incident, viewer=viewer, now=now)
        return Answer(200, body, {"ETag": etag(incident.version)})

    def _made(self, handled: Handled) -> Answer:
        incident = handled.incident
        body = incident_facts(handled.world, incident, viewer=self.caller.actor, now=self.parts.clock.now())
        headers = {"ETag": etag(incident.version), "Location": f"{self.parts.settings.address}/v1/incidents/{incident.key}"}
        return Answer(201, {**body, "similar": list(handled.similar)}, headers)

    def _refused(self, refusal: Refusal) -> Answer:
        body = refusal_body(refusal, self.request, missing=_names_nothing(refusal, self.request))
        return Answer(body["status"], body)


def etag(version: int) -> str:
    """Write an incident's version as an entity tag."""
    return f'"{version}"'


writer: Final = needs("incidents:write")

GivenKey = Annotated[
    str | None,
    Header(alias=HEADER, description="The same key and body get the same answer for 24 hours.", json_schema_extra={"pattern": KEY}),
]
GivenTag = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="Version that you saw, as its ETag; 412 when it has changed.",
        json_schema_extra={"pattern": _TAG, "examples": ["*"]},
    ),
]


async def call(
    request: Request,
    caller: Annotated[Caller, Depends(writer)],
    idempotency_key: GivenKey = None,
    if_match: GivenTag = None,
) -> Call:
    """Gather what every change needs."""
    return Call(request, parts_in(request), caller, key_of(idempotency_key), if_match)


Calling = Annotated[Call, Depends(call)]


def _no_answer(decided: Handled | Refusal) -> Answer:
    raise TypeError("the rules were not asked")


def _names_nothing(refusal: Refusal, request: Request) -> bool:
    """Say whether it is the address that names something unknown."""
    return (refusal.code == "unknown_step" and "step" in request.path_params) or (
        refusal.code == "unknown_role" and "role" in request.path_params
    )


def _version(if_match: str | None) -> int | None:
    """Read `If-Match`: None when any version will do, -1 when no version can fit."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else -1


def _answer(outcome: Outcome, answer: Callable[[Handled | Refusal], Answer]) -> Answer:
    match outcome:
        case Handled() | Refusal():
            return answer(outcome)
        case NotFound():
            raise not_found("this incident")
        case Stale():
            raise Problem(
                "stale", f"the incident is at version {outcome.version} now; read it again", headers={"ETag": etag(outcome.version)}
            )
        case Recalled():
            return _recalled(outcome.answer)
        case _:
            assert_never(outcome)


def _recalled(found: Any) -> Answer:
    match found:
        case Stored():
            return replayed(found)
        case Running() | Mismatch():
            raise unusable(found)
        case _:
            raise TypeError(f"{type(found).__name__} is nothing that is remembered")


def _response(answer: Answer) -> JSONResponse:
    media_type = MEDIA_TYPE if answer.status >= 400 else "application/json"
    return JsonAnswer(answer.body, status_code=answer.status, headers=dict(answer.headers), media_type=media_type)


__all__ = ["PATIENCE_SECONDS", "Call", "Calling", "call", "etag", "writer"]
