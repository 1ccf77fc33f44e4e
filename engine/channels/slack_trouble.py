"""A Slack call that did not work out, and what that means for the delivery.

Rules:
- `waits`: Slack was not asked, or asked us to wait. Such a delivery comes back later and uses up no attempt.
- `done` is what was reached before the trouble; it is kept as the receipt, so that nothing is done twice.
- Errors name Slack's code, never what we sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.channels.channel import Failed
from engine.channels.slack_errors import ErrorClass, class_of

MAX_WAIT: Final = 3600.0
"""Seconds: a longer `Retry-After` counts as this."""
UNSAID: Final = 5.0
"""Seconds of a pause for which Slack named no length."""

READS: Final = frozenset(
    {
        "auth.test",
        "bookmarks.list",
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.list",
        "conversations.members",
        "conversations.open",
        "conversations.replies",
        "pins.list",
        "users.info",
        "users.lookupByEmail",
    }
)
"""Calls that change nothing: when their answer is lost, nothing is in doubt."""

_FINAL: Final = frozenset({"adapt", "gone", "message_gone", "ours"})
_SHUT_OUT: Final = frozenset({"credentials", "scope"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call that was refused, held back, or whose end nobody knows; `code` is Slack's, or our word for it."""

    code: str
    status: int = 0
    retry_after: float | None = None
    ambiguous: bool = False
    waits: bool = False
    method: str = ""
    done: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> ErrorClass | None:
        return class_of(self.method, self.code)

    @property
    def is_passing(self) -> bool:
        """Say whether trying again may help."""
        return self.failed().retry

    def after(self, receipt: Mapping[str, Any]) -> "Trouble":
        """Add what was reached before."""
        return replace(self, done=receipt)

    def failed(self) -> Failed:
        """Say what this means for the delivery."""
        kind = self.kind
        if kind in _SHUT_OUT:
            wait = self.retry_after if self.waits else 60.0
            error = f"slack refuses the app's credentials: {self.code}; see docs/slack.md"
            return Failed(error, retry=True, retry_after=wait, tried=False, shut=kind == "credentials", receipt=self.done)
        is_final = kind in _FINAL or 300 <= self.status < 429 or 429 < self.status < 500
        return Failed(
            f"slack: {self.code}",
            retry=self.waits or not is_final,
            retry_after=self.retry_after,
            ambiguous=self.ambiguous and self.method not in READS,
            tried=not self.waits,
            gone=kind == "gone",
            receipt=self.done,
        )
