"""The answer of a simulation, as values: times in seconds, chances as shares of one, people only as roles."""

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Of a hundred runs, 50, 90 and 99 are at most this long; None where that many never got there."""

    p50: int | None
    p90: int | None
    p99: int | None


class Culprit(msgspec.Struct, frozen=True):
    """A step that made a milestone late, in this share of the runs in which it was late."""

    step: str
    title: str
    role: str | None
    share: float


class MilestoneFigures(msgspec.Struct, frozen=True):
    """`chance` that it is met in the runs that need it; `needed` is their share of all runs."""

    id: str
    title: str
    within: str
    deadline: int | None
    """Seconds since what it counts from; None where it counts in working days."""
    chance: float
    margin: float
    """95 times in a hundred the true chance is within this of `chance`."""
    needed: float
    after: Spread
    culprits: list[Culprit]


class DueFigures(msgspec.Struct, frozen=True):
    """A step's deadline: `after` counts from declaring."""

    step: str
    title: str
    role: str | None
    due: str
    chance: float
    needed: float
    after: Spread


class RoleFigures(msgspec.Struct, frozen=True):
    """One role, over the work that could not wait: seconds for each run, and until work was begun."""

    role: str
    title: str
    attention: int
    """Mean seconds of work in a run."""
    queued: int
    """Mean seconds in a run that its work waited because whoever holds it was busy."""
    response: Spread
    pieces: float


class Change(msgspec.Struct, frozen=True):
    """What one more person in a role does to a chance."""

    milestone: str | None
    """None for all milestones together."""
    before: float
    after: float


class OneMore(msgspec.Struct, frozen=True):
    """One more person in a role, over the same `runs` with the same luck."""

    role: str
    title: str
    runs: int
    changes: list[Change]

    @property
    def best(self) -> Change:
        return max(self.changes, key=lambda change: change.after - change.before)


class Figures(msgspec.Struct, frozen=True):
    """Everything that a simulation found."""

    playbook: str
    title: str
    version: str
    organisation: str
    start: str
    """ISO 8601, in `timezone`."""
    timezone: str
    runs: int
    seed: int
    all_met: float
    unfinished: float
    """Share of runs that did not come to an end before the horizon."""
    refusals: dict[str, int]
    """Commands that the core refused, by code."""
    milestones: list[MilestoneFigures]
    dues: list[DueFigures]
    roles: list[RoleFigures]
    one_more: list[OneMore] = []
    named_at_start: list[str] = []
    """Roles that somebody is named for when it starts (`assign: ask`): one person each was assumed."""
    without_takes: list[str] = []
    """Steps that people do and whose author gave no `takes`: their usual work was assumed."""
