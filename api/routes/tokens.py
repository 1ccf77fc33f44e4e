"""API tokens, for administrators: made, listed, revoked. The text of a token is shown once and never stored."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import needs
from api.body import StrictRoute
from api.naming import find_person
from api.parts import Parts, parts_of
from api.problems import Problem, declared, not_found
from api.routes.library_answers import NewTokenFacts, TokenFacts, TokenPage
from api.routes.step_bodies import Body, Short
from api.scopes import Scope
from engine.incident.describe_values import instant_text
from engine.store.tokens import Token, create_token, list_tokens, revoke_token, token_by_id

router = APIRouter(prefix="/v1/tokens", tags=["operating"], route_class=StrictRoute, dependencies=[Depends(needs("admin"))])

With = Annotated[Parts, Depends(parts_of)]


class NewToken(Body):
    name: Short = Field(examples=["helpdesk"])
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    person: Short | None = Field(None, description="Makes it this person's own credential, by id or e-mail.")
    act_as: bool = Field(False, description="The service may name the person it acts for in `Firebreak-Actor`.")
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


@router.post("", status_code=201, summary="Make a token", responses=declared(gives=NewTokenFacts, status=201))
async def create(body: NewToken, parts: With) -> JSONResponse:
    """Make a token. `token` is shown this once; the answer is not kept for an `Idempotency-Key`."""
    person = _person(parts, body)
    now = parts.clock.now()
    expires_at = now + timedelta(days=body.expires_in_days) if body.expires_in_days else None
    secret, token = await parts.database.write(
        lambda tx: create_token(tx, body.name, body.scopes, now=now, person=person, act_as=body.act_as, expires_at=expires_at)
    )
    return JSONResponse({"token": secret, **_facts(token)}, status_code=201, headers={"Cache-Control": "no-store"})


@router.get("", summary="List tokens", responses=declared(gives=TokenPage))
async def tokens(parts: With) -> JSONResponse:
    """List all tokens, revoked ones included, oldest first."""
    found = await parts.database.read(list_tokens)
    return JSONResponse({"items": [_facts(token) for token in found], "next": None})


@router.delete("/{id}", summary="Revoke a token", responses=declared(gives=TokenFacts))
async def revoke(id: Annotated[str, Path(max_length=64)], parts: With) -> JSONResponse:
    """Revoke a token for good; doing it again changes nothing."""
    now = parts.clock.now()
    await parts.database.write(lambda tx: revoke_token(tx, id, now))
    found = await parts.database.read(lambda tx: token_by_id(tx, id))
    if found is None:
        raise not_found("this token")
    return JSONResponse(_facts(found))


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


def _facts(token: Token) -> dict[str, Any]:
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
    }
