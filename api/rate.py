"""How many requests one token may make: counted over a sliding minute, by each process for itself.

Every answer to a token says where it stands, in the header fields of the IETF's draft "RateLimit header fields for HTTP"
(`RateLimit-Policy`, `RateLimit`); beyond the limit it is 429 with `Retry-After`. What people press in Slack is never counted.
"""

from math import ceil
from time import time  # noqa: TID251 - `limits` counts by the wall clock itself, and says its instants on it
from typing import Final

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from api.problems import Problem

WINDOW_SECONDS: Final = 60
_NAME: Final = "token"


class Rate:
    """The counts of one process; `per_minute` 0 counts nothing."""

    def __init__(self, per_minute: int) -> None:
        self._most = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def count(self, token_id: str) -> dict[str, str]:
        """Count a request of a token; gives the header fields of its answer. Raises Problem with code `rate_limited`."""
        if self._most is None:
            return {}
        is_within = await self._limiter.hit(self._most, token_id)
        stands = await self._limiter.get_window_stats(self._most, token_id)
        seconds = max(1, ceil(stands.reset_time - time()))
        fields = {
            "RateLimit-Policy": f'"{_NAME}";q={self._most.amount};w={WINDOW_SECONDS}',
            "RateLimit": f'"{_NAME}";r={max(0, stands.remaining)};t={seconds}',
        }
        if not is_within:
            detail = f"the token has made {self._most.amount} requests within a minute; try again in {seconds} s"
            raise Problem("rate_limited", detail, headers={**fields, "Retry-After": str(seconds)})
        return fields
