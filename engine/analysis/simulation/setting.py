"""All that the runs of one simulation have in common, computed once for each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.essentials import essential
from engine.analysis.simulation.odds import Odds
from engine.analysis.simulation.staff import Staff
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.decide import decide_and_evolve
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.state import Incident

NEVER: Final = 10**12
"""Seconds: later than everything."""


DECLARER: Final = Actor(service="simulation", via="rest")


class NotStartable(Exception):
    """The playbook can't be started with what the simulator gives it."""


@dataclass(frozen=True)
class Setting:
    """The world that runs are made in, who is there, and what is assumed; `start` is aware UTC."""

    world: World
    staff: Staff
    odds: Odds
    assumptions: Assumptions
    seed: int

    @staticmethod
    def of(
        world: World,
        *,
        odds: Odds,
        start: datetime,
        seed: int = 0,
        assumptions: Assumptions | None = None,
        also_on_call: frozenset[str] = frozenset(),
    ) -> "Setting":
        staff = Staff.of(world, start, also_on_call=also_on_call)
        return Setting(essential(world), staff, odds, assumptions or Assumptions(), seed)

    @cached_property
    def actors(self) -> Mapping[str, Actor]:
        """Everybody by their own credential."""
        return {person: Actor(person=person, via="rest", credential="simulated", own=True) for person in self.staff.hours}

    @cached_property
    def wanted_by(self) -> Mapping[str, int]:
        """For each step the earliest deadline since declaring, in seconds, of what it holds up: itself, what needs it, milestones."""
        own = dict.fromkeys(self.world.plan.steps, NEVER)
        for name, step in self.world.plan.steps.items():
            if step.due is not None and step.due.anchor == "declared":
                own[name] = step.due.after.seconds
        for milestone in self.world.plan.playbook.milestones.values():
            for name in milestone.reached_by if milestone.from_ == "declared" else ():
                own[name] = min(own.get(name, NEVER), milestone.within.seconds)
        graph = self.world.plan.graph
        return {name: min([due, *(own[after] for after in graph.descendants(name))]) for name, due in own.items()}

    def declared(self, inputs: Mapping[str, Any]) -> Incident:
        """Start an incident; the same inputs give the same one, so it is kept. Raises `NotStartable`."""
        key = repr(inputs)
        if key not in self._declared:
            command = c.Declare(id="0" * 32, key="SIM-1", inputs=dict(inputs))
            decided = decide_and_evolve(self.world, None, command, actor=DECLARER, now=self.staff.start)
            if isinstance(decided, Refusal):
                raise NotStartable(decided.reason)
            self._declared[key] = decided[1]
        return self._declared[key]

    @cached_property
    def _declared(self) -> dict[str, Incident]:
        return {}
