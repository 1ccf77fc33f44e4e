"""What webhooks are owed and were sent, an event each: the queue and the log of deliveries are one table.

Rules:
- A lane is the events of one incident for one webhook. Its oldest unsettled message has a time, all others are due `NEVER`;
  whoever changes a lane arranges it anew in the same transaction, so that what is next is found by an index.
- States: `pending` (also while it is being sent and between tries), `sent`, `failed` (every try used up).
- A message that is being sent is leased to one holder; what another holder reports is not written.
- Whoever changes the messages of a webhook holds it first: two processes don't arrange one lane at once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from engine.store.locking import hold, is_shared
from engine.store.paging import Page, page_of, place_of
from engine.store.prepared import Prepared
from engine.store.tables import NEVER, AnyRow, webhook_messages, webhooks
from engine.store.upsert import inserting

PENDING: Final = "pending"
SENT: Final = "sent"
FAILED: Final = "failed"
MAX_ERROR: Final = 300
"""Characters kept of why a try failed, in our words."""
_WINDOW: Final = 256
"""Due messages that are looked at together, so that one webhook with many lanes hides no other."""
_M: Final = webhook_messages.c


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an incident, by its number there."""

    incident_id: str
    key: str
    seq: int
    type: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to send now; `attempt` counts from 1."""

    number: int
    webhook_id: str
    event: Event
    attempt: int
    holder: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: the status that was answered, how long it took, and what was wrong."""

    at: datetime
    status: int | None
    milliseconds: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its owner sees it in the log; `due_at` is None where nothing is to be done, or not before others of its lane."""

    number: int
    event: Event
    state: str
    attempts: int
    owed_at: datetime
    due_at: datetime | None
    tried_at: datetime | None
    settled_at: datetime | None
    status: int | None
    milliseconds: int | None
    error: str | None


def owe_messages(tx: Connection, webhook_id: str, events: Sequence[Event], now: datetime) -> None:
    """Add messages, or let those that were settled go once more; each is sent in its turn."""
    if not events:
        return
    hold_messages(tx, webhook_id)
    rows = [
        {"webhook_id": webhook_id, "incident_id": each.incident_id, "seq": each.seq, "key": each.key, "type": each.type, "owed_at": now}
        for each in events
    ]
    _ADD.change_each(tx, rows)
    _arrange(tx, webhook_id, {each.incident_id for each in events}, now)


def claim_messages(
    tx: Connection, now: datetime, *, limit: int, each: int, busy: Mapping[str, int], holder: str, lease_until: datetime
) -> list[Claimed]:
    """Lease what may be sent now, the longest due first: at most `each` for one webhook, those `busy` with it already included."""
    full = [name for name, count in busy.items() if count >= each]
    chosen: list[AnyRow] = []
    counts = dict(busy)
    for row in tx.execute(_due(tx, now, full)):
        if counts.get(row.webhook_id, 0) < each and len(chosen) < limit:
            counts[row.webhook_id] = counts.get(row.webhook_id, 0) + 1
            chosen.append(row)
    if chosen:
        _LEASE.change_each(tx, [{"wanted": row.number, "until": lease_until, "held_by": holder} for row in chosen])
    return [Claimed(row.number, row.webhook_id, _event(row), row.attempts + 1, holder) for row in chosen]


def is_message_due(tx: Connection, now: datetime) -> bool:
    """Say whether there is a message to claim."""
    return _ANY_DUE.first(tx, {"now": now}) is not None


def settle_message(tx: Connection, claimed: Claimed, state: str, tried: Tried) -> bool:
    """Write that a message was sent, or failed for good, and let the next of its lane go; False when it is not the holder's any more."""
    hold_messages(tx, claimed.webhook_id)
    changed = tx.execute(
        update(webhook_messages).where(*_held(claimed)).values(state=state, settled_at=tried.at, **_RELEASED, **_of(tried))
    )
    _arrange(tx, claimed.webhook_id, [claimed.event.incident_id], tried.at)
    return changed.rowcount > 0


def put_off_message(tx: Connection, claimed: Claimed, tried: Tried, *, until: datetime) -> bool:
    """Write that a try failed and when the next one is; its lane waits for it."""
    hold_messages(tx, claimed.webhook_id)
    changed = tx.execute(update(webhook_messages).where(*_held(claimed)).values(due_at=until, leased_until=None, holder=None, **_of(tried)))
    return changed.rowcount > 0


def give_back_message(tx: Connection, claimed: Claimed, now: datetime) -> None:
    """Let a message go again that was claimed and not sent; it costs no try."""
    given = update(webhook_messages).where(*_held(claimed)).values(attempts=_M.attempts - 1, due_at=now, leased_until=None, holder=None)
    tx.execute(given)


def withdraw_message(tx: Connection, claimed: Claimed, now: datetime) -> None:
    """Forget a message that its owner may not see any more, and let the next of its lane go."""
    hold_messages(tx, claimed.webhook_id)
    tx.execute(delete(webhook_messages).where(*_held(claimed)))
    _arrange(tx, claimed.webhook_id, [claimed.event.incident_id], now)


def hold_back(tx: Connection, webhook_id: str) -> None:
    """Let nothing of a webhook be due; what is being sent may still end."""
    hold_messages(tx, webhook_id)
    tx.execute(update(webhook_messages).where(*_pending(webhook_id), _M.leased_until.is_(None)).values(due_at=NEVER))


def let_go(tx: Connection, webhook_id: str, now: datetime) -> None:
    """Let the oldest message of each lane of a webhook go, with all its tries before it."""
    hold_messages(tx, webhook_id)
    tx.execute(update(webhook_messages).where(*_pending(webhook_id), _M.leased_until.is_(None)).values(due_at=NEVER, attempts=0))
    lanes = tx.execute(select(_M.incident_id).where(*_pending(webhook_id)).distinct()).scalars().all()
    _arrange(tx, webhook_id, lanes, now)


def release_messages(tx: Connection) -> int:
    """Let what a process before had in hand go at once, where nobody else sends; returns how many."""
    freed = update(webhook_messages).where(_M.leased_until.is_not(None)).values(leased_until=None, holder=None)
    return tx.execute(freed).rowcount


def messages_listed(
    tx: Connection, webhook_id: str, *, state: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Message]:
    """List the messages of a webhook, newest first. Raises BadCursor."""
    found = select(webhook_messages).where(_M.webhook_id == webhook_id).order_by(_M.number.desc()).limit(limit + 1)
    if state is not None:
        found = found.where(_M.state == state)
    if cursor is not None:
        found = found.where(_M.number < place_of(cursor, int)[0])
    rows = tx.execute(found).all()
    return page_of(rows, limit, lambda row: (row.number,), lambda shown: [_message(row) for row in shown])


def messages_pending(tx: Connection) -> int:
    """Count the messages that are owed."""
    return tx.execute(select(func.count()).select_from(webhook_messages).where(_M.state == PENDING)).scalar() or 0


def forget_messages(tx: Connection, before: datetime, *, limit: int = 1_000) -> int:
    """Forget messages that were settled before an instant; returns how many, at most `limit` at a time."""
    old = select(_M.number).where(_M.settled_at < before).order_by(_M.settled_at).limit(limit)
    return tx.execute(delete(webhook_messages).where(_M.number.in_(old.scalar_subquery()))).rowcount


def hold_messages(tx: Connection, webhook_id: str) -> None:
    """Be the only transaction that changes the messages of a webhook, until it ends."""
    hold(tx, f"webhook {webhook_id}")


def _due(tx: Connection, now: datetime, full: Collection[str]) -> Any:
    is_free = or_(_M.leased_until.is_(None), _M.leased_until <= now)
    found = (
        select(_M.number, _M.webhook_id, _M.incident_id, _M.key, _M.seq, _M.type, _M.attempts)
        .join(webhooks, and_(webhooks.c.id == _M.webhook_id, webhooks.c.state == "active"))
        .where(_M.state == PENDING, _M.due_at <= now, is_free)
        .order_by(_M.due_at, _M.number)
        .limit(_WINDOW)
    )
    if full:
        found = found.where(_M.webhook_id.not_in(list(full)))
    return found.with_for_update(of=webhook_messages, skip_locked=True) if is_shared(tx) else found


def _arrange(tx: Connection, webhook_id: str, lanes: Iterable[str], now: datetime) -> None:
    """Give the oldest message of each lane a time if it has none, and take it from those behind; what is paused stays so."""
    state = tx.execute(select(webhooks.c.state).where(webhooks.c.id == webhook_id)).scalar()
    values = [{"of_webhook": webhook_id, "of_incident": each, "now": now} for each in lanes]
    if values:
        _SET_ASIDE.change_each(tx, values)
    if values and state == "active":
        _LET_PASS.change_each(tx, values)


def _pending(webhook_id: str) -> tuple[Any, ...]:
    return _M.webhook_id == webhook_id, _M.state == PENDING


def _held(claimed: Claimed) -> tuple[Any, ...]:
    is_same_try = (_M.holder == claimed.holder, _M.attempts == claimed.attempt)
    return _M.number == claimed.number, _M.state == PENDING, *is_same_try


def _of(tried: Tried) -> dict[str, Any]:
    error = tried.error[:MAX_ERROR] if tried.error else None
    return {"tried_at": tried.at, "status": tried.status, "milliseconds": tried.milliseconds, "error": error}


def _event(row: AnyRow) -> Event:
    return Event(row.incident_id, row.key, row.seq, row.type)


def _message(row: AnyRow) -> Message:
    is_ahead = row.state == PENDING and row.due_at < NEVER
    return Message(
        number=row.number,
        event=_event(row),
        state=row.state,
        attempts=row.attempts,
        owed_at=row.owed_at,
        due_at=row.due_at if is_ahead else None,
        tried_at=row.tried_at,
        settled_at=row.settled_at,
        status=row.status,
        milliseconds=row.milliseconds,
        error=row.error,
    )


def _adding(dialect: str) -> Any:
    fresh = {"state": PENDING, "attempts": 0, "due_at": NEVER, "leased_until": None, "holder": None, "settled_at": None}
    named: dict[str, Any] = {name: bindparam(name) for name in ("webhook_id", "incident_id", "seq", "key", "type", "owed_at")}
    added = inserting(dialect, webhook_messages).values(**named, **fresh)
    again = fresh | {"owed_at": added.excluded.owed_at}
    return added.on_conflict_do_update(index_elements=["webhook_id", "incident_id", "seq"], set_=again)


def _oldest() -> Any:
    """Find the number of the oldest unsettled message of a lane."""
    each = webhook_messages.alias("each")
    in_lane = (each.c.webhook_id == bindparam("of_webhook"), each.c.incident_id == bindparam("of_incident"), each.c.state == PENDING)
    return select(each.c.number).where(*in_lane).order_by(each.c.seq).limit(1).scalar_subquery()


_RELEASED: Final = {"leased_until": None, "holder": None, "due_at": NEVER}
_IN_LANE: Final = (_M.webhook_id == bindparam("of_webhook"), _M.incident_id == bindparam("of_incident"), _M.state == PENDING)
_ADD: Final = Prepared(_adding)
_LEASE: Final = Prepared.of(
    update(webhook_messages)
    .where(_M.number == bindparam("wanted"))
    .values(attempts=_M.attempts + 1, leased_until=bindparam("until"), holder=bindparam("held_by"))
)
_SET_ASIDE: Final = Prepared.of(
    update(webhook_messages).where(*_IN_LANE, _M.due_at < NEVER, _M.leased_until.is_(None), _M.number != _oldest()).values(due_at=NEVER)
)
_LET_PASS: Final = Prepared.of(update(webhook_messages).where(_M.number == _oldest(), _M.due_at == NEVER).values(due_at=bindparam("now")))
_ANY_DUE: Final = Prepared.of(
    select(_M.number)
    .join_from(webhook_messages, webhooks, webhooks.c.id == _M.webhook_id)
    .where(
        webhooks.c.state == "active",
        _M.state == PENDING,
        _M.due_at <= bindparam("now"),
        or_(_M.leased_until.is_(None), _M.leased_until <= bindparam("now")),
    )
    .limit(1)
)
