"""Who gives a command, and by what right.

`own` is true only where the person's own credential gave the command: a press in the pinned Slack
workspace, a signed-in session or a personal token. Keys are turned with nothing less.
"""

from typing import Final, Literal

import msgspec

Via = Literal["rest", "slack", "terminal", "timer", "delivery", "system", "phone", "sms", "email", "pagerduty", "room"]

REACHED: Final[frozenset[str]] = frozenset({"phone", "sms", "email", "pagerduty"})
"""Ways on which somebody who was called can say that they were reached, and nothing else."""


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person, a service (with or without a person it acts for), or the engine itself."""

    person: str | None = None
    via: Via = "system"
    credential: str | None = None
    own: bool = False
    service: str | None = None
    admin: bool = False

    @property
    def name(self) -> str:
        """A short name for histories: the person, else the service, else the engine."""
        return self.person or self.service or "firebreak"


SYSTEM = Actor()
TIMER = Actor(via="timer")
DELIVERY = Actor(via="delivery")
