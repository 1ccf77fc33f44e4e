"""Which incidents changed since somebody last looked: read from the log of heads, whichever process wrote it."""

from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from engine.store.prepared import Prepared
from engine.store.tables import heads

MOST: Final = 1_000

_LAST: Final = Prepared.of(select(func.max(heads.c.number)))
_SINCE: Final = Prepared.of(
    select(heads.c.number, heads.c.incident_id).where(heads.c.number > bindparam("seen")).order_by(heads.c.number).limit(MOST)
)


def last_change(tx: Connection) -> int:
    """Give the number of the newest change of any incident; 0 before the first."""
    row = _LAST.first(tx, {})
    return int(row[0] or 0) if row else 0


def changed_since(tx: Connection, number: int) -> tuple[int, frozenset[str]]:
    """Give the ids of incidents that changed after that change, of at most `MOST` changes, and the number of the last of those."""
    rows = _SINCE.every(tx, {"seen": number})
    return (rows[-1][0] if rows else number), frozenset(row[1] for row in rows)
