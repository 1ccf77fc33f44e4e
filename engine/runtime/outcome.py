"""What `handle` answers: a value for every way that a command can end.

    Handled   accepted; committed before anybody reads this value (no entries: there was nothing to do)
    Refusal   the rules say no; nothing changed
    NotFound  there is no such incident, as far as this actor may know
    Stale     the incident is not at the version that the actor saw; nothing changed
    Recalled  the same request was answered before; nothing changed

Anything else is a Fault, raised.
"""

from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from sqlalchemy import Connection

from engine.incident.events import Entry
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.state import Incident


@dataclass(frozen=True, slots=True)
class Handled:
    """The incident after the command, the world it was decided in, and what happened; `similar` after a declaration.

    `head` is that of the incident's chain when something was appended.
    """

    world: World
    incident: Incident
    entries: tuple[Entry, ...] = ()
    similar: tuple[str, ...] = ()
    head: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    asked: str


@dataclass(frozen=True, slots=True)
class Stale:
    """`version` is the incident's own."""

    version: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """What `Memory.recall` gave."""

    answer: Any


Decided = Handled | Refusal | NotFound | Stale
Outcome = Decided | Recalled


class Memory(Protocol):
    """Remembers a request (an Idempotency-Key, a Slack trigger) in the very transaction that does its work.

    Both run inside the unit of work; what they write commits with the events, or not at all.
    """

    def recall(self, tx: Connection) -> Any | None:
        """Give what was answered to this request before; None lets the work go on."""
        ...

    def keep(self, tx: Connection, decided: Decided, /) -> None:
        """Keep the answer, before it is given."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as last committed, to look at."""

    world: World
    incident: Incident


def word_of(outcome: Outcome | None) -> str:
    """Name how a command ended, in a word; None is a Fault or a bug of ours."""
    match outcome:
        case None:
            return "fault"
        case Handled(entries=()):
            return "unchanged"
        case Handled():
            return "done"
        case Refusal():
            return "refused"
        case NotFound():
            return "not_found"
        case Stale():
            return "stale"
        case Recalled():
            return "repeated"
        case _:
            assert_never(outcome)
