"""Which deliveries may go: of each lane the oldest post, and edits of what stands already; found by an index, however many wait.

Where one process writes, what waits for another in its lane is set aside when it is first met: it is due `NEVER`, and nobody
looks at it again. Whoever changes what stands before it lets the next one pass. Where several write, two of them could set
aside and let pass at the same moment, each not seeing the other: there nothing is set aside.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, exists, func, or_, select, true, update

from engine.store.locking import is_shared
from engine.store.prepared import Prepared
from engine.store.tables import NEVER, deliveries, incidents

_WINDOW: Final = 64
"""Deliveries looked at together."""
_LAST: Final = 2**62
"""A place that no delivery has."""


def claimable(tx: Connection, now: datetime, limit: int) -> Sequence[tuple[Any, ...]]:
    """List what may be claimed where nobody else claims, longest due first, by the columns `CLAIMED`."""
    found = (_ROW.first(tx, {"wanted": each}) for each in _free(tx, now, limit))
    return [row for row in found if row is not None]


def next_claimable(tx: Connection) -> datetime | None:
    """Find the earliest instant at which there may be something to claim."""
    rows = (_NEXT_FREE.first(tx, {}), _NEXT_LEASE.first(tx, {}))
    return min((datetime.fromisoformat(row[0]) for row in rows if row is not None and row[0] is not None), default=None)


def let_pass(tx: Connection, incident_id: str, target: str) -> bool:
    """Let the next of a lane go, after what stood before it has changed; says whether one waited."""
    return not is_shared(tx) and _PASS.change(tx, {"of_incident": incident_id, "of_target": target}) > 0


def let_all_pass(tx: Connection) -> None:
    """Look at everything anew."""
    _PASS_ALL.change(tx, {})


def _free(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Look through what is due, setting aside what waits for another."""
    free: list[str] = []
    while True:
        rows = _MET.every(tx, {"now": now, "most": _WINDOW, "known": len(free)})
        behind = [{"wanted": name} for name, is_behind in rows if is_behind]
        if behind:
            _SET_ASIDE.change_each(tx, behind)
        free += [name for name, is_behind in rows if not is_behind]
        if len(free) >= limit or len(rows) < _WINDOW:
            return free[:limit]


def is_turn() -> Iterable[ColumnElement[bool]]:
    """Say of which deliveries it is the turn: nothing older that was never sent waits in their lane."""
    yield deliveries.c.state == "pending"
    yield ~_behind()


def _behind() -> ColumnElement[bool]:
    """Say whether an older post of the same lane is not settled yet."""
    older = deliveries.alias("older")
    is_older = (older.c.incident_id == deliveries.c.incident_id, older.c.target == deliveries.c.target, older.c.state == "pending")
    return exists().where(*is_older, older.c.receipt.is_(None), older.c.position < deliveries.c.position)


def _due() -> Iterable[ColumnElement[bool]]:
    yield deliveries.c.state == "pending"
    yield deliveries.c.due_at <= bindparam("now")
    yield or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= bindparam("now"))


def _first_post() -> Select[tuple[Any]]:
    """Find the place of the oldest post of a lane."""
    post = deliveries.alias("post")
    in_lane = (post.c.incident_id == bindparam("of_incident"), post.c.target == bindparam("of_target"), post.c.state == "pending")
    return select(post.c.position).where(*in_lane, post.c.receipt.is_(None)).order_by(post.c.position).limit(1)


CLAIMED: Final = (
    *(deliveries.c[name] for name in ("id", "content", "receipt", "incident_id", "revision", "attempts", "owed_at", "doubted_since")),
    deliveries.c.doubts,
    incidents.c.key,
)
"""What is read of a delivery that is claimed, and its incident's key."""
LOCKING_ORDER: Final = (deliveries.c.incident_id, deliveries.c.id)
"""In which whoever needs several deliveries locks them, so that nobody waits in a circle."""
OF_INCIDENT: Final = incidents.c.id == deliveries.c.incident_id

_IN_ORDER: Final = (deliveries.c.due_at, deliveries.c.position)
_ROW: Final = Prepared.of(select(*CLAIMED).join_from(deliveries, incidents, OF_INCIDENT).where(deliveries.c.id == bindparam("wanted")))
_MET: Final = Prepared.of(
    select(deliveries.c.id, _behind()).where(*_due()).order_by(*_IN_ORDER).limit(bindparam("most")).offset(bindparam("known"))
)
_SET_ASIDE: Final = Prepared.of(update(deliveries).where(deliveries.c.id == bindparam("wanted")).values(due_at=NEVER))
_IS_ASIDE: Final = and_(deliveries.c.state == "pending", deliveries.c.due_at == NEVER)
_PASS: Final = Prepared.of(
    update(deliveries)
    .where(
        deliveries.c.incident_id == bindparam("of_incident"),
        deliveries.c.target == bindparam("of_target"),
        _IS_ASIDE,
        deliveries.c.position <= func.coalesce(_first_post().scalar_subquery(), _LAST),
    )
    .values(due_at=deliveries.c.owed_at)
)
_PASS_ALL: Final = Prepared.of(update(deliveries).where(_IS_ASIDE).values(due_at=deliveries.c.owed_at))
_LATER_OF_BOTH: Final = case((deliveries.c.leased_until > deliveries.c.due_at, deliveries.c.leased_until), else_=deliveries.c.due_at)
_NEXT_FREE: Final = Prepared(
    lambda dialect: (
        select(deliveries.c.due_at)
        .where(deliveries.c.state == "pending", deliveries.c.leased_until.is_(None), deliveries.c.due_at < NEVER)
        .where(~_behind() if dialect == "postgresql" else true())
        .order_by(deliveries.c.due_at)
        .limit(1)
    )
)
_NEXT_LEASE: Final = Prepared.of(select(func.min(_LATER_OF_BOTH)).where(deliveries.c.leased_until.is_not(None)))
