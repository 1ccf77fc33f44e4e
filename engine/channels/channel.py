"""A channel takes one delivery and says what became of it, as a value.

    send(outgoing) -> Sent(receipt) | Failed(error, retry, ambiguous, ...)

Rules for every channel (one contract suite runs over all of them):
- It never raises for what the other side does; a bug may raise, and the worker retries later.
- It sends at most once per call: retries belong to the worker, which keeps the delivery's id the same.
- `Failed.ambiguous` is true wherever the other side may have acted although we did not hear so.
- It never changes the words: texts arrive final.
- Errors name no secret and no personal value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from engine.incident.effects import Delivery


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery at the moment it is sent.

    `receipt` is what an earlier sending under the same id left (a message to edit), else empty.
    `doubted_since` is when an earlier attempt began whose end nobody knows: look before posting again. `doubts` counts those attempts.
    """

    delivery: Delivery
    incident: str
    key: str
    attempt: int = 1
    receipt: Mapping[str, Any] = field(default_factory=dict)
    doubted_since: datetime | None = None
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived; `receipt` is JSON-compatible and enough to edit, link or find it again."""

    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not arrive, or nobody knows; `retry_after` is in seconds, as the other side asked.

    `tried` is false where the other side was not asked, or asked us to wait: that uses up no attempt. `gone`: the target is
    away or closed to us, which people are told. `shut`: nothing goes this way until somebody mends it. `receipt` is what was
    reached before it failed; kept, so that it is not done again.
    """

    error: str
    retry: bool
    retry_after: float | None = None
    ambiguous: bool = False
    tried: bool = True
    gone: bool = False
    shut: bool = False
    receipt: Mapping[str, Any] = field(default_factory=dict)


Outcome = Sent | Failed


class Channel(Protocol):
    """One way out."""

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send it once and say what became of it."""
        ...
