"""Which changes an incident's card shows at once, although it was edited a moment ago.

Rules:
- What people outside the work look at: status, severity, a hold, and approvals. Everything else waits a few seconds,
  so that many changes cost few edits.
"""

from engine.incident.plan import World
from engine.incident.state import Incident, StepState


def is_pressing(world: World, before: Incident | None, after: Incident) -> bool:
    """Say whether the card should change at once."""
    return before is None or _standing(world, before) != _standing(world, after)


def _standing(world: World, incident: Incident) -> tuple[object, ...]:
    return (incident.status, incident.severity, incident.hold, incident.merged_into, _approvals(world, incident))


def _approvals(world: World, incident: Incident) -> dict[str, StepState]:
    return {step.id: incident.steps[step.id] for step in world.plan.approvals if step.id in incident.steps}
