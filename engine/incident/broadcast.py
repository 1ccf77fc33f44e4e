"""One message for each incident in the organisation's broadcast channel, edited as it goes.

Rules:
- It says what anybody may know: key, playbook, severity, status, since when. Never a title or a name.
- An incident for participants is never announced; one that becomes that says so, and no more.
- Rehearsals are told in the rehearsal channel only.
"""

from typing import Any

from engine.incident.card_facts import severity_title
from engine.incident.describe_values import instant_text
from engine.incident.effects import Delivery
from engine.incident.labels import STATUSES
from engine.incident.plan import World
from engine.incident.rooms import Room
from engine.incident.state import Incident


def broadcast(world: World, before: Incident | None, after: Incident, room: Room) -> tuple[Delivery, ...]:
    """What is owed to the broadcast channel: nothing while what it says stays the same."""
    channel = world.organisation.defaults.broadcast
    if channel is None or after.mode == "rehearsal":
        return ()
    facts, earlier = _facts(world, after), _facts(world, before) if before else None
    if facts == earlier or (earlier is None and facts is None):
        return ()
    text = f"{after.key} is closed to participants." if facts is None else _words(facts)
    body = facts or {"key": after.key, "closed": True}
    return (Delivery(f"{after.key}:broadcast", "broadcast", f"slack:{channel}", text, body={**body, **room.body}, replaces=True),)


def _facts(world: World, incident: Incident) -> dict[str, Any] | None:
    """What anybody may know; None when nobody may."""
    if incident.visibility != "organisation":
        return None
    return {
        "key": incident.key,
        "playbook": world.plan.playbook.title,
        "severity": incident.severity,
        "severity_title": severity_title(world, incident.severity),
        "status": incident.status,
        "since": instant_text(incident.declared_at),
    }


def _words(facts: dict[str, Any]) -> str:
    status = STATUSES[facts["status"]].lower()
    return f"{facts['key']} {facts['playbook']} is {status}, severity {facts['severity']} ({facts['severity_title']})."
