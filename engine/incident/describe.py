"""An incident as a reader may see it: JSON-compatible facts, the same for every way in.

incident_facts(world, incident, viewer, now) -> dict     the incident, its people, aims and counts
step_facts(world, incident, step, viewer, now) -> dict   one step, and what is allowed on it now

Both are pure and decide nothing: what is allowed comes from the rules. Personal values are shown to
participants and masked to everyone else.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from engine.incident.actor import Actor
from engine.incident.allowed import allowed_on_incident
from engine.incident.describe_metrics import metric_facts, milestone_facts
from engine.incident.describe_step import step_facts, step_ids
from engine.incident.describe_values import instant_text, shown, shown_map
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import OPEN, Incident
from engine.incident.visibility import takes_part
from engine.language.playbook import SubPlaybook, Ticket

__all__ = ["incident_facts", "step_facts", "step_ids"]


def incident_facts(world: World, incident: Incident, *, viewer: Actor, now: datetime) -> dict[str, Any]:
    """Describe an incident to a viewer who may see it."""
    clear = takes_part(world, incident, viewer)
    return {
        **_identity(world, incident),
        **_times(incident),
        "inputs": shown_map(incident.inputs, clear=clear),
        "unknown": list(incident.unknown),
        "roles": {name: _role(world, incident, name) for name in world.plan.playbook.roles},
        "milestones": milestone_facts(world, incident, now=now),
        "counts": counts(incident, now=now),
        "metrics": metric_facts(world, incident, now=now),
        "hold": _hold(incident, clear=clear),
        "tickets": _tickets(world, incident),
        "links": _links(world, incident),
        "invited": list(incident.invited),
        "participant": clear,
        "allowed": list(allowed_on_incident(world, incident, viewer)),
        "version": incident.version,
    }


def counts(incident: Incident, *, now: datetime) -> dict[str, int]:
    """Count steps by state, and those open steps that are late."""
    states = Counter(step.state for step in incident.steps.values())
    late = sum(step.state in OPEN and step.due_at is not None and step.due_at < now for step in incident.steps.values())
    return {name: states[name] for name in ("waiting", "ready", "doing", "done", "skipped", "blocked")} | {"late": late}


def _identity(world: World, incident: Incident) -> dict[str, Any]:
    playbook = incident.playbook
    level = world.plan.playbook.severity.levels.get(incident.severity) if world.plan.playbook.severity else None
    return {
        "id": incident.id,
        "key": incident.key,
        "title": incident.title,
        "playbook": {"id": playbook.id, "version": playbook.version, "digest": playbook.digest, "title": world.plan.playbook.title},
        "status": incident.status,
        "mode": incident.mode,
        "speed": incident.speed,
        "visibility": incident.visibility,
        "severity": incident.severity,
        "severity_title": level.title if level else incident.severity,
        "severity_levels": list(world.plan.levels),
        "external_ref": incident.external_ref,
        "declared_by": incident.declared_by,
        "merged_into": incident.merged_into,
    }


def _times(incident: Incident) -> dict[str, Any]:
    return {
        "declared_at": instant_text(incident.declared_at),
        "detected_at": instant_text(incident.detected_at),
        "contained_at": instant_text(incident.contained_at),
        "closed_at": instant_text(incident.closed_at),
        "completed_at": instant_text(incident.completed_at),
    }


def _role(world: World, incident: Incident, name: str) -> dict[str, Any]:
    state = incident.roles.get(name)
    people = list(state.people) if state else []
    return {
        "title": world.plan.playbook.roles[name].title,
        "person": people[0] if people else None,
        "name": person_name(world.organisation, people[0]) if people else None,
        "people": people,
        "since": instant_text(state.since if state else None),
        "acknowledged_at": instant_text(state.acknowledged_at if state else None),
        "acknowledge_by": instant_text(state.ack_by if state else None),
        "unfilled": state.unfilled if state else False,
        "holds_key": name in world.plan.key_roles,
    }


def _hold(incident: Incident, *, clear: bool) -> dict[str, Any] | None:
    hold = incident.hold
    if hold is None:
        return None
    return {"by": hold.by, "at": instant_text(hold.at), "reason": shown(hold.reason, clear=clear)}


def _tickets(world: World, incident: Incident) -> list[dict[str, Any]]:
    return [
        {"step": name, "system": step.system, "reference": state.reference}
        for name, state in incident.steps.items()
        if state.reference and isinstance(step := world.step(incident, name), Ticket)
    ]


def _links(world: World, incident: Incident) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if incident.parent:
        found.append({"relation": "parent", "key": incident.parent.key, "step": incident.parent.step})
    found += [
        {"relation": "child", "key": state.reference, "step": name}
        for name, state in incident.steps.items()
        if state.reference and isinstance(world.step(incident, name), SubPlaybook)
    ]
    if incident.merged_into:
        found.append({"relation": "merged_into", "key": incident.merged_into})
    return found
