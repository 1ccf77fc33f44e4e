"""What a simulation is asked, whole: it can be sent to another process, which then makes the very same runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.figures import Figures
from engine.analysis.simulation.odds import Odds
from engine.analysis.simulation.outcome import RunOutcome, outcome_of
from engine.analysis.simulation.sensitivity import with_one_more
from engine.analysis.simulation.setting import Setting
from engine.analysis.simulation.strangers import with_strangers
from engine.analysis.simulation.summary import busiest
from engine.incident.plan import World

ROLES_TRIED: Final = 3
"""Of the busiest roles, for how many it is asked what one more person would change."""


@dataclass(frozen=True)
class Question:
    """Runs of `world` that begin at `start` (aware, UTC), drawn by `odds` from `seed`."""

    world: World
    odds: Odds
    start: datetime
    seed: int
    assumptions: Assumptions = field(default_factory=Assumptions)

    def setting(self, one_more: str | None = None) -> Setting:
        """Give what all runs share, with one more person in a role where one is named."""
        staffed = with_strangers(self.world)
        world = with_one_more(staffed, one_more, self.start) if one_more else staffed
        was_on_call = bool(one_more) and self.world.plan.playbook.roles[one_more or ""].assign.startswith("oncall:")
        return Setting.of(
            world,
            odds=self.odds,
            start=self.start,
            seed=self.seed,
            assumptions=self.assumptions,
            also_on_call=frozenset({one_more} if one_more and was_on_call else ()),
        )


def outcomes_of(setting: Setting, numbers: Iterable[int]) -> list[RunOutcome]:
    """Make these runs."""
    return [outcome_of(setting, number) for number in numbers]


def roles_to_try(figures: Figures) -> list[str]:
    """Name the busiest roles, when there is anything to gain."""
    if figures.all_met == 1.0:
        return []
    return [role.role for role in busiest(figures) if role.attention or role.queued][:ROLES_TRIED]
