"""What the runtime tells whoever measures it: what begins and ends, and how it ended.

Rules:
- The wiring chooses who listens; nothing here keeps anything, and by default nobody listens.
- Whoever listens neither fails nor waits, and makes of it figures under bounded names (a command, a code, a way); never
  an id, a title or a word that somebody wrote.
"""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Final, Protocol

from engine.channels.channel import Outcome as Sending
from engine.incident.actor import Via
from engine.incident.commands import AnyCommand
from engine.incident.effects import Delivery
from engine.runtime.outcome import Outcome


class Meter(Protocol):
    """Listens to what the runtime did."""

    def commanding(self, command: AnyCommand, via: Via) -> AbstractContextManager[object]:
        """Hear that a command begins, and by the block's end that it has ended; `commanded` is told within it."""
        ...

    def commanded(self, command: AnyCommand, via: Via, outcome: Outcome | None) -> None:
        """Hear how a command ended; None when a Fault or a bug of ours ended it."""
        ...

    def rang(self, lateness: timedelta) -> None:
        """Hear how late an alarm was answered, its work included."""
        ...

    def delivering(self, delivery: Delivery, attempt: int) -> AbstractContextManager[object]:
        """Hear that a delivery is taken up, from 1 on, and by the block's end that it is settled; `delivered` is told within it."""
        ...

    def delivered(self, delivery: Delivery, outcome: Sending, age: timedelta) -> None:
        """Hear how a sending ended, and how long it had been owed by then."""
        ...

    def reloaded(self, *, taken: bool) -> None:
        """Hear that another organisation file was found, and whether it is in force now."""
        ...


UNHEARD: Final[AbstractContextManager[None]] = nullcontext()
"""For who only wants to hear how things end."""


class Unmeasured:
    """Listens to nothing."""

    def commanding(self, command: AnyCommand, via: Via) -> AbstractContextManager[object]:
        """Forget it."""
        return UNHEARD

    def commanded(self, command: AnyCommand, via: Via, outcome: Outcome | None) -> None:
        """Forget it."""

    def rang(self, lateness: timedelta) -> None:
        """Forget it."""

    def delivering(self, delivery: Delivery, attempt: int) -> AbstractContextManager[object]:
        """Forget it."""
        return UNHEARD

    def delivered(self, delivery: Delivery, outcome: Sending, age: timedelta) -> None:
        """Forget it."""

    def reloaded(self, *, taken: bool) -> None:
        """Forget it."""
