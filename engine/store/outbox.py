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
    Text,
    and_,
    any_,
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
from sqlalchemy.dialects.postgresql import ARRAY

from engine.incident.effects import Delivery
from engine.store.job import Job
from engine.store.lanes import LOCKING_ORDER, claimable, let_all_pass, let_pass, next_claimable
from engine.store.locking import is_shared
from engine.store.owing import REST, Newer, instant_of, known_among, take_places
from engine.store.prepared import Prepared
from engine.store.rooms import put_room
from engine.store.seal import Sealer
from engine.store.tables import NEVER, deliveries

MAX_ERROR: Final = 1_000
"""Characters kept of what a channel answered."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One claimed delivery. `attempt` counts from 1; `receipt` is that of an earlier sending: edit it instead of posting anew.

    `doubted_since` is when an earlier attempt began whose end nobody knows: look before sending again. `doubts` counts those attempts.
    `job` is what it was claimed by, where jobs are queued.
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
    job: Job | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that was sent, and the receipt that came back."""

    owed: Owed
    receipt: dict[str, Any]


def owe(tx: Connection, sealer: Sealer, incident_id: str, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Add deliveries; one that `replaces` takes the place of its earlier body with a new revision and keeps the receipt."""
    if not deliveries:
        return
    newest = {delivery.id: delivery for delivery in deliveries}
    known = known_among(tx, newest)
    wanted = [delivery for delivery in newest.values() if delivery.id not in known or delivery.replaces]
    if not wanted:
        return
    contents = sealer.seal_wholes(tx, wanted, incident_id)
    written = list(zip(wanted, contents, _places(tx, len(wanted)), strict=True))
    added = [_new_row(incident_id, delivery, content, place, now) for delivery, content, place in written if delivery.id not in known]
    if added:
        _ADD.change_each(tx, added)
    newer = [Newer(delivery, text, place, known[delivery.id]) for delivery, text, place in written if delivery.id in known]
    take_places(tx, newer, now)
    for left in {each.known.target for each in newer if each.known.target != each.delivery.target}:
        let_pass(tx, incident_id, left)


def claim_due(tx: Connection, sealer: Sealer, now: datetime, *, limit: int, lease_until: datetime) -> list[Owed]:
    """Lease what may be sent now, longest due first, where nobody else does; a lease that ran out is claimed again."""
    rows = claimable(tx, now, limit)
    if not rows:
        return []
    _LEASE.change_each(tx, [{"wanted": row[0], "until": lease_until, "now": now} for row in rows])
    contents = sealer.unseal_texts(tx, [row[1] for row in rows])
    receipts = sealer.unseal_texts(tx, [row[2] or "null" for row in rows])
    return [owed_from(row, content, receipt) for row, content, receipt in zip(rows, contents, receipts, strict=True)]


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


def record_all_sent(tx: Connection, sealer: Sealer, arrivals: Sequence[Arrival], now: datetime) -> None:
    """Settle several deliveries as `record_sent` does each, with as many statements as for one; where several processes write."""
    found = {row[0]: row[1:] for row in _LOCKED.every(tx, {"wanted": [each.owed.delivery.id for each in arrivals]})}
    sealed = sealer.seal_each(tx, [(each.receipt, each.owed.incident_id) for each in arrivals])
    written = zip(arrivals, sealed, strict=True)
    _RECEIVED.change_each(tx, [{"wanted": each.owed.delivery.id, "receipt": text, "sent_at": now} for each, text in written])
    for each in arrivals:
        _remember_room(tx, sealer, each.owed, each.receipt)
    settled = [each.owed for each in arrivals if _is_unchanged(each.owed, found)]
    if settled:
        _SETTLED.change_each(tx, [_end_of(owed, state="sent", last_error=None) for owed in settled])
    for each in arrivals:
        if not _is_unchanged(each.owed, found):
            _make_room(tx, each.owed, now)


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
        "holder": None,
        "doubted_since": None,
        "doubts": 0,
        "urgent": delivery.urgent,
        "sent_at": None,
        "last_error": None,
        "receipt": None,
    }


def _make_room(tx: Connection, owed: Owed, now: datetime) -> None:
    """Give the lease back to the newer body that arrived meanwhile, which begins afresh, after its rest or at once."""
    at_once, rested = (literal(at, deliveries.c.due_at.type) for at in (now, now + REST.get(owed.delivery.kind, timedelta())))
    fresh: dict[str, Any] = {"leased_until": None, "holder": None, "attempts": 0, "doubted_since": None, "doubts": 0}
    fresh["due_at"] = case((deliveries.c.urgent, at_once), else_=rested)
    tx.execute(update(deliveries).where(deliveries.c.id == owed.delivery.id, _is_own_lease(owed)).values(fresh))


def owed_from(row: Sequence[Any], content: Any, receipt: Any, job: Job | None = None) -> Owed:
    """Make what was claimed of its row (`CLAIMED`), and of what was sealed in it."""
    _, _, _, incident_id, revision, attempts, owed_at, doubted_since, doubts, key = row
    return Owed(
        delivery=msgspec.convert(content, Delivery),
        incident_id=incident_id,
        key=key,
        revision=revision,
        attempt=attempts + 1,
        receipt=receipt,
        owed_at=instant_of(owed_at),
        doubted_since=instant_of(doubted_since) if doubted_since else None,
        doubts=doubts,
        job=job,
    )


def _leased(owed: Owed) -> dict[str, Any]:
    """Name a lease, and what is known of the attempts before it."""
    return {"wanted": owed.delivery.id, "attempt": owed.attempt, "since": owed.doubted_since, "doubted": owed.doubts}


def _is_own_lease(owed: Owed) -> ColumnElement[bool]:
    """Whoever lost the lease meanwhile gives nothing back; attempts count the leases."""
    return and_(deliveries.c.state == "pending", deliveries.c.attempts == owed.attempt)


def _settle(tx: Connection, owed: Owed, *, state: str, last_error: str | None) -> bool:
    return _SETTLED.change(tx, _end_of(owed, state=state, last_error=last_error)) > 0


def _end_of(owed: Owed, *, state: str, last_error: str | None) -> dict[str, Any]:
    return {"wanted": owed.delivery.id, "body": owed.revision, "state": state, "last_error": last_error}


def _is_unchanged(owed: Owed, found: Mapping[str, tuple[Any, ...]]) -> bool:
    """Say whether a delivery is still the body that was sent, by its locked row's revision and state."""
    return found.get(owed.delivery.id) in ((owed.revision, "pending"), (owed.revision, "waiting"))


_LOCKED: Final = Prepared.of(
    select(deliveries.c.id, deliveries.c.revision, deliveries.c.state)
    .where(deliveries.c.id == any_(bindparam("wanted", type_=ARRAY(Text))))
    .order_by(*LOCKING_ORDER)
    .with_for_update()
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
        holder=null(),
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
LEASED: Final[dict[str, Any]] = {
    "leased_until": bindparam("until"),
    "attempts": deliveries.c.attempts + 1,
    "doubts": deliveries.c.doubts + 1,
    "urgent": False,
    "doubted_since": func.coalesce(deliveries.c.doubted_since, bindparam("now", type_=deliveries.c.doubted_since.type)),
}
_LEASE: Final = Prepared.of(update(deliveries).where(deliveries.c.id == bindparam("wanted")).values(LEASED))
_OWN_LEASE: Final = update(deliveries).where(
    deliveries.c.id == bindparam("wanted"), deliveries.c.state == "pending", deliveries.c.attempts == bindparam("attempt")
)
"""Whoever lost the lease meanwhile gives nothing back; attempts count the leases."""
_IN_DOUBT_AS_BEFORE: Final[dict[str, Any]] = {"doubted_since": bindparam("since"), "doubts": bindparam("doubted")}
_LATER: Final[dict[str, Any]] = {
    **dict.fromkeys(("leased_until", "holder"), null()),
    "due_at": bindparam("at"),
    "last_error": bindparam("error"),
    "attempts": deliveries.c.attempts - bindparam("untried"),
    "receipt": func.coalesce(bindparam("kept"), deliveries.c.receipt),
}
_AGAIN: Final = Prepared.of(_OWN_LEASE.values(_LATER | _IN_DOUBT_AS_BEFORE))
_AGAIN_IN_DOUBT: Final = Prepared.of(_OWN_LEASE.values(_LATER))
_HELD_BACK: Final = Prepared.of(
    _OWN_LEASE.values(
        {
            "state": "waiting",
            "leased_until": null(),
            "holder": null(),
            "last_error": bindparam("error"),
            "attempts": deliveries.c.attempts - 1,
        }
        | _IN_DOUBT_AS_BEFORE
    )
)
