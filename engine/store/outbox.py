"""What is owed to the world commits with the events, and is sent in order.

A lane is one target of one incident: only its oldest unfinished delivery may be in flight. States:
`pending` (also while leased and between retries), `waiting` (held back; does not block its lane),
`sent`, `dead`, `erased` (its words were forgotten before they were sent).

A revision is one body of a delivery. What became of an older revision never settles a newer one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Update, and_, bindparam, case, exists, func, insert, null, or_, select, update

from engine.incident.effects import Delivery
from engine.store.prepared import Prepared
from engine.store.seal import Sealer
from engine.store.tables import AnyRow, deliveries

MAX_ERROR: Final = 1_000
"""Characters kept of what a channel answered."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One claimed delivery. `attempt` counts from 1; `receipt` is that of an earlier sending: edit it instead of posting anew.

    `doubted_since` is when an earlier attempt began whose end nobody knows: look before sending again.
    """

    delivery: Delivery
    incident_id: str
    revision: int
    attempt: int
    receipt: dict[str, Any] | None
    owed_at: datetime
    doubted_since: datetime | None = None


def owe(tx: Connection, sealer: Sealer, incident_id: str, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Add deliveries; one that `replaces` takes the place of its earlier body with a new revision and keeps the receipt."""
    if not deliveries:
        return
    newest = {delivery.id: delivery for delivery in deliveries}
    contents = sealer.seal_wholes(tx, [msgspec.to_builtins(delivery) for delivery in newest.values()], incident_id)
    last = _LAST_POSITION.first(tx, {}) or (None,)
    added = []
    for place, (delivery, content) in enumerate(zip(newest.values(), contents, strict=True), start=(last[0] or 0) + 1):
        known = _STATE.first(tx, {"wanted": delivery.id})
        if known is None:
            added.append(_new_row(incident_id, delivery, content, place, now))
        elif delivery.replaces:
            _take_place(tx, known[0], delivery, content, place, now)
    if added:
        _ADD.change_each(tx, added)


def claim_due(tx: Connection, sealer: Sealer, now: datetime, *, limit: int, lease_until: datetime) -> list[Owed]:
    """Lease what may be sent now, longest due first; a lease that ran out is claimed again."""
    rows = tx.execute(_DUE.limit(limit), {"now": now}).all()
    if not rows:
        return []
    tx.execute(_LEASE, [{"wanted": row.id, "until": lease_until, "now": now} for row in rows])
    contents = sealer.unseal_texts(tx, [row.content for row in rows])
    receipts = sealer.unseal_texts(tx, [row.receipt or "null" for row in rows])
    return [_owed(row, content, receipt) for row, content, receipt in zip(rows, contents, receipts, strict=True)]


def record_sent(tx: Connection, sealer: Sealer, owed: Owed, receipt: dict[str, Any], now: datetime) -> bool:
    """Settle a delivery; False when a newer body arrived meanwhile (it stays pending, with this receipt)."""
    sealed = sealer.seal_whole(tx, receipt, owed.incident_id)
    tx.execute(_of(owed).values(receipt=sealed, sent_at=now))
    is_settled = _settle(tx, owed, state="sent", last_error=None)
    if not is_settled:
        tx.execute(_of(owed).where(_is_own_lease(owed)).values(leased_until=None))
    return is_settled


def record_retry(tx: Connection, owed: Owed, *, at: datetime, error: str, ambiguous: bool = False) -> None:
    """Give the lease back and try again at `at`; a newer body that arrived meanwhile waits no longer than that."""
    values: dict[str, Any] = {"leased_until": None, "due_at": at, "last_error": error[:MAX_ERROR]}
    tx.execute(_of(owed).where(_is_own_lease(owed)).values(values if ambiguous else values | {"doubted_since": owed.doubted_since}))


def release_leases(tx: Connection) -> int:
    """Give back what a process that died had in flight; for when the caller is the only one who sends. Returns how many."""
    leased = update(deliveries).where(deliveries.c.state == "pending", deliveries.c.leased_until.is_not(None))
    return tx.execute(leased.values(leased_until=None)).rowcount


def record_dead(tx: Connection, owed: Owed, error: str) -> bool:
    """Give up; False when a newer body arrived meanwhile (it stays pending)."""
    is_settled = _settle(tx, owed, state="dead", last_error=error[:MAX_ERROR])
    if not is_settled:
        tx.execute(_of(owed).where(_is_own_lease(owed)).values(leased_until=None))
    return is_settled


def record_waiting(tx: Connection, owed: Owed, reason: str) -> None:
    """Hold a delivery back until `release_waiting`; the attempt is not counted."""
    values: dict[str, Any] = {"state": "waiting", "leased_until": None, "last_error": reason[:MAX_ERROR]}
    values |= {"attempts": deliveries.c.attempts - 1, "doubted_since": owed.doubted_since}
    tx.execute(_of(owed).where(_is_own_lease(owed)).values(values))


def release_waiting(tx: Connection, incident_id: str, now: datetime) -> int:
    """Make what waits in an incident due now (the worker asks again whether it may go); returns how many."""
    waiting = update(deliveries).where(deliveries.c.incident_id == incident_id, deliveries.c.state == "waiting")
    return tx.execute(waiting.values(state="pending", due_at=now)).rowcount


def revive(tx: Connection, delivery_id: str, now: datetime) -> bool:
    """Try a dead, waiting or pending delivery again now, by hand; False when there is no such one."""
    unfinished = deliveries.c.state.in_(("dead", "waiting", "pending"))
    fresh_attempts = case((deliveries.c.state == "dead", 0), else_=deliveries.c.attempts)
    revived = update(deliveries).where(deliveries.c.id == delivery_id, unfinished)
    return tx.execute(revived.values(state="pending", due_at=now, attempts=fresh_attempts)).rowcount > 0


def next_due(tx: Connection) -> datetime | None:
    """Find the earliest instant at which `claim_due` can give something."""
    return tx.execute(_NEXT).scalar()


def delivery_counts(tx: Connection) -> dict[str, int]:
    """Count deliveries by state."""
    return {row.state: row.total for row in tx.execute(_COUNTS)}


def _new_row(incident_id: str, delivery: Delivery, content: str, position: int, now: datetime) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "incident_id": incident_id,
        "position": position,
        "kind": delivery.kind,
        "target": delivery.target,
        "step": delivery.step,
        "content": content,
        "state": "pending",
        "revision": 1,
        "attempts": 0,
        "owed_at": now,
        "due_at": now,
        "leased_until": None,
        "doubted_since": None,
        "sent_at": None,
        "last_error": None,
        "receipt": None,
    }


def _take_place(tx: Connection, state: str, delivery: Delivery, content: str, position: int, now: datetime) -> None:
    """Put a newer body in place: an unsent one keeps its turn and its next try, a finished one is owed anew."""
    values: dict[str, Any] = {"content": content, "kind": delivery.kind, "target": delivery.target, "step": delivery.step}
    values["revision"] = deliveries.c.revision + 1
    if state not in ("pending", "waiting"):
        values |= {"state": "pending", "position": position, "attempts": 0, "owed_at": now, "due_at": now}
        values |= {"leased_until": null(), "doubted_since": null(), "last_error": null()}
    tx.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(values))


def _owed(row: AnyRow, content: Any, receipt: Any) -> Owed:
    return Owed(
        delivery=msgspec.convert(content, Delivery),
        incident_id=row.incident_id,
        revision=row.revision,
        attempt=row.attempts + 1,
        receipt=receipt,
        owed_at=row.owed_at,
        doubted_since=row.doubted_since,
    )


def _of(owed: Owed) -> Update:
    return update(deliveries).where(deliveries.c.id == owed.delivery.id)


def _is_own_lease(owed: Owed) -> ColumnElement[bool]:
    """Whoever lost the lease meanwhile gives nothing back; attempts count the leases."""
    return and_(deliveries.c.state == "pending", deliveries.c.attempts == owed.attempt)


def _settle(tx: Connection, owed: Owed, **values: Any) -> bool:
    settled = _of(owed).where(deliveries.c.state.in_(("pending", "waiting")), deliveries.c.revision == owed.revision)
    return tx.execute(settled.values(values | {"leased_until": None, "doubted_since": None})).rowcount > 0


def _claimable() -> Iterable[ColumnElement[bool]]:
    older = deliveries.alias("older")
    is_older = (older.c.incident_id == deliveries.c.incident_id, older.c.target == deliveries.c.target, older.c.state == "pending")
    yield deliveries.c.state == "pending"
    yield ~exists().where(*is_older, older.c.position < deliveries.c.position)


_STATE: Final = Prepared.of(select(deliveries.c.state).where(deliveries.c.id == bindparam("wanted")))
_LAST_POSITION: Final = Prepared.of(select(func.max(deliveries.c.position)))
_ADD: Final = Prepared.of(
    insert(deliveries).values({column.name: bindparam(column.name) for column in deliveries.columns if column.name != "number"})
)
_DUE: Final = (
    select(deliveries)
    .where(
        *_claimable(),
        deliveries.c.due_at <= bindparam("now"),
        or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= bindparam("now")),
    )
    .order_by(deliveries.c.due_at, deliveries.c.position)
)
_LEASE: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("wanted"))
    .values(
        leased_until=bindparam("until"),
        attempts=deliveries.c.attempts + 1,
        doubted_since=func.coalesce(deliveries.c.doubted_since, bindparam("now", type_=deliveries.c.doubted_since.type)),
    )
)
_NEXT: Final = select(
    func.min(case((deliveries.c.leased_until > deliveries.c.due_at, deliveries.c.leased_until), else_=deliveries.c.due_at))
).where(*_claimable())
_COUNTS: Final = select(deliveries.c.state, func.count().label("total")).group_by(deliveries.c.state)
