"""`firebreak token create|list|rotate|revoke`: on this machine's database, or through a server.

With --server or FIREBREAK_SERVER the commands go to that server's API. Without, they open the database; if a
running server holds the right to write to it, they go to that server, with the admin token in FIREBREAK_TOKEN.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from api.cli.beside import Elsewhere, here_or_there
from api.cli.client import Client, part
from api.cli.incident_views import local
from api.cli.local import organisation_of, reading, run, writing
from api.cli.output import Json, Plain, answer, answer_json, answer_table, talk
from api.cli.settings import settings
from api.cli.trouble import SAID_NO, Trouble
from api.naming import find_person
from api.scopes import SCOPES
from engine.runtime.clock import SystemClock
from engine.store.tokens import Token, create_token, list_tokens, overlap_of, revoke_token, rotate_token

COLUMNS: Final = ("id", "name", "scopes", "person", "created", "expires", "last used", "revoked")


def create(
    name: Annotated[str, typer.Option(help="What it is for, such as helpdesk.")],
    scope: Annotated[list[str], typer.Option(help=f"What it reaches, one each: {', '.join(SCOPES)}.")],
    person: Annotated[str | None, typer.Option(help="Make it this person's own credential: it turns their keys.")] = None,
    act_as: Annotated[bool, typer.Option("--act-as", help="The service may name the person it acts for.")] = False,
    expires_in_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it ends.")] = None,
    server: Elsewhere = None,
    as_json: Json = False,
) -> None:
    """Make a token and show it, this once."""
    unknown = next((each for each in scope if each not in SCOPES), None)
    if unknown:
        raise Trouble(f"there is no scope '{unknown}'", f"there are: {', '.join(SCOPES)}")
    if person and act_as:
        raise Trouble("a personal token acts for its owner only; leave out --person or --act-as")
    body = {"name": name, "scopes": scope, "person": person, "act_as": act_as, "expires_in_days": expires_in_days}
    made = here_or_there(server, lambda: _create_here(body), lambda client: client.post("/v1/tokens", body))
    if as_json:
        answer_json(made)
        return
    answer(made["token"])
    talk(f"token {made['id']} ({name}) is shown this once; whoever has it may do all that it may")


def list_all(server: Elsewhere = None, as_json: Json = False, plain: Plain = False) -> None:
    """List all tokens, revoked ones included; never their text."""
    found = Client(server).get("/v1/tokens")["items"] if server else run(_list_here())
    if as_json:
        answer_json({"items": found})
        return
    answer_table(COLUMNS, (_row(token) for token in found), plain=plain)


def rotate(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from 'token list'.")],
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="Hours for which the text until now still works; 0 ends it at once.")
    ] = 24,
    expires_in_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it ends; without this, as it was.")] = None,
    server: Elsewhere = None,
    as_json: Json = False,
) -> None:
    """Give a token a new text and show it, this once; the old one works for a while."""
    body = {"overlap_hours": overlap_hours, "expires_in_days": expires_in_days}
    made = here_or_there(server, lambda: _rotate_here(token, body), lambda client: client.post(f"/v1/tokens/{part(token)}/rotate", body))
    if as_json:
        answer_json(made)
        return
    answer(made["token"])
    until = f"works until {local(made['overlap_until'])}" if made["overlap_until"] else "works no more"
    talk(f"the new text of token {made['id']} ({made['name']}) is shown this once; the old one {until}")


def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from 'token list'.")], server: Elsewhere = None
) -> None:
    """Revoke a token for good."""
    here_or_there(server, lambda: _revoke_here(token), lambda client: client.delete(f"/v1/tokens/{part(token)}"))
    answer(f"{token} is revoked")


async def _create_here(body: dict[str, Any]) -> dict[str, Any]:
    chosen, now = settings(), SystemClock().now()
    person = None
    if body["person"]:
        person = find_person(organisation_of(chosen), body["person"])
        if person is None:
            raise Trouble(f"'{body['person']}' is nobody in the organisation file; name a person by id or e-mail", code=SAID_NO)
    expires_at = _expiry(now, body["expires_in_days"])
    async with writing(chosen) as database:
        secret, token = await database.write(
            lambda tx: create_token(tx, body["name"], body["scopes"], now=now, person=person, act_as=body["act_as"], expires_at=expires_at)
        )
    return {"token": secret, **_facts(token, now)}


async def _rotate_here(token_id: str, body: dict[str, Any]) -> dict[str, Any]:
    now = SystemClock().now()
    overlap, expires_at = timedelta(hours=body["overlap_hours"]), _expiry(now, body["expires_in_days"])
    async with writing(settings()) as database:
        rotated = await database.write(lambda tx: rotate_token(tx, token_id, now=now, overlap=overlap, expires_at=expires_at))
    if rotated is None:
        raise Trouble(f"there is no good token '{token_id}'; an expired one needs --expires-in-days, a revoked one stays so", code=SAID_NO)
    secret, token = rotated
    return {"token": secret, **_facts(token, now)}


async def _list_here() -> list[dict[str, Any]]:
    now = SystemClock().now()
    async with reading(settings()) as database:
        return [_facts(token, now) for token in await database.read(list_tokens)]


async def _revoke_here(token_id: str) -> None:
    now = SystemClock().now()
    async with writing(settings()) as database:
        if not await database.write(lambda tx: revoke_token(tx, token_id, now)):
            raise Trouble(f"there is no token '{token_id}' that could be revoked; 'firebreak token list' shows them", code=SAID_NO)


def _expiry(now: datetime, days: int | None) -> datetime | None:
    return now + timedelta(days=days) if days else None


def _facts(token: Token, now: datetime) -> dict[str, Any]:
    moments = {"created_at": token.created_at, "expires_at": token.expires_at}
    moments |= {"last_used_at": token.last_used_at, "revoked_at": token.revoked_at, "overlap_until": overlap_of(token, now)}
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "person": token.person,
        "act_as": token.act_as,
        **{name: at.isoformat() if at else None for name, at in moments.items()},
    }


def _row(token: dict[str, Any]) -> tuple[object, ...]:
    moments = (local(token[name]) for name in ("created_at", "expires_at", "last_used_at", "revoked_at"))
    return (token["id"], token["name"], " ".join(token["scopes"]), token["person"], *moments)
