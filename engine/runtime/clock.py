"""The only place that reads the wall clock, makes ids and throws dice; everything else is given them.

All instants are aware UTC. A virtual clock moves only by hand, so that tests and the demo decide what time it is.
"""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; it never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move ahead by a span and give the new instant."""
        return self.move_to(self._now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def move_to(self, instant: datetime) -> datetime:
        """Move ahead to an instant; an earlier one is ignored."""
        self._now = max(self._now, instant.astimezone(UTC))
        return self._now


def new_id() -> str:
    """Make a fresh id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_mark() -> str:
    """Make what tells requests apart, and is no secret: 32 hexadecimal digits.

    The system is not asked for it: whoever asks gives the interpreter away, and an event loop beside a busy thread waits a
    millisecond for it to come back.
    """
    return f"{random.getrandbits(128):032x}"


def id_from(*parts: object) -> str:
    """Make the same id from the same parts, in every process: 32 hexadecimal digits (UUID version 5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "firebreak:" + "/".join(str(part) for part in parts)).hex


def roll() -> float:
    """Throw the dice: a number from 0 up to 1."""
    return random.random()
