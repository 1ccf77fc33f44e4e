"""One piece of work of one person: when it came to them, when they began, how long it held them, when it was done."""

from dataclasses import dataclass

from engine.analysis.simulation.setting import NEVER


@dataclass(slots=True)
class Sitting:
    """Seconds since the start of the run; `turn` counts how often this role did this step before."""

    step: str
    role: str
    person: str
    came_at: int
    seen_at: int
    """When its person looks: they then see all that has come to them, and take up what is due first."""
    wanted_by: int
    not_before: int = 0
    turn: int = 0
    begun_at: int | None = None
    free_at: int = NEVER
    """Until then it has its person's whole attention."""
    done_at: int = NEVER
    is_rescue: bool = False
    """Taken by who leads, because whoever should do it does not answer."""

    @property
    def urgency(self) -> tuple[int, int]:
        """What is due first comes first, then what came first."""
        return (self.wanted_by, self.came_at)

    @property
    def begin_from(self) -> int:
        """When its person may begin, unless something else holds them."""
        return max(self.seen_at, self.not_before)

    def stop(self, now: int) -> None:
        """What was begun is over, whether finished or not."""
        self.free_at = min(self.free_at, now)
        self.done_at = now
