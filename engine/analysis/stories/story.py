"""A story as it was read: frozen values, every name in them known to the playbook.

`path` leads to the place in the file that a value was read from; the items of `does` stand in the order of
the file, each with its instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from engine.language.diagnostic import Path
from engine.language.duration import Duration

START: Final = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 — a wall clock; the organisation's zone makes it an instant
"""Monday noon, when a story does not say when it begins: the office is open and no holiday is near."""

AT_ONCE: Final = Duration(0, "m")


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody does: `verb` names it, `what` stands under the verb, `more` beside it."""

    path: Path
    verb: str
    what: Any
    at: Duration = AT_ONCE
    follows: bool = False
    """Without an instant of its own: it comes when the action before it is over."""
    more: Mapping[str, Any] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    """Roles or people, in turn; without any, whoever is asked to do it."""
    refused: str | None = None
    """The code with which it must be refused."""
    policy: str | None = None

    @property
    def items(self) -> tuple[str, ...]:
        """What stands under the verb, as a list of names."""
        return (self.what,) if isinstance(self.what, str) else tuple(self.what)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must be true: at the end, or at the instant `at`."""

    path: Path
    verb: str
    what: Any
    at: Duration | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def items(self) -> tuple[str, ...]:
        """What stands under the verb, as a list of names."""
        return (self.what,) if isinstance(self.what, str) else tuple(self.what)


@dataclass(frozen=True, slots=True)
class Story:
    """One run: how it is declared, what people do, and what must come of it."""

    path: Path
    title: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    severity: str | None = None
    mode: Literal["live", "rehearsal"] = "live"
    start: datetime = START
    """Wall clock, in the zone of the organisation."""
    by: str | None = None
    silent: frozenset[str] = frozenset()
    """Roles whose holders do not acknowledge by themselves."""
    does: tuple[Action, ...] = ()
    then: tuple[Claim, ...] = ()
