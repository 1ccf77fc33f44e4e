"""What is owed anew: what is known of it, and how a newer body takes the place of the one before.

Rules:
- An unsent body gives way in place: its turn and its next try stay. What was sent or is dead is owed anew, after its rest.
- What a delivery is found by moves only when it changes, because its index moves with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, Connection, Select, Text, and_, any_, bindparam, case, func, null, select, update

from engine.incident.effects import Delivery
from engine.store.canonical import canonical
from engine.store.locking import is_shared, locked
from engine.store.prepared import Prepared
from engine.store.tables import deliveries

REST: Final[Mapping[str, timedelta]] = {"card": timedelta(seconds=5), "broadcast": timedelta(seconds=5), "task": timedelta(seconds=2)}
"""How long after it was last sent something of this kind is edited again."""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands of a delivery that is owed again; `sent_at` as the driver gives it."""

    kind: str
    target: str
    step: str | None
    state: str
    sent_at: datetime | str | None


@dataclass(frozen=True, slots=True)
class Newer:
    """A body that takes the place of what is known; `position` is its turn where it is owed anew."""

    delivery: Delivery
    content: str
    position: int
    known: Known


def known_among(tx: Connection, ids: Iterable[str]) -> dict[str, Known]:
    """Find those of several deliveries that were owed before, by id; where others write too, they are locked until the unit ends."""
    wanted = list(ids)
    rows = _KNOWN.every(tx, {"wanted": wanted if is_shared(tx) else canonical(wanted)})
    return {row[0]: Known(*row[1:]) for row in rows}


def take_places(tx: Connection, newer: Iterable[Newer], now: datetime) -> None:
    """Put newer bodies in place."""
    within, moved, anew = [], [], []
    for each in newer:
        if each.known.state not in ("pending", "waiting"):
            anew.append(_body(each) | _turn(each, now))
        elif (each.known.kind, each.known.target, each.known.step) == (each.delivery.kind, each.delivery.target, each.delivery.step):
            within.append(_words(each))
        else:
            moved.append(_body(each))
    for statement, rows in ((_REPLACE_WORDS, within), (_REPLACE, moved), (_OWE_ANEW, anew)):
        if rows:
            statement.change_each(tx, rows)
    hurried = [{"wanted": row["wanted"], "now": now} for row in (*within, *moved) if row["urgent"]]
    if hurried:
        _HURRY.change_each(tx, hurried)


def instant_of(stored: datetime | str) -> datetime:
    """Read an instant as the driver gives it."""
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)


def _words(newer: Newer) -> dict[str, Any]:
    return {"wanted": newer.delivery.id, "content": newer.content, "urgent": newer.delivery.urgent}


def _body(newer: Newer) -> dict[str, Any]:
    return _words(newer) | {"kind": newer.delivery.kind, "target": newer.delivery.target, "step": newer.delivery.step}


def _turn(newer: Newer, now: datetime) -> dict[str, Any]:
    """Say when something finished is owed anew: at once, or after its rest and never later than that from now."""
    rest, sent_at = REST.get(newer.delivery.kind, timedelta()), newer.known.sent_at
    is_at_once = newer.delivery.urgent or sent_at is None
    due_at = now if is_at_once or sent_at is None else min(max(now, instant_of(sent_at) + rest), now + rest)
    return {"position": newer.position, "owed_at": now, "due_at": due_at}


def _known(dialect: str) -> Select[tuple[Any, ...]]:
    asked = select(*(deliveries.c[name] for name in ("id", "kind", "target", "step", "state", "sent_at"))).order_by(deliveries.c.id)
    if dialect == "postgresql":
        return locked(dialect, asked.where(deliveries.c.id == any_(bindparam("wanted", type_=ARRAY(Text)))))
    listed = func.json_each(bindparam("wanted", type_=Text)).table_valued("value")
    return asked.where(deliveries.c.id.in_(select(listed.c.value)))


_KNOWN: Final = Prepared(_known)
_OF_IT: Final = update(deliveries).where(deliveries.c.id == bindparam("wanted"))
_NEWER: Final[dict[str, Any]] = {"content": bindparam("content"), "revision": deliveries.c.revision + 1}
_FOUND_BY: Final[dict[str, Any]] = {name: bindparam(name) for name in ("kind", "target", "step")}
_URGENT: Final[dict[str, Any]] = {
    "urgent": case((deliveries.c.urgent, deliveries.c.urgent), else_=bindparam("urgent", type_=deliveries.c.urgent.type))
}
_IS_RESTING: Final = and_(deliveries.c.state == "pending", deliveries.c.attempts == 0, deliveries.c.leased_until.is_(None))
_REPLACE_WORDS: Final = Prepared.of(_OF_IT.values(_NEWER | _URGENT))
_REPLACE: Final = Prepared.of(_OF_IT.values(_NEWER | _URGENT | _FOUND_BY))
_HURRY: Final = Prepared.of(_OF_IT.where(_IS_RESTING, deliveries.c.due_at > bindparam("now")).values(due_at=bindparam("now")))
_OWE_ANEW: Final = Prepared.of(
    _OF_IT.values(
        {
            **_NEWER,
            **_FOUND_BY,
            **{name: bindparam(name) for name in ("position", "owed_at", "due_at", "urgent")},
            **dict.fromkeys(("leased_until", "holder", "doubted_since", "last_error"), null()),
            **dict.fromkeys(("attempts", "doubts"), 0),
            "state": "pending",
        }
    )
)
