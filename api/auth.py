"""Who is asking, by what token, and how far it reaches. Anything not granted here is denied.

Rules:
- A personal token is its owner's own credential; it turns keys unless it is an admin token.
- A service token with `act_as` may name a person of the organisation in `Firebreak-Actor`; the log records
  both, and no key turns. Nobody else may send that header.
- An admin token reaches every scope and sees every incident, and holds no keys.
- Services are called `token:NAME`, so that no service can be mistaken for a person.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.naming import find_person
from api.parts import Parts, parts_in
from api.problems import Problem
from api.scopes import Scope
from engine.incident.actor import Actor
from engine.language.organisation import Organisation
from engine.runtime.viewing import viewer_of
from engine.store.tokens import Token, find_token, is_touch_due, touch_token

ACTING_FOR: Final = "Firebreak-Actor"

bearer = HTTPBearer(auto_error=False, bearerFormat="fb_…", description="`Authorization: Bearer fb_…`; see `firebreak token create`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated token, and the actor that its commands are recorded under."""

    token: Token
    actor: Actor
    viewer: str | None
    """How the store's views call the reader: None sees everything."""


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """Build the dependency of a route: a caller whose token has this scope, else 401 or 403."""

    async def caller(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
        acting_for: Annotated[
            str | None, Header(alias=ACTING_FOR, description="Whom a service token with `act_as` acts for, by id or e-mail.")
        ] = None,
    ) -> Caller:
        return await caller_of(request, scope, given, acting_for)

    return caller


async def caller_of(request: Request, scope: Scope, given: HTTPAuthorizationCredentials | None, acting_for: str | None = None) -> Caller:
    """Find out who asks; raises Problem: 401, 403 when the token doesn't reach so far, 429 when it asks too often."""
    return await caller_with(request, given.credentials if given else None, scope, acting_for)


async def caller_with(request: Request, secret: str | None, scope: Scope, acting_for: str | None = None) -> Caller:
    """Do the same with the text of a token."""
    parts = parts_in(request)
    token = await _token(parts, secret)
    request.state.headers = await request.app.state.rate.count(token.id)
    if scope not in token.scopes and "admin" not in token.scopes:
        raise Problem("forbidden", f"the token lacks the scope {scope!r}", scope=scope)
    organisation = parts.library.organisation
    actor = actor_of(token, acting_for, organisation)
    return Caller(token, actor, viewer_of(organisation, actor))


async def _token(parts: Parts, secret: str | None) -> Token:
    if not secret:
        raise _unauthenticated("send a token: 'Authorization: Bearer fb_…'", error=None)
    now = parts.clock.now()
    token = await parts.database.glance(lambda tx: find_token(tx, secret, now))
    if token is None:
        raise _unauthenticated("the token is unknown, expired or revoked", error="invalid_token")
    if is_touch_due(token, now):
        await parts.database.write(_touch(token.id, now))
    return token


def _touch(token_id: str, now: datetime) -> Callable[[Any], None]:
    return lambda tx: touch_token(tx, token_id, now)


def actor_of(token: Token, acting_for: str | None, organisation: Organisation) -> Actor:
    """Say who acts when this token is used; raises Problem when it may not act for that person."""
    is_admin = "admin" in token.scopes
    if acting_for is not None:
        return _acting(token, acting_for, organisation)
    if token.person is not None:
        return Actor(person=token.person, via="rest", credential=token.id, own=not is_admin, admin=is_admin)
    return Actor(via="rest", credential=token.id, service=_service(token), admin=is_admin)


def _acting(token: Token, acting_for: str, organisation: Organisation) -> Actor:
    if not token.act_as or token.person is not None:
        raise Problem("forbidden", f"this token may not act for somebody: leave out {ACTING_FOR}, or make a token with act_as")
    person = find_person(organisation, acting_for)
    if person is None:
        message = "is nobody in the organisation file; name a person by id or e-mail"
        raise Problem("invalid", f"{ACTING_FOR} {message}", errors=[{"field": ACTING_FOR, "message": message}])
    return Actor(person=person, via="rest", credential=token.id, service=_service(token))


def _service(token: Token) -> str:
    return f"token:{token.name}"


def _unauthenticated(detail: str, *, error: str | None) -> Problem:
    challenge = 'Bearer realm="firebreak"' + (f', error="{error}"' if error else "")
    return Problem("unauthenticated", detail, headers={"WWW-Authenticate": challenge})
