"""The same key and body get the same answer for 24 hours.

`reserve` and `save` belong into the unit that does the work: then a key is either untouched or answered,
whatever crashes. A reservation committed on its own is taken over after a minute without an answer.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from engine.store.seal import Sealer
from engine.store.tables import AnyRow, idempotency_keys
from engine.store.upsert import upserting

KEPT: Final = timedelta(hours=24)
TAKEN_OVER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class New:
    """The key is reserved for this caller."""

    token_id: str
    key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer given before; `body` is None when somebody it was about has been erased since."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """Somebody else reserved the key and has not answered yet."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key was used with another body."""


class Overtaken(Exception):
    """The reservation ran out and somebody else took it: roll back."""


def reserve(tx: Connection, sealer: Sealer, *, key: str, token_id: str, body_hash: str, now: datetime) -> New | Stored | Running | Mismatch:
    """Reserve a key of a token; a reservation without answer is taken over after 60 s."""
    row = tx.execute(select(idempotency_keys).where(_is_key(token_id, key))).first()
    if row is None or now - row.reserved_at >= KEPT:
        return _reserved(tx, New(token_id, key, 1), body_hash, now)
    if row.body_hash != body_hash:
        return Mismatch()
    if row.status is not None:
        return _answer(tx, sealer, row)
    if now - row.reserved_at < TAKEN_OVER:
        return Running()
    return _reserved(tx, New(token_id, key, row.attempt + 1), body_hash, now)


def save(tx: Connection, sealer: Sealer, reserved: New, answer: Stored, incident_id: str | None) -> None:
    """Keep the answer, sealed under the incident's key (None: the installation's); raises Overtaken."""
    sealed = sealer.seal_whole(tx, {"body": answer.body, "headers": answer.headers}, incident_id)
    change = update(idempotency_keys).where(_is_reservation(reserved)).values(status=answer.status, answer=sealed, incident_id=incident_id)
    if tx.execute(change).rowcount != 1:
        raise Overtaken("another request with this idempotency key has taken over")


def release(tx: Connection, reserved: New) -> None:
    """Forget a reservation whose answer is not to be kept."""
    tx.execute(delete(idempotency_keys).where(_is_reservation(reserved)))


def forget_expired(tx: Connection, now: datetime) -> int:
    """Delete what is older than 24 hours; returns how many."""
    return tx.execute(delete(idempotency_keys).where(idempotency_keys.c.reserved_at <= now - KEPT)).rowcount


def _reserved(tx: Connection, reserved: New, body_hash: str, now: datetime) -> New:
    row = {
        "token_id": reserved.token_id,
        "key_digest": _digest(reserved.key),
        "body_hash": body_hash,
        "attempt": reserved.attempt,
        "reserved_at": now,
        "status": None,
        "answer": None,
        "incident_id": None,
    }
    tx.execute(upserting(tx, idempotency_keys), row)
    return reserved


def _answer(tx: Connection, sealer: Sealer, row: AnyRow) -> Stored:
    opened = sealer.unseal_whole(tx, row.answer) if row.answer else {}
    return Stored(row.status, opened.get("body"), opened.get("headers", {}))


def _is_key(token_id: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.token_id == token_id, idempotency_keys.c.key_digest == _digest(key))


def _is_reservation(reserved: New) -> ColumnElement[bool]:
    return and_(
        _is_key(reserved.token_id, reserved.key),
        idempotency_keys.c.attempt == reserved.attempt,
        idempotency_keys.c.status.is_(None),
    )


def _digest(key: str) -> str:
    """Hash the key: callers may put anything into it."""
    return sha256(key.encode(errors="replace")).hexdigest()
