"""What the simulator assumes about people and machines: all of it in one value, in seconds and shares.

Times are log-normal: the value here is the median, `spread` the standard deviation of the logarithm, so
that with 0.5 one time in six is longer than 1.65 times the median, one in fifty longer than 2.8 times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.language.playbook import Step

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400

USUAL_WORK: Final[Mapping[str, int]] = {
    "task": 10 * MINUTE,
    "decision": 3 * MINUTE,
    "statement": 10 * MINUTE,
    "approval": 5 * MINUTE,
    "publish": 3 * MINUTE,
    "evidence": 15 * MINUTE,
    "monitor": 2 * MINUTE,
    "ticket": 1 * MINUTE,
    "http": 5,
    "playbook": DAY,
}
"""How long a step takes whose author gave no `takes`; a linked playbook closes after about a day."""


@dataclass(frozen=True)
class Assumptions:
    """What is assumed where neither the playbook nor the organisation file says."""

    no_show: float = 0.05
    """Chance that somebody answers nothing before their next working morning."""
    reject: float = 0.05
    """Chance that a key-holder sends words back, each time they read them."""
    first_look: int = 3 * MINUTE
    """Until somebody who is not in the incident yet sees that they are wanted."""
    next_look: int = 1 * MINUTE
    """The same for somebody who is at it already."""
    still_at_it: int = HOUR
    """How long after their last work somebody still looks often."""
    on_call_at_night: float = 3.0
    """How many times longer a first look takes outside working hours, for who is on call."""
    others_at_night: float = 10.0
    """The same for who is not on call."""
    can_wait: int = 12 * HOUR
    """What is due later than this is begun in working hours only."""
    longest_sitting: int = 2 * HOUR
    """The most attention that one piece of work takes; the rest of it goes on beside other work."""
    quiet_after: int = 2 * DAY
    """Until what a monitor watches has calmed down, where its rule allows."""
    work_spread: float = 0.5
    look_spread: float = 0.8
    quiet_spread: float = 0.7
    horizon: int = 60 * DAY
    """A run is given up after this."""
    usual_work: Mapping[str, int] = field(default_factory=lambda: dict(USUAL_WORK))

    def work(self, step: Step) -> int:
        """The median time that a step takes once begun, in seconds."""
        return step.takes.seconds or self.usual_work.get(step.kind, 0)
