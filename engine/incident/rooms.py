"""Which room an incident is worked in: its own, or its parent's unless it is more private."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.incident.holding import holders
from engine.incident.plan import World
from engine.incident.rendering import render
from engine.incident.scope import incident_view
from engine.incident.state import Incident
from engine.language.template import parse_template


@dataclass(frozen=True)
class Room:
    """`target` for deliveries; `body` says whose room it is when it is not the incident's own."""

    target: str
    is_private: bool
    is_shared: bool
    people: tuple[str, ...]
    body: dict[str, Any]


def room_of(world: World, incident: Incident, now: datetime) -> Room:
    """Find the room by the playbook's or the organisation's destination template."""
    parent = incident.parent
    shared = parent is not None and parent.visibility == incident.visibility
    template = world.plan.playbook.settings.war_room or world.organisation.defaults.war_room
    key = parent.key if parent is not None and shared else incident.key
    more = {"incident": {**incident_view(incident), "key": key}}
    name = render(world, incident, parse_template(template), now=now, more=more) or f"slack:#inc-{key}"
    return Room(
        target=f"war_room:{name.strip()}",
        is_private=incident.visibility == "participants",
        is_shared=shared,
        people=holders(incident, incident.roles),
        body={"room": parent.key} if parent is not None and shared else {},
    )
