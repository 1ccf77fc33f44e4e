"""A job: a nudge to do what the rows already say has to be done."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["tick", "deliver"]

TICK: Final[Kind] = "tick"
"""Time acts in an incident; `about` is its id, `mark` the instant of its alarm."""
DELIVER: Final[Kind] = "deliver"
"""Something owed goes out; `about` is the delivery's id, `mark` its revision and its attempts so far."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done now. A row that no longer fits the `mark` has been seen to; `number` is the queue's own, once it is queued."""

    kind: Kind
    about: str
    mark: str
    number: int = 0
