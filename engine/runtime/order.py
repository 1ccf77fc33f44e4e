"""One order for everything in an incident: its playbook's, whatever order it was written or read back in.

Stored JSON has sorted keys. If the engine walked through steps in that order, the same command would bring about
the same entries in another order after a restart. So what is decided on, shown and rebuilt is put in order first.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from engine.incident.plan import World
from engine.incident.state import NEW_STEP, Incident

_LAST: Final = datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")


def ordered(world: World, incident: Incident) -> Incident:
    """Give the same incident in its playbook's order; tasks added during the run stand last, oldest first."""
    playbook = world.plan.playbook
    added = sorted(incident.added, key=lambda name: (incident.steps.get(name, NEW_STEP).ready_at or _LAST, name))
    put: dict[str, Any] = {
        "inputs": _by(incident.inputs, playbook.inputs),
        "steps": _by(incident.steps, (*world.plan.steps, *added) if added else world.plan.steps),
        "added": _by(incident.added, added),
        "roles": _by(incident.roles, playbook.roles),
        "milestones": _by(incident.milestones, playbook.milestones),
        "metrics": _by(incident.metrics, playbook.metrics),
    }
    moved = {name: value for name, value in put.items() if value is not getattr(incident, name)}
    return replace(incident, **moved) if moved else incident


def _by(found: dict[str, T], order: Iterable[str]) -> dict[str, T]:
    """Put what is in the order first; what is not (a version that the run has left) comes after, by name."""
    if len(found) < 2:
        return found
    known = [name for name in order if name in found]
    if known == list(found):
        return found
    return {name: found[name] for name in dict.fromkeys((*known, *sorted(found)))}
