"""Everybody who could be asked during a run: when they work, and which roles are on call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.analysis.simulation.hours import Hours, hours_of
from engine.incident.plan import World


@dataclass(frozen=True)
class Staff:
    """Computed once for all runs that begin at `start` (aware, UTC)."""

    start: datetime
    hours: Mapping[str, Hours]
    on_call: frozenset[str]
    """Roles that are found by a rotation: whoever holds one expects to be woken."""

    @staticmethod
    def of(world: World, start: datetime, *, also_on_call: frozenset[str] = frozenset()) -> "Staff":
        roles = world.plan.playbook.roles
        addresses = [role.assign.removeprefix("email:") for role in roles.values() if role.assign.startswith("email:")]
        zones: dict[str, Hours] = {}
        hours: dict[str, Hours] = {}
        for person in (*world.organisation.people, *addresses):
            known = world.organisation.people.get(person)
            zone = (known.timezone if known else None) or world.organisation.timezone
            if zone not in zones:
                zones[zone] = hours_of(world.organisation, person, start)
            hours[person] = zones[zone]
        on_call = frozenset(name for name, role in roles.items() if role.assign.startswith("oncall:"))
        return Staff(start, hours, on_call | also_on_call)
