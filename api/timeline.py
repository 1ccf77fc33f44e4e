"""What happened in an incident, a page at a time."""

from sqlalchemy import Connection

from engine.runtime.outcome import Seen
from engine.runtime.telling import Teller, Told
from engine.store.paging import BadCursor
from engine.store.seal import Sealer


def told(tx: Connection, sealer: Sealer, seen: Seen, *, after: int, limit: int) -> list[Told]:
    """Tell up to `limit` entries that follow number `after`, oldest first."""
    return Teller().told_on(tx, sealer, seen, limit=limit, after=after)


def after_of(cursor: str | None) -> int:
    """Read the number of the last entry seen out of a cursor; raises BadCursor."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadCursor(cursor)
    return int(cursor)
