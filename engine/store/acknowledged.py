"""Remembers the newest changes that were acknowledged here, and notices when the database does not have them any more.

A standby that took over without everything has whole chains, which only end earlier: the audit can't know. Who was there before can.

Rules:
- A unit that writes a head leaves it with its connection (`leave`); what was committed is noted (`note`), what was rolled back is not.
- A number that is given again to another change says at once that history was lost; the rest is found by looking (`missing`).
- What was found is counted once and forgotten.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from engine.store.tables import heads

REMEMBERED: Final = 256
"""Changes of one process."""
_LEFT: Final = "firebreak head"


class Acknowledged:
    """The digests of heads by their numbers, as they were acknowledged."""

    def __init__(self) -> None:
        self._digests: dict[int, str] = {}
        self.lost = 0
        """Changes so far that were acknowledged here and are missing now."""

    def note(self, info: dict[Any, Any]) -> None:
        """Remember what a unit left that has been committed."""
        left = info.pop(_LEFT, None)
        if left is None:
            return
        number, digest = left
        self.lost += self._digests.pop(number, digest) != digest
        self._digests[number] = digest
        if len(self._digests) > REMEMBERED:
            del self._digests[next(iter(self._digests))]

    def missing(self, tx: Connection) -> dict[int, str]:
        """Find what is remembered and not there, or not what it was."""
        there = select(heads.c.number, heads.c.digest).where(heads.c.number.in_(list(self._digests)))
        found = {row.number: row.digest for row in tx.execute(there)}
        return {number: digest for number, digest in self._digests.items() if found.get(number) != digest}

    def count(self, missing: Mapping[int, str]) -> None:
        """Count what is missing, and forget it."""
        for number, digest in missing.items():
            if self._digests.get(number) == digest:
                del self._digests[number]
                self.lost += 1


def leave(tx: Connection, number: int, digest: str) -> None:
    """Leave a head with the unit's connection."""
    tx.info[_LEFT] = (number, digest)


def forget(info: dict[Any, Any]) -> None:
    """Forget what a unit left that was rolled back."""
    info.pop(_LEFT, None)
