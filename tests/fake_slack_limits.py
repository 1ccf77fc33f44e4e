"""How many calls Slack takes, by the fake's clock; off until a test turns them on.

`chat.postMessage`: one message a second for each channel, with a short burst. Everything else: by its tier, a minute long.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final

TIERS: Final = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute."""
MINUTE: Final = 60.0


class TooMany(Exception):
    """The answer is 429; `retry_after` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after}")
        self.retry_after = retry_after


class Limits:
    """Counts calls as Slack does."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.on = False
        self.burst = 1
        self.exceeded = 0
        """How many calls were turned away."""
        self._now = now
        self._made: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, method: str, tier: int, channel: str) -> None:
        """Count a call, or raise TooMany."""
        if not self.on:
            return
        if method == "chat.postMessage":
            self._count((method, channel), self.burst, float(self.burst))
        elif tier in TIERS:
            self._count((method, ""), TIERS[tier], MINUTE)

    def _count(self, key: tuple[str, str], most: int, span: float) -> None:
        made, now = self._made[key], self._now()
        while made and made[0] <= now - span:
            made.popleft()
        if len(made) >= most:
            self.exceeded += 1
            raise TooMany(max(1, math.ceil(made[0] + span - now)))
        made.append(now)
