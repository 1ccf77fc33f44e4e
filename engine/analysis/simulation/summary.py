"""Many outcomes in, figures out: percentiles, chances, who is busy, what makes things late."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil, sqrt
from typing import Final

from engine.analysis.simulation.figures import Culprit, DueFigures, Figures, MilestoneFigures, RoleFigures, Spread
from engine.analysis.simulation.outcome import Effort, Mark, RunOutcome
from engine.analysis.simulation.setting import Setting
from engine.analysis.simulation.strangers import strangers_in
from engine.incident.calendar import zone_of
from engine.language.playbook import AUTOMATIC_KINDS

_NORMAL_95: Final = 1.96
_FEW: Final = 3
"""Culprits that are named."""


def summarise(setting: Setting, outcomes: Sequence[RunOutcome]) -> Figures:
    """Put the outcomes of all runs of a setting into figures; there is at least one."""
    playbook = setting.world.plan.playbook
    refusals = Counter(code for outcome in outcomes for code in outcome.refused)
    return Figures(
        playbook=playbook.id,
        title=playbook.title,
        version=playbook.version,
        organisation=setting.world.organisation.name,
        start=setting.staff.start.astimezone(zone_of(setting.world.organisation.timezone)).isoformat(),
        timezone=setting.world.organisation.timezone,
        runs=len(outcomes),
        seed=setting.seed,
        all_met=_share(outcome.is_all_met for outcome in outcomes),
        unfinished=_share(outcome.ended == "unfinished" for outcome in outcomes),
        refusals=dict(sorted(refusals.items())),
        milestones=[_milestone(setting, name, outcomes) for name in playbook.milestones],
        dues=_dues(setting, outcomes),
        roles=_roles(setting, outcomes),
        named_at_start=strangers_in(playbook),
        without_takes=[step.id for step in playbook.steps if not step.takes.seconds and step.kind not in AUTOMATIC_KINDS],
    )


def percentile(sorted_values: Sequence[int], total: int, share: float) -> int | None:
    """The nearest-rank percentile over `total` runs, of which only those with a value got there."""
    rank = max(1, ceil(share * total))
    return sorted_values[rank - 1] if rank <= len(sorted_values) else None


def spread(values: Iterable[int], total: int) -> Spread:
    """The usual three percentiles."""
    ordered = sorted(values)
    return Spread(percentile(ordered, total, 0.50), percentile(ordered, total, 0.90), percentile(ordered, total, 0.99))


def chance_of(marks: Sequence[Mark]) -> float:
    """The share of those that are needed which is met; 1 when none is needed."""
    needed = [mark for mark in marks if mark.fate != "not_needed"]
    return _share(mark.fate == "met" for mark in needed) if needed else 1.0


def margin_of(chance: float, runs: int) -> float:
    """Half the width of the interval that holds the true chance 95 times in a hundred (normal approximation)."""
    return _NORMAL_95 * sqrt(chance * (1 - chance) / runs) if runs else 1.0


def busiest(figures: Figures) -> list[RoleFigures]:
    """Roles whose work waits longest for them, then those who work most."""
    return sorted(figures.roles, key=lambda role: (-role.queued, -role.attention, role.role))


def _milestone(setting: Setting, name: str, outcomes: Sequence[RunOutcome]) -> MilestoneFigures:
    definition = setting.world.plan.playbook.milestones[name]
    marks = [outcome.milestones[name] for outcome in outcomes]
    needed = [mark for mark in marks if mark.fate != "not_needed"]
    chance = chance_of(marks)
    return MilestoneFigures(
        id=name,
        title=definition.title,
        within=_within(str(definition.within), definition.from_),
        deadline=None if definition.within.is_business else definition.within.seconds,
        chance=chance,
        margin=margin_of(chance, len(needed)),
        needed=len(needed) / len(marks),
        after=spread((mark.after for mark in needed if mark.after is not None), len(needed)),
        culprits=_culprits(setting, needed),
    )


def _within(span: str, anchor: str) -> str:
    return span if anchor == "declared" else f"{span} from {anchor}"


def _culprits(setting: Setting, marks: Sequence[Mark]) -> list[Culprit]:
    late = [mark for mark in marks if mark.fate in ("late", "never")]
    counted = Counter(mark.blame for mark in late if mark.blame)
    steps = setting.world.plan.steps
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [Culprit(name, steps[name].title, steps[name].role, number / len(late)) for name, number in ordered[:_FEW] if name in steps]


def _dues(setting: Setting, outcomes: Sequence[RunOutcome]) -> list[DueFigures]:
    found: dict[str, list[Mark]] = defaultdict(list)
    for outcome in outcomes:
        for name, mark in outcome.dues.items():
            found[name].append(mark)
    steps = setting.world.plan.steps
    return [
        DueFigures(
            step=name,
            title=step.title,
            role=step.role,
            due=str(step.due),
            chance=chance_of(found[name]),
            needed=len(found[name]) / len(outcomes),
            after=spread((mark.after for mark in found[name] if mark.after is not None), len(found[name])),
        )
        for name, step in steps.items()
        if name in found
    ]


def _roles(setting: Setting, outcomes: Sequence[RunOutcome]) -> list[RoleFigures]:
    efforts: dict[str, list[Effort]] = defaultdict(list)
    for outcome in outcomes:
        for effort in outcome.efforts:
            efforts[effort.role].append(effort)
    runs = len(outcomes)
    return [
        RoleFigures(
            role=name,
            title=role.title,
            attention=round(sum(effort.attention for effort in efforts[name]) / runs),
            queued=round(sum(effort.queued for effort in efforts[name]) / runs),
            response=spread((effort.response for effort in efforts[name]), len(efforts[name])),
            pieces=len(efforts[name]) / runs,
        )
        for name, role in setting.world.plan.playbook.roles.items()
        if name in efforts
    ]


def _share(facts: Iterable[bool]) -> float:
    found = list(facts)
    return sum(found) / len(found) if found else 0.0
