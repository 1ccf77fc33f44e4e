"""Where a step stands, for whoever describes what its kind adds."""

from dataclasses import dataclass
from datetime import datetime

from engine.incident.plan import World
from engine.incident.state import Incident, StepState


@dataclass(frozen=True, slots=True)
class Standing:
    """One step's state in its incident at an instant; `clear` for a reader who may read personal values."""

    world: World
    incident: Incident
    state: StepState
    now: datetime
    clear: bool
