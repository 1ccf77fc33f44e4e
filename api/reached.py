"""Somebody who was called has answered, on whichever way: their acknowledgement, once, and nothing else.

Rules:
- Who answers is the person that the call was for, never more: it turns no key (`engine.incident.rights`).
- A second answer changes nothing. What became of the role meanwhile decides, not what stood in the call.
"""

from dataclasses import dataclass
from typing import Final, Literal

from api.parts import Parts
from engine.incident.actor import DELIVERY, Actor, Via
from engine.incident.commands import Acknowledge
from engine.incident.effects import person_of
from engine.incident.events import RoleAcknowledged
from engine.runtime.outcome import Handled
from engine.store.views import IncidentFilter, delivery_by_id, incidents_found

Became = Literal["acknowledged", "already", "not_yours"]

_MOST: Final = 50
"""Incidents that one text message can answer for."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call that was made: in which incident, to whom."""

    key: str
    delivery: str
    person: str


async def called(parts: Parts, key: str, delivery: str) -> Called | None:
    """Find the call that a delivery was; None where there is no such incident or delivery. Raises Fault."""
    seen = await parts.handler.look(key, DELIVERY)
    if seen is None:
        return None
    incident = seen.incident.id
    found = await parts.database.read(lambda tx: delivery_by_id(tx, parts.sealer, incident, delivery))
    person = person_of(found.target) if found else None
    return Called(key, delivery, person) if person is not None else None


async def acknowledge(parts: Parts, key: str, person: str, *, via: Via, credential: str) -> Became:
    """Say for a person that they were reached, for all roles that they hold in an incident. Raises Fault."""
    seen = await parts.handler.look(key, DELIVERY)
    held = [name for name, role in seen.incident.roles.items() if person in role.people] if seen else []
    if not held:
        return "not_yours"
    actor = Actor(person=person, via=via, credential=credential[:64])
    outcome = await parts.handler.handle(key, Acknowledge(held[0]), actor)
    if not isinstance(outcome, Handled):
        return "not_yours"
    is_new = any(isinstance(entry.event, RoleAcknowledged) for entry in outcome.entries)
    return "acknowledged" if is_new else "already"


async def waiting_for(parts: Parts, person: str) -> list[str]:
    """List the keys of incidents in which somebody waits for a person to say that they are there. Raises Fault."""
    wanted = IncidentFilter(person=person, status=("active", "contained", "closed"))
    page = await parts.database.read(lambda tx: incidents_found(tx, parts.sealer, wanted, viewer=None, limit=_MOST))
    looks = [await parts.handler.look(row.key, DELIVERY) for row in page.items]
    found = [seen.incident for seen in looks if seen is not None]
    return [each.key for each in found if any(role.awaits and person in role.people for role in each.roles.values())]
