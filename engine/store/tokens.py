"""API tokens: shown once, stored as SHA-256.

Rules:
- A token is 256 random bits, so a plain hash suffices: there is nothing to guess.
- A rotated token has a new text. The older ones work for the overlap that was stated, and never beyond the expiry that they had; an overlap
  stated later bounds every older text too. Revoking the token ends all of them.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from engine.store.canonical import canonical, parsed
from engine.store.locking import hold
from engine.store.prepared import Prepared
from engine.store.tables import AnyRow, Instant, token_overlaps, tokens

PREFIX: Final = "fb_"
COARSE: Final = timedelta(minutes=5)
_ASKED: Final = ("id", "name", "scopes", "person", "act_as", "created_at", "expires_at", "last_used_at", "revoked_at")
_COLUMNS: Final = tuple(tokens.c[name] for name in _ASKED)
_BY_DIGEST: Final = Prepared.of(select(*_COLUMNS).where(tokens.c.digest == bindparam("wanted")))
"""Asked by every request."""
_BY_OLDER: Final = Prepared.of(
    select(*_COLUMNS)
    .join_from(tokens, token_overlaps, token_overlaps.c.token_id == tokens.c.id)
    .where(token_overlaps.c.digest == bindparam("wanted"), token_overlaps.c.good_until > bindparam("now", type_=Instant()))
)


@dataclass(frozen=True, slots=True)
class Token:
    """`person`: a personal token, its owner's own credential. `act_as`: a service that may name the person it acts for.

    `overlap_until`: until when an older text works too, as far as that was asked. `digest`: of the text that it was found by.
    """

    id: str
    name: str
    scopes: frozenset[str]
    person: str | None
    act_as: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    overlap_until: datetime | None = None
    digest: str = field(default="", repr=False, compare=False)


def create_token(
    tx: Connection,
    name: str,
    scopes: Iterable[str],
    *,
    now: datetime,
    person: str | None = None,
    act_as: bool = False,
    expires_at: datetime | None = None,
) -> tuple[str, Token]:
    """Make a token; returns its text (`fb_…`), which is stored nowhere, and what is known of it."""
    secret, token_id = _new_secret(), secrets.token_hex(6)
    token = Token(token_id, name, frozenset(scopes), person, act_as, now, expires_at, None, None)
    row = {
        "id": token.id,
        "name": token.name,
        "digest": _digest(secret),
        "scopes": canonical(sorted(token.scopes)),
        "person": token.person,
        "act_as": token.act_as,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
    tx.execute(insert(tokens), row)
    return secret, token


def made_first(tx: Connection, name: str, scopes: Iterable[str], *, now: datetime) -> str | None:
    """Make the very first token; returns its text, or None when there has been one, whoever made it a moment ago."""
    hold(tx, "first token")
    return None if list_tokens(tx) else create_token(tx, name, scopes, now=now)[0]


def find_token(tx: Connection, secret: str, now: datetime) -> Token | None:
    """Find a token by its text, unless it is revoked or expired; reads only."""
    return _found(tx, _digest(secret), now)


def find_again(tx: Connection, token: Token, now: datetime) -> Token | None:
    """Find a token by the text that it was found by before, unless that works no more."""
    return _found(tx, token.digest, now)


def _found(tx: Connection, digest: str, now: datetime) -> Token | None:
    row = _BY_DIGEST.first(tx, {"wanted": digest}) or _BY_OLDER.first(tx, {"wanted": digest, "now": now})
    if row is None:
        return None
    created_at, expires_at, last_used_at, revoked_at = map(_instant, row[5:])
    moments = (created_at, expires_at, last_used_at, revoked_at)
    token = Token(row[0], row[1], frozenset(parsed(row[2])), row[3], bool(row[4]), *moments, digest=digest)
    return token if is_good(token, now) else None


def is_good(token: Token, now: datetime) -> bool:
    """Say whether a token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def overlap_of(token: Token, now: datetime) -> datetime | None:
    """Say until when an older text of a token works too; None when none does."""
    overlaps = token.revoked_at is None and token.overlap_until is not None and token.overlap_until > now
    return token.overlap_until if overlaps else None


def token_by_id(tx: Connection, token_id: str) -> Token | None:
    """Find a token by its id, revoked and expired ones included."""
    row = tx.execute(_known().where(tokens.c.id == token_id)).first()
    return _token(row) if row else None


def list_tokens(tx: Connection) -> list[Token]:
    """List all tokens, oldest first."""
    return [_token(row) for row in tx.execute(_known().order_by(tokens.c.created_at, tokens.c.id))]


def rotate_token(
    tx: Connection, token_id: str, *, now: datetime, overlap: timedelta, expires_at: datetime | None = None
) -> tuple[str, Token] | None:
    """Give a token a new text; returns it, which is stored nowhere, and the token. None when none is good.

    The text until now works for `overlap`. `expires_at` None keeps the expiry; a new one makes an expired token good again,
    by its new text only.
    """
    row = tx.execute(select(tokens).where(tokens.c.id == token_id).with_for_update()).first()
    ends = expires_at or (row.expires_at if row else None)
    if row is None or row.revoked_at is not None or (ends is not None and ends <= now):
        return None
    _bound(tx, row, now, now + overlap)
    secret = _new_secret()
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(digest=_digest(secret), expires_at=ends))
    token = token_by_id(tx, token_id)
    assert token is not None
    return secret, token


def _bound(tx: Connection, row: AnyRow, now: datetime, until: datetime) -> None:
    """Let what is the text until now, and every older one, work until then; each no longer than it would have."""
    mine = token_overlaps.c.token_id == row.id
    tx.execute(update(token_overlaps).where(mine, token_overlaps.c.good_until > until).values(good_until=until))
    tx.execute(delete(token_overlaps).where(token_overlaps.c.good_until <= now))
    good_until = min(until, row.expires_at or until)
    if good_until > now:
        tx.execute(insert(token_overlaps), {"digest": row.digest, "token_id": row.id, "good_until": good_until})


def revoke_token(tx: Connection, token_id: str, now: datetime) -> bool:
    """Revoke a token for good; False when there is none or it was revoked before."""
    change = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return tx.execute(change).rowcount > 0


def is_touch_due(token: Token, now: datetime) -> bool:
    """Say whether `touch_token` is worth a write: last use is kept to 5 minutes."""
    return token.last_used_at is None or now - token.last_used_at >= COARSE


def touch_token(tx: Connection, token_id: str, now: datetime) -> None:
    """Note that a token was used."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))


def _instant(stored: datetime | str | None) -> Any:
    """Read an instant as the driver gives it."""
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _known() -> Select[Any]:
    """Ask for tokens, each with the instant until which an older text works."""
    overlap = select(func.max(token_overlaps.c.good_until)).where(token_overlaps.c.token_id == tokens.c.id)
    return select(tokens, overlap.scalar_subquery().label("overlap_until"))


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _token(row: AnyRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(parsed(row.scopes)),
        person=row.person,
        act_as=row.act_as,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        overlap_until=row.overlap_until,
    )
