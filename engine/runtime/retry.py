"""When to try a failed delivery again: a pure policy, so that it can be tested without waiting.

The wait doubles with each attempt up to a ceiling, is spread by dice so that many deliveries that failed
together don't return together, and never ends before `Retry-After`. After the last attempt: None, dead.
What only waited (for its pace, for a pause that was asked for) was no attempt and does not come here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently; `first`, `ceiling` are waits, `attempts` counts sendings in all.

    `unsure`: the least wait after an attempt whose end nobody knows, so that what is still under way can be found.
    """

    attempts: int = 40
    first: timedelta = timedelta(seconds=2)
    ceiling: timedelta = timedelta(minutes=5)
    unsure: timedelta = timedelta(seconds=5)


DEFAULT: Final = RetryPolicy()
"""Forty attempts over more than two hours: an hour's outage of the other side loses nothing, and its end is noticed soon."""


def next_attempt(policy: RetryPolicy, *, attempt: int, now: datetime, dice: float, retry_after: float | None = None) -> datetime | None:
    """Say when to send again after attempt number `attempt` (from 1) failed; None when it was the last.

    `dice` is in [0, 1) and spreads the wait over its upper half ("equal jitter"); `retry_after` is in seconds.
    """
    if attempt >= policy.attempts:
        return None
    wait = min(policy.first * float(2 ** (attempt - 1)), policy.ceiling)
    spread = wait * (0.5 + dice / 2)
    return now + max(spread, timedelta(seconds=retry_after or 0))
