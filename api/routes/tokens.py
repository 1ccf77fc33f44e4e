"""API tokens, for administrators: made, listed, rotated, revoked. Their text is shown once and never stored; the log says who did it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import Caller, needs
from api.body import StrictRoute
from api.naming import find_person
from api.parts import Parts, parts_of
from api.problems import Problem, declared, not_found
from api.routes.library_answers import NewTokenFacts, TokenFacts, TokenPage
from api.routes.step_bodies import Body, Short
from api.scopes import Scope
from engine.incident.describe_values import instant_text
from engine.store.tokens import Token, create_token, list_tokens, overlap_of, revoke_token, rotate_token, token_by_id

_log = structlog.get_logger("firebreak.audit")

admin: Final = needs("admin")
router = APIRouter(prefix="/v1/tokens", tags=["operating"], route_class=StrictRoute, dependencies=[Depends(admin)])

With = Annotated[Parts, Depends(parts_of)]
By = Annotated[Caller, Depends(admin)]
Id = Annotated[str, Path(max_length=64, description="The token's id, not its text.", examples=["5f0c2a9be1d4"])]
LONGEST_OVERLAP_HOURS: Final = 24 * 30


class NewToken(Body):
    name: Short = Field(examples=["helpdesk"])
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    person: Short | None = Field(None, description="Makes it this person's own credential, by id or e-mail.")
    act_as: bool = Field(False, description="The service may name the person it acts for in `Firebreak-Actor`.")
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class TokenRotation(Body):
    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS)] = Field(
        24, description="For how long the text until now still works; 0 ends it, and every older one, at once."
    )
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(None, description="A new expiry; without it, it stays as it is.")


@router.post("", status_code=201, summary="Make a token", responses=declared(gives=NewTokenFacts, status=201))
async def create(body: NewToken, parts: With, by: By) -> JSONResponse:
    """Make a token. `token` is shown this once; the answer is not kept for an `Idempotency-Key`."""
    person = _person(parts, body)
    now = parts.clock.now()
    expires_at = _expiry(now, body.expires_in_days)
    secret, token = await parts.database.write(
        lambda tx: create_token(tx, body.name, body.scopes, now=now, person=person, act_as=body.act_as, expires_at=expires_at)
    )
    _log.info("token made", token=token.id, by=by.token.id)
    return JSONResponse({"token": secret, **_facts(token, now)}, status_code=201, headers={"Cache-Control": "no-store"})


@router.get("", summary="List tokens", responses=declared(gives=TokenPage))
async def tokens(parts: With) -> JSONResponse:
    """List all tokens, revoked ones included, oldest first."""
    found = await parts.database.read(list_tokens)
    now = parts.clock.now()
    return JSONResponse({"items": [_facts(token, now) for token in found], "next": None})


@router.post("/{id}/rotate", summary="Rotate a token", responses=declared(409, gives=NewTokenFacts))
async def rotate(id: Id, parts: With, by: By, body: TokenRotation | None = None) -> JSONResponse:
    """Give a token a new text, shown this once; the old one works for the overlap. The answer is not kept for an `Idempotency-Key`."""
    given, now = body or TokenRotation(), parts.clock.now()
    overlap, expires_at = timedelta(hours=given.overlap_hours), _expiry(now, given.expires_in_days)
    rotated = await parts.database.write(lambda tx: rotate_token(tx, id, now=now, overlap=overlap, expires_at=expires_at))
    if rotated is None:
        if await parts.database.read(lambda tx: token_by_id(tx, id)) is None:
            raise not_found("this token")
        raise Problem("refused", "the token was revoked, or has expired and would stay so; make a new one, or say expires_in_days")
    secret, token = rotated
    _log.info("token rotated", token=token.id, by=by.token.id, overlap_hours=given.overlap_hours)
    return JSONResponse({"token": secret, **_facts(token, now)}, headers={"Cache-Control": "no-store"})


@router.delete("/{id}", summary="Revoke a token", responses=declared(gives=TokenFacts))
async def revoke(id: Id, parts: With, by: By) -> JSONResponse:
    """Revoke a token for good, with every older text of it; doing it again changes nothing."""
    now = parts.clock.now()
    if await parts.database.write(lambda tx: revoke_token(tx, id, now)):
        _log.info("token revoked", token=id, by=by.token.id)
    found = await parts.database.read(lambda tx: token_by_id(tx, id))
    if found is None:
        raise not_found("this token")
    return JSONResponse(_facts(found, now))


def _person(parts: Parts, body: NewToken) -> str | None:
    if body.person is None:
        return None
    person = find_person(parts.library.organisation, body.person)
    message = None
    if person is None:
        message = "is nobody in the organisation file; name a person by id or e-mail"
    elif body.act_as:
        message = "can't be combined with act_as: a personal token acts for its owner only"
    if message:
        raise Problem("invalid", f"person {message}", errors=[{"field": "person", "message": message}])
    return person


def _expiry(now: datetime, days: int | None) -> datetime | None:
    return now + timedelta(days=days) if days else None


def _facts(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "person": token.person,
        "act_as": token.act_as,
        "created_at": instant_text(token.created_at),
        "expires_at": instant_text(token.expires_at),
        "last_used_at": instant_text(token.last_used_at),
        "revoked_at": instant_text(token.revoked_at),
        "overlap_until": instant_text(overlap_of(token, now)),
    }
