"""One way to look: who asks, and the incident as last committed, if it exists for them.

An admin token sees incidents in which it takes no part; each such look is logged by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy import Connection

from api.auth import Caller, caller_of, needs
from api.parts import Parts, parts_in
from api.problems import Problem, not_found
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.visibility import takes_part
from engine.runtime.outcome import Seen
from engine.store.paging import BadCursor
from engine.store.words import BadQuestion

_log = structlog.get_logger("firebreak.audit")

_READS: Final = "incidents:read"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """One request to read, by somebody who may."""

    parts: Parts
    caller: Caller

    async def incident(self, key: str) -> Seen:
        """Find an incident; raises Problem when it doesn't exist for the caller."""
        seen = await self.parts.handler.look(key, self.caller.actor)
        if seen is None:
            raise not_found("this incident")
        note_look(self.caller, seen.world, seen.incident)
        return seen

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Put a question to the store; raises Problem when its cursor is none of ours, or its words are none."""
        return await self._answered(self.parts.database.read(question))

    async def glance(self, question: Callable[[Connection], T]) -> T:
        """Put a question that an index answers; raises Problem when its cursor is none of ours, or its words are none."""
        return await self._answered(self.parts.database.glance(question))

    async def _answered(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except BadCursor as error:
            message = "is not a cursor of this list"
            raise Problem("invalid", f"cursor {message}", errors=[{"field": "cursor", "message": message}]) from error
        except BadQuestion as error:
            raise Problem("invalid", f"q {error}", errors=[{"field": "q", "message": str(error)}]) from error


def note_look(caller: Caller, world: World, incident: Incident) -> None:
    """Write down that an admin saw an incident for participants without taking part."""
    if caller.actor.admin and incident.visibility == "participants" and not takes_part(world, incident, caller.actor):
        _log.warning("admin looked into an incident for participants", incident=incident.key, token=caller.token.id)


async def looker(
    request: Request,
    caller: Annotated[Caller, Depends(needs(_READS))],
) -> Look:
    """Gather what every look needs."""
    return Look(parts_in(request), caller)


async def look_of(request: Request, given: HTTPAuthorizationCredentials | None) -> Look:
    """Gather the same outside of FastAPI's dependencies, for somebody who acts for nobody else."""
    parts = parts_in(request)
    return Look(parts, await caller_of(request, _READS, given))


Looking = Annotated[Look, Depends(looker)]
