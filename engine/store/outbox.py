"""What is owed to the world commits with the events, and is sent in order.

A lane is one target of one incident: of what is posted there only the oldest unfinished may be in flight. An edit of what
stands already waits for older posts, and holds up nobody. States:
`pending` (also while leased and between retries), `waiting` (held back; does not block its lane),
`sent`, `dead`, `erased` (its words were forgotten before they were sent).

A revision is one body of a delivery. What became of an older revision never settles a newer one. Edits are
coalesced: the next one goes out some seconds after the last (`REST`), sooner when it is urgent, with the newest body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from engine.incident.effects import Delivery
from engine.store.lanes import claimable, let_all_pass, let_pass, next_claimable
from engine.store.locking import is_shared
from engine.store.prepared import Prepared
from engine.store.rooms import put_room
from engine.store.seal import Sealer
from engine.store.tables import NEVER, deliveries

MAX_ERROR: Final = 1_000
"""Characters kept of what a channel answered."""
REST: Final[Mapping[str, timedelta]] = {"card": timedelta(seconds=5), "broadcast": timedelta(seconds=5), "task": timedelta(seconds=2)}
"""How long after it was last sent something of this kind is edited again."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One claimed delivery. `attempt` counts from 1; `receipt` is that of an earlier sending: edit it instead of posting anew.

    `doubted_since` is when an earlier attempt began whose end nobody knows: look before sending again. `doubts` counts those attempts.
    """

    delivery: Delivery
    incident_id: str
    key: str
    revision: int
    attempt: int
    receipt: dict[str, Any] | None
    owed_at: datetime
    doubted_since: datetime | None = None
    doubts: int = 0


def owe(tx: Connection, sealer: Sealer, incident_id: str, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Add deliveries; one that `replaces` takes the place of its earlier body with a new revision and keeps the receipt."""
    if not deliveries:
        return
    newest = {delivery.id: delivery for delivery in deliveries}
    contents = sealer.seal_wholes(tx, [msgspec.to_builtins(delivery) for delivery in newest.values()], incident_id)
    places = _places(tx, len(newest))
    added = []
    for place, delivery, content in zip(places, newest.values(), contents, strict=True):
        known = _STATE.first(tx, {"wanted": delivery.id})
        if known is None:
            added.append(_new_row(incident_id, delivery, content, place, now))
        elif delivery.replaces:
            _take_place(tx, known[0], delivery, content, position=place, now=now)
            if known[1] != delivery.target:
                let_pass(tx, incident_id, known[1])
    if added:
        _ADD.change_each(tx, added)


def claim_due(tx: Connection, sealer: Sealer, now: datetime, *, limit: int, lease_until: datetime) -> list[Owed]:
    """Lease what may be sent now, longest due first; a lease that ran out is claimed again."""
    rows = claimable(tx, now, limit)
    if not rows:
        return []
    _LEASE.change_each(tx, [{"wanted": row[0], "until": lease_until, "now": now} for row in rows])
    contents = sealer.unseal_texts(tx, [row[1] for row in rows])
    receipts = sealer.unseal_texts(tx, [row[2] or "null" for row in rows])
    return [_owed(row, content, receipt) for row, content, receipt in zip(rows, contents, receipts, strict=True)]


def record_sent(tx: Connection, sealer: Sealer, owed: Owed, receipt: dict[str, Any], now: datetime) -> bool:
    """Settle a delivery; False when a newer body arrived meanwhile (it stays pending, with this receipt)."""
    sealed = sealer.seal_whole(tx, receipt, owed.incident_id)
    _RECEIVED.change(tx, {"wanted": owed.delivery.id, "receipt": sealed, "sent_at": now})
    _remember_room(tx, sealer, owed, receipt)
    is_settled = _settle(tx, owed, state="sent", last_error=None)
    if not is_settled:
        _make_room(tx, owed, now)
    let_pass(tx, owed.incident_id, owed.delivery.target)
    return is_settled


def record_retry(
    tx: Connection,
    sealer: Sealer,
    owed: Owed,
    *,
    at: datetime,
    error: str,
    ambiguous: bool = False,
    tried: bool = True,
    receipt: Mapping[str, Any] | None = None,
) -> None:
    """Give the lease back and try again at `at`, keeping a `receipt` of what was reached; what was not `tried` is no attempt.

    A newer body that arrived meanwhile waits no longer than that.
    """
    sealed = None
    if receipt:
        sealed = sealer.seal_whole(tx, dict(receipt), owed.incident_id)
        _remember_room(tx, sealer, owed, receipt)
    values = {"at": at, "error": error[:MAX_ERROR], "untried": 0 if tried else 1, "kept": sealed}
    (_AGAIN_IN_DOUBT if ambiguous else _AGAIN).change(tx, values | _leased(owed))
    if receipt:
        let_pass(tx, owed.incident_id, owed.delivery.target)


def release_leases(tx: Connection) -> int:
    """Give back what a process that died had in flight; for when the caller is the only one who sends. Returns how many."""
    let_all_pass(tx)
    leased = update(deliveries).where(deliveries.c.state == "pending", deliveries.c.leased_until.is_not(None))
    return tx.execute(leased.values(leased_until=None)).rowcount


def make_due(tx: Connection, now: datetime) -> int:
    """Let what waits for a later instant go now: the clock that named it was put back. Returns how many."""
    ahead = update(deliveries).where(deliveries.c.state == "pending", deliveries.c.leased_until.is_(None), deliveries.c.due_at > now)
    return tx.execute(ahead.where(deliveries.c.due_at < NEVER).values(due_at=now)).rowcount


def record_dead(tx: Connection, owed: Owed, error: str, now: datetime) -> bool:
    """Give up; False when a newer body arrived meanwhile (it stays pending)."""
    is_settled = _settle(tx, owed, state="dead", last_error=error[:MAX_ERROR])
    if not is_settled:
        _make_room(tx, owed, now)
    let_pass(tx, owed.incident_id, owed.delivery.target)
    return is_settled


def record_waiting(tx: Connection, owed: Owed, reason: str) -> None:
    """Hold a delivery back until `release_waiting`; the attempt is not counted."""
    _HELD_BACK.change(tx, {"error": reason[:MAX_ERROR]} | _leased(owed))
    let_pass(tx, owed.incident_id, owed.delivery.target)


def release_waiting(tx: Connection, incident_id: str, now: datetime) -> int:
    """Make what waits in an incident due now (the worker asks again whether it may go); returns how many."""
    return _RELEASE.change(tx, {"wanted": incident_id, "now": now})


def revive(tx: Connection, delivery_id: str, now: datetime) -> bool:
    """Try a dead, waiting or pending delivery again now, by hand; False when there is no such one."""
    unfinished = deliveries.c.state.in_(("dead", "waiting", "pending"))
    fresh = {name: case((deliveries.c.state == "dead", 0), else_=deliveries.c[name]) for name in ("attempts", "doubts")}
    revived = update(deliveries).where(deliveries.c.id == delivery_id, unfinished)
    return tx.execute(revived.values(state="pending", due_at=now, **fresh)).rowcount > 0


def next_due(tx: Connection) -> datetime | None:
    """Find the earliest instant at which `claim_due` can give something."""
    return next_claimable(tx)


def delivery_counts(tx: Connection) -> dict[str, int]:
    """Count deliveries by state."""
    return {row.state: row.total for row in tx.execute(_COUNTS)}


def _places(tx: Connection, wanted: int) -> list[int]:
    """Give the next places in the order of all lanes; where others write too, from the sequence that also numbers deliveries."""
    if is_shared(tx):
        return [int(row[0]) for row in tx.execute(_DRAWN, {"wanted": wanted})]
    last = _LAST_POSITION.first(tx, {}) or (None,)
    return list(range((last[0] or 0) + 1, (last[0] or 0) + 1 + wanted))


def _remember_room(tx: Connection, sealer: Sealer, owed: Owed, receipt: Mapping[str, Any]) -> None:
    if owed.delivery.kind == "room" or (owed.delivery.kind == "card" and owed.delivery.body.get("rehearsal")):
        put_room(tx, sealer, owed.incident_id, dict(receipt))


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
        "doubts": 0,
        "urgent": delivery.urgent,
        "sent_at": None,
        "last_error": None,
        "receipt": None,
    }


def _take_place(tx: Connection, state: str, delivery: Delivery, content: str, *, position: int, now: datetime) -> None:
    """Put a newer body in place: an unsent one keeps its turn and its next try, a finished one is owed anew after its rest."""
    changed: dict[str, Any] = {
        "wanted": delivery.id,
        "content": content,
        "kind": delivery.kind,
        "target": delivery.target,
        "step": delivery.step,
    }
    changed["urgent"] = delivery.urgent
    if state in ("pending", "waiting"):
        _REPLACE.change(tx, changed)
        if delivery.urgent:
            _HURRY.change(tx, {"wanted": delivery.id, "now": now})
        return
    rested = _RESTED.first(tx, {"wanted": delivery.id})
    due_at = now if delivery.urgent or not rested or rested[0] is None else _rested(delivery.kind, rested[0], now)
    _OWE_ANEW.change(tx, {**changed, "position": position, "owed_at": now, "due_at": due_at})


def _rested(kind: str, sent_at: datetime | str, now: datetime) -> datetime:
    """Say when something sent then may be edited: after its rest, and never later than that from now."""
    last = _instant(sent_at)
    rest = REST.get(kind, timedelta())
    return min(max(now, last + rest), now + rest)


def _make_room(tx: Connection, owed: Owed, now: datetime) -> None:
    """Give the lease back to the newer body that arrived meanwhile, which begins afresh, after its rest or at once."""
    at_once, rested = (literal(at, deliveries.c.due_at.type) for at in (now, now + REST.get(owed.delivery.kind, timedelta())))
    fresh: dict[str, Any] = {"leased_until": None, "attempts": 0, "doubted_since": None, "doubts": 0}
    fresh["due_at"] = case((deliveries.c.urgent, at_once), else_=rested)
    tx.execute(_of(owed).where(_is_own_lease(owed)).values(fresh))


def _owed(row: Sequence[Any], content: Any, receipt: Any) -> Owed:
    _, _, _, incident_id, revision, attempts, owed_at, doubted_since, doubts, key = row
    return Owed(
        delivery=msgspec.convert(content, Delivery),
        incident_id=incident_id,
        key=key,
        revision=revision,
        attempt=attempts + 1,
        receipt=receipt,
        owed_at=_instant(owed_at),
        doubted_since=_instant(doubted_since) if doubted_since else None,
        doubts=doubts,
    )


def _instant(stored: datetime | str) -> datetime:
    """Read an instant as the driver gives it."""
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)


def _leased(owed: Owed) -> dict[str, Any]:
    """Name a lease, and what is known of the attempts before it."""
    return {"wanted": owed.delivery.id, "attempt": owed.attempt, "since": owed.doubted_since, "doubted": owed.doubts}


def _of(owed: Owed) -> Update:
    return update(deliveries).where(deliveries.c.id == owed.delivery.id)


def _is_own_lease(owed: Owed) -> ColumnElement[bool]:
    """Whoever lost the lease meanwhile gives nothing back; attempts count the leases."""
    return and_(deliveries.c.state == "pending", deliveries.c.attempts == owed.attempt)


def _settle(tx: Connection, owed: Owed, *, state: str, last_error: str | None) -> bool:
    return _SETTLED.change(tx, {"wanted": owed.delivery.id, "body": owed.revision, "state": state, "last_error": last_error}) > 0


_STATE: Final = Prepared.of(select(deliveries.c.state, deliveries.c.target).where(deliveries.c.id == bindparam("wanted")))
_RESTED: Final = Prepared.of(select(deliveries.c.sent_at).where(deliveries.c.id == bindparam("wanted")))
_IS_RESTING: Final = and_(deliveries.c.state == "pending", deliveries.c.attempts == 0, deliveries.c.leased_until.is_(None))
_BODY: Final[dict[str, Any]] = {name: bindparam(name) for name in ("content", "kind", "target", "step")} | {
    "revision": deliveries.c.revision + 1
}
_REPLACE: Final = Prepared.of(
    update(deliveries)
    .where(deliveries.c.id == bindparam("wanted"))
    .values(
        {**_BODY, "urgent": case((deliveries.c.urgent, deliveries.c.urgent), else_=bindparam("urgent", type_=deliveries.c.urgent.type))}
    )
)
_HURRY: Final = Prepared.of(
    update(deliveries)
    .where(deliveries.c.id == bindparam("wanted"), _IS_RESTING, deliveries.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
_OWE_ANEW: Final = Prepared.of(
    update(deliveries)
    .where(deliveries.c.id == bindparam("wanted"))
    .values(
        {
            **_BODY,
            **{name: bindparam(name) for name in ("position", "owed_at", "due_at", "urgent")},
            **dict.fromkeys(("leased_until", "doubted_since", "last_error"), null()),
            **dict.fromkeys(("attempts", "doubts"), 0),
            "state": "pending",
        }
    )
)
_RECEIVED: Final = Prepared.of(
    update(deliveries).where(deliveries.c.id == bindparam("wanted")).values(receipt=bindparam("receipt"), sent_at=bindparam("sent_at"))
)
_SETTLED: Final = Prepared.of(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("wanted"),
        or_(deliveries.c.state == "pending", deliveries.c.state == "waiting"),
        deliveries.c.revision == bindparam("body"),
    )
    .values(
        state=bindparam("state"),
        last_error=bindparam("last_error"),
        leased_until=null(),
        doubted_since=null(),
        doubts=0,
    )
)
_RELEASE: Final = Prepared.of(
    update(deliveries)
    .where(deliveries.c.incident_id == bindparam("wanted"), deliveries.c.state == "waiting")
    .values(state="pending", due_at=bindparam("now"))
)
_LAST_POSITION: Final = Prepared.of(select(func.max(deliveries.c.position)))
_DRAWN: Final = text("SELECT nextval('deliveries_number_seq') FROM generate_series(1, :wanted)")
_ADD: Final = Prepared.of(
    insert(deliveries).values({column.name: bindparam(column.name) for column in deliveries.columns if column.name != "number"})
)
_LEASE: Final = Prepared.of(
    update(deliveries)
    .where(deliveries.c.id == bindparam("wanted"))
    .values(
        leased_until=bindparam("until"),
        attempts=deliveries.c.attempts + 1,
        doubts=deliveries.c.doubts + 1,
        urgent=False,
        doubted_since=func.coalesce(deliveries.c.doubted_since, bindparam("now", type_=deliveries.c.doubted_since.type)),
    )
)
_OWN_LEASE: Final = update(deliveries).where(
    deliveries.c.id == bindparam("wanted"), deliveries.c.state == "pending", deliveries.c.attempts == bindparam("attempt")
)
"""Whoever lost the lease meanwhile gives nothing back; attempts count the leases."""
_IN_DOUBT_AS_BEFORE: Final[dict[str, Any]] = {"doubted_since": bindparam("since"), "doubts": bindparam("doubted")}
_LATER: Final[dict[str, Any]] = {
    "leased_until": null(),
    "due_at": bindparam("at"),
    "last_error": bindparam("error"),
    "attempts": deliveries.c.attempts - bindparam("untried"),
    "receipt": func.coalesce(bindparam("kept"), deliveries.c.receipt),
}
_AGAIN: Final = Prepared.of(_OWN_LEASE.values(_LATER | _IN_DOUBT_AS_BEFORE))
_AGAIN_IN_DOUBT: Final = Prepared.of(_OWN_LEASE.values(_LATER))
_HELD_BACK: Final = Prepared.of(
    _OWN_LEASE.values(
        {"state": "waiting", "leased_until": null(), "last_error": bindparam("error"), "attempts": deliveries.c.attempts - 1}
        | _IN_DOUBT_AS_BEFORE
    )
)
_COUNTS: Final = select(deliveries.c.state, func.count().label("total")).group_by(deliveries.c.state)
