"""Who is signed in: a cookie that holds their own token, sealed, so that no table is needed and revoking the token ends it.

Rules:
- A session is its owner's own credential: a personal token with `incidents:read`. Services and admin tokens get none.
- Every look asks the store for the token again: revoked, expired or out of reach means signed out, at once.
- A change of the secret ends no session as long as both secrets are listed.
- What a form carries is proved by a keyed hash over the session and the form's own number, which counts once.
"""

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from msgspec.structs import replace

from api.auth import actor_of
from api.parts import Parts
from engine.incident.actor import Actor
from engine.runtime.viewing import viewer_of
from engine.store.seal import Sealer
from engine.store.tokens import Token, find_token, is_touch_due, touch_token

COOKIE: Final = "firebreak_room"
LASTS: Final = timedelta(hours=12)
"""However long the token is good for: a phone is lost more often than a token."""

_LONGEST_COOKIE: Final = 2_000
_ONE_OF_YOUR_OWN: Final = "Sign in with one of your own."
_NOT_GOOD: Final = f"This token is unknown, expired or revoked. {_ONE_OF_YOUR_OWN}"
_NOT_YOURS: Final = f"This token belongs to no person. {_ONE_OF_YOUR_OWN}"
_TOO_FAR: Final = f"An admin token doesn't belong in a browser, and turns no keys. {_ONE_OF_YOUR_OWN}"
_TOO_SHORT: Final = "This token may not read incidents. It needs the scope incidents:read, and incidents:write to turn keys."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in; `session` tells this session from their others, `viewer` is as the store's views call them."""

    token: Token
    actor: Actor
    viewer: str | None
    session: str

    @property
    def may_write(self) -> bool:
        return "incidents:write" in self.token.scopes


class Sessions:
    """Opens and reads the sessions of one installation."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(bytes.fromhex(each))) for each in sealer.proofs("room", "sessions")])

    def sealed(self, token: str, now: datetime) -> str:
        """Write the cookie of a new session."""
        content = json.dumps({"token": token, "session": secrets.token_hex(16)})
        return self._fernet.encrypt_at_time(content.encode(), int(now.timestamp())).decode()

    def opened(self, cookie: str | None, now: datetime) -> tuple[str, str] | None:
        """Read a cookie: the token and the session's own number; None when it is too old or was not made here."""
        if not cookie or len(cookie) > _LONGEST_COOKIE or not cookie.isascii():
            return None
        try:
            content = json.loads(self._fernet.decrypt_at_time(cookie, int(LASTS.total_seconds()), int(now.timestamp())))
        except InvalidToken:
            return None
        return str(content["token"]), str(content["session"])

    def numbered(self, visitor: Visitor) -> str:
        """Make what a form carries: a number of its own, and the proof that this session was given it."""
        number = secrets.token_hex(16)
        return f"{number}.{self._proofs(visitor, number)[0]}"

    def number(self, visitor: Visitor, given: str) -> str | None:
        """Read a form's number; None when this session was never given it."""
        number, _, proof = given.partition(".")
        is_ours = any(hmac.compare_digest(proof.encode(), each.encode()) for each in self._proofs(visitor, number))
        return number if is_ours else None

    def _proofs(self, visitor: Visitor, number: str) -> tuple[str, ...]:
        return self._sealer.proofs("room form", f"{visitor.session} {number}")


async def visitor_of(parts: Parts, cookie: str | None) -> Visitor | None:
    """Find who is signed in; None when nobody is, or not any more."""
    now = parts.clock.now()
    opened = Sessions(parts.sealer).opened(cookie, now)
    if opened is None:
        return None
    secret, session = opened
    token = await parts.database.read(lambda tx: find_token(tx, secret, now))
    if token is None or objection(token) is not None:
        return None
    organisation = parts.library.organisation
    actor = replace(actor_of(token, None, organisation), via="room")
    return Visitor(token, actor, viewer_of(organisation, actor), session)


async def tried(parts: Parts, secret: str) -> str | None:
    """Try a token for signing in: None when it is good, else what is wrong with it in a sentence."""
    now = parts.clock.now()
    token = await parts.database.read(lambda tx: find_token(tx, secret, now))
    wrong = objection(token)
    if token is not None and wrong is None and is_touch_due(token, now):
        await parts.database.write(lambda tx: touch_token(tx, token.id, now))
    return wrong


def objection(token: Token | None) -> str | None:
    """Say why a token opens no session; None when it does."""
    if token is None:
        return _NOT_GOOD
    if token.person is None:
        return _NOT_YOURS
    if "admin" in token.scopes:
        return _TOO_FAR
    return None if "incidents:read" in token.scopes else _TOO_SHORT
