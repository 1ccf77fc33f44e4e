"""Find whatever was changed, removed or reordered behind the program's back.

Whoever can rewrite every table consistently is not found: that needs a head signed and kept outside the
database. So a clean report says "consistent, not anchored".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.store.event_log import StoredEvent
from engine.store.projections import Projection
from engine.store.seal import Sealer


@dataclass(frozen=True, slots=True)
class Finding:
    """`incident` is a key where one is known, else an id, else None (the log of heads itself)."""

    incident: str | None
    seq: int | None
    text: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    incidents: int
    events: int
    heads: int
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """Say "consistent, not anchored", or how many findings there are."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the events alone say: the snapshot as `codec` encodes it, and what is read from it."""

    snapshot: dict[str, Any]
    projection: Projection


Rebuild = Callable[[Connection, Sequence[StoredEvent]], Rebuilt]


def verify(tx: Connection, sealer: Sealer, *, rebuild: Rebuild | None = None, key: str | None = None) -> AuditReport:
    """Check every chain (or one incident's), and with `rebuild` that snapshot and read tables follow from the events."""
    raise NotImplementedError
