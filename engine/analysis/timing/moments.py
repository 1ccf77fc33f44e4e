"""Moments of a run, counted in seconds from an anchor, each with the chain of steps that makes it no earlier."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Final

Link = tuple[str, float]
"""A step, and the seconds that it adds."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An earliest possible moment; `at` is infinite for what can't come about."""

    at: float
    chain: tuple[Link, ...] = ()

    @property
    def comes(self) -> bool:
        return self.at < inf

    def after(self, step: str, seconds: float) -> "Moment":
        """Give the moment that a step of this length makes of this one."""
        return Moment(self.at + seconds, (*self.chain, (step, seconds))) if seconds else self


START: Final = Moment(0.0)
NEVER: Final = Moment(inf)
LONG_AGO: Final = Moment(-inf)
"""Before the moment that is counted from."""


def latest(moments: Iterable[Moment]) -> Moment:
    """Give the last of several moments, the first named of those that fall together; the start when there is none."""
    return max(moments, key=lambda moment: moment.at, default=START)


def soonest(moments: Iterable[Moment]) -> Moment:
    """Give the first of several moments; never when there is none."""
    return min(moments, key=lambda moment: moment.at, default=NEVER)


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a step can be done, skipped and blocked at the earliest."""

    done: Moment
    skipped: Moment = NEVER
    blocked: Moment = NEVER

    @property
    def settled(self) -> Moment:
        return soonest((self.done, self.skipped, self.blocked))
