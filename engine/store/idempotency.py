"""The same key and body get the same answer for 24 hours.

`reserve` and `save` belong into the unit that does the work: then a key is either untouched or answered,
whatever crashes. A reservation committed on its own is taken over after a minute without an answer.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from engine.store.locking import hold
from engine.store.prepared import Prepared
from engine.store.seal import Sealer
from engine.store.tables import idempotency_keys

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


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the driver gives of a row."""

    body_hash: str
    attempt: int
    reserved_at: str
    status: int | None
    answer: str | None


class Overtaken(Exception):
    """The reservation ran out and somebody else took it: roll back."""


def reserve(tx: Connection, sealer: Sealer, *, key: str, token_id: str, body_hash: str, now: datetime) -> New | Stored | Running | Mismatch:
    """Reserve a key of a token; a reservation without answer is taken over after 60 s."""
    hold(tx, f"idempotency key {token_id} {_digest(key)}")
    found = _FIND.first(tx, {"token": token_id, "digest": _digest(key)})
    row = _Kept(*found) if found else None
    age = now - datetime.fromisoformat(row.reserved_at) if row else KEPT
    if row is None or age >= KEPT:
        return _reserved(tx, New(token_id, key, 1), body_hash, now)
    if row.body_hash != body_hash:
        return Mismatch()
    if row.status is not None:
        return _answer(tx, sealer, row.status, row.answer)
    if age < TAKEN_OVER:
        return Running()
    return _reserved(tx, New(token_id, key, row.attempt + 1), body_hash, now)


def save(tx: Connection, sealer: Sealer, reserved: New, answer: Stored, incident_id: str | None) -> None:
    """Keep the answer, sealed under the incident's key (None: the installation's); raises Overtaken."""
    sealed = sealer.seal_whole(tx, {"body": answer.body, "headers": answer.headers}, incident_id)
    kept = {"new_status": answer.status, "new_answer": sealed, "new_incident": incident_id}
    if _KEEP.change(tx, {**_place(reserved), **kept}) != 1:
        raise Overtaken("another request with this idempotency key has taken over")


def release(tx: Connection, reserved: New) -> None:
    """Forget a reservation whose answer is not to be kept."""
    _RELEASE.change(tx, _place(reserved))


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
    _RESERVE.change_each(tx, [row])
    return reserved


def _answer(tx: Connection, sealer: Sealer, status: int, sealed: str | None) -> Stored:
    opened = sealer.unseal_whole(tx, sealed) if sealed else {}
    return Stored(status, opened.get("body"), opened.get("headers", {}))


def _place(reserved: New) -> dict[str, object]:
    return {"token": reserved.token_id, "digest": _digest(reserved.key), "of_attempt": reserved.attempt}


def _digest(key: str) -> str:
    """Hash the key: callers may put anything into it."""
    return sha256(key.encode(errors="replace")).hexdigest()


_C: Final = idempotency_keys.c
_IS_KEY: Final = and_(_C.token_id == bindparam("token"), _C.key_digest == bindparam("digest"))
_IS_RESERVATION: Final = and_(_IS_KEY, _C.attempt == bindparam("of_attempt"), _C.status.is_(None))
_FIND: Final = Prepared.of(select(_C.body_hash, _C.attempt, _C.reserved_at, _C.status, _C.answer).where(_IS_KEY))
_RESERVE: Final = Prepared.upsert(idempotency_keys)
_RELEASE: Final = Prepared.of(delete(idempotency_keys).where(_IS_RESERVATION))
_KEEP: Final = Prepared.of(
    update(idempotency_keys)
    .where(_IS_RESERVATION)
    .values(status=bindparam("new_status"), answer=bindparam("new_answer"), incident_id=bindparam("new_incident"))
)
