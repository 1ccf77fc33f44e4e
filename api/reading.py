"""One way to look: who asks, and the incident as last committed, if it exists for them.

An admin token sees incidents in which it takes no part; each such look is logged by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import structlog
from fastapi import Depends, Request
from sqlalchemy import Connection

from api.auth import Caller, needs
from api.parts import Parts, parts_in
from api.problems import Problem, not_found
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.visibility import takes_part
from engine.runtime.outcome import Seen
from engine.store.paging import BadCursor

_log = structlog.get_logger("firebreak.audit")

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
        """Put a question to the store; raises Problem when its cursor is none of ours."""
        try:
            return await self.parts.database.read(question)
        except BadCursor as error:
            message = "is not a cursor of this list"
            raise Problem("invalid", f"cursor {message}", errors=[{"field": "cursor", "message": message}]) from error


def note_look(caller: Caller, world: World, incident: Incident) -> None:
    """Write down that an admin saw an incident for participants without taking part."""
    if caller.actor.admin and incident.visibility == "participants" and not takes_part(world, incident, caller.actor):
        _log.warning("admin looked into an incident for participants", incident=incident.key, token=caller.token.id)


async def looker(
    request: Request,
    caller: Annotated[Caller, Depends(needs("incidents:read"))],
) -> Look:
    """Gather what every look needs."""
    return Look(parts_in(request), caller)


Looking = Annotated[Look, Depends(looker)]
