"""API tokens: shown once, stored as SHA-256.

A token is 256 random bits, so a plain hash suffices: there is nothing to guess.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from engine.store.canonical import canonical, parsed
from engine.store.locking import hold
from engine.store.prepared import Prepared
from engine.store.tables import AnyRow, tokens

PREFIX: Final = "fb_"
COARSE: Final = timedelta(minutes=5)
_ASKED: Final = ("id", "name", "scopes", "person", "act_as", "created_at", "expires_at", "last_used_at", "revoked_at")
_BY_DIGEST: Final = Prepared.of(select(*(tokens.c[name] for name in _ASKED)).where(tokens.c.digest == bindparam("wanted")))
"""Asked by every request."""


@dataclass(frozen=True, slots=True)
class Token:
    """`person`: a personal token, its owner's own credential. `act_as`: a service that may name the person it acts for."""

    id: str
    name: str
    scopes: frozenset[str]
    person: str | None
    act_as: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


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
    secret, token_id = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(6)
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
    row = _BY_DIGEST.first(tx, {"wanted": _digest(secret)})
    token = Token(row[0], row[1], frozenset(parsed(row[2])), row[3], bool(row[4]), *map(_instant, row[5:])) if row else None
    return token if token and is_good(token, now) else None


def is_good(token: Token, now: datetime) -> bool:
    """Say whether a token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def token_by_id(tx: Connection, token_id: str) -> Token | None:
    """Find a token by its id, revoked and expired ones included."""
    row = tx.execute(select(tokens).where(tokens.c.id == token_id)).first()
    return _token(row) if row else None


def list_tokens(tx: Connection) -> list[Token]:
    """List all tokens, oldest first."""
    return [_token(row) for row in tx.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))]


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
    )
