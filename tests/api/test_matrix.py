"""Every operation × every scope × everybody × both kinds of incident × every state of a token is as the matrix says."""

from datetime import timedelta
from typing import Any

import httpx

from engine.incident.subscription import Wanted
from engine.store.tokens import create_token, revoke_token, rotate_token
from engine.store.webhooks import Owner, add_webhook
from tests.api.given import House
from tests.api.matrix import EVERYBODY, SCOPES, Row, rows
from tests.api.operations import OPERATIONS, described

KINDS = ("trial", "quiet")
PEOPLE = ("ana", "ben", "cho", "dee", "fay", "eve")
DENIED = (401, 403, 404)


async def everybody(house: House) -> dict[str, httpx.AsyncClient]:
    """Give everybody a client, and cho, who helps with getting an incident as far as it has to be."""
    clients = {who: await house.client(await house.token(f"of {who}", *SCOPES, person=who)) for who in PEOPLE}
    clients["bot"] = await house.client(await house.token("bot", *SCOPES))
    clients["desk"] = await house.client(await house.token("desk", *SCOPES, act_as=True), **{"Firebreak-Actor": "ana"})
    clients["adm"] = await house.client(await house.token("adm", "admin"))
    return clients


async def declared(clients: dict[str, httpx.AsyncClient], playbook: str, *, is_late: bool) -> str:
    """Have fay declare an incident; a late one has words at sev1 that nobody has approved, and a hold."""
    severity = {"severity": "sev1"} if is_late else {}
    answer = await clients["fay"].post("/v1/incidents", json={"playbook": playbook, "inputs": {"site": "Plant 4"}, **severity})
    key = str(answer.json()["key"])
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("ana", "steps/facts/tick", {"item": "Who"}),
        ("ana", "steps/facts/tick", {"item": "Where"}),
        ("ana", "steps/facts/complete", {}),
        ("cho", "steps/speak/answer", {"option": "post"}),
        ("dee", "steps/draft/submit", {}),
        ("cho", "hold", {"reason": "wait"}),
    ]
    for who, path, body in steps if is_late else []:
        assert (await clients[who].post(f"/v1/incidents/{key}/{path}", json=body)).status_code == 200, path
    return key


async def of_ana(house: House) -> str:
    """Make a webhook that is ana's; gives its id."""
    owner, now, sealer = Owner("gone", "ana", None), house.clock.now(), house.parts.sealer
    told = {"name": "x", "url": "https://hooks.example.com/x", "owner": owner, "wanted": Wanted(), "position": 0, "now": now}
    _, made = await house.parts.database.write(lambda tx: add_webhook(tx, sealer, **told))
    return made.id


async def found(house: House, clients: dict[str, httpx.AsyncClient], row: Row, kind: int) -> set[str]:
    """Ask as everybody, each time of an incident that nobody has changed; gives a cell."""
    operation, cell, key = OPERATIONS[row.operation], set(), ""
    _, spare = await house.parts.database.write(lambda tx: create_token(tx, "spare", ["incidents:read"], now=house.clock.now()))
    for who in EVERYBODY:
        webhook = await of_ana(house) if "webhooks/{id}" in row.operation else "nothing"
        if "{key}" in row.operation:
            key = key or await declared(clients, KINDS[kind], is_late=row.is_late)
        answer = await operation.sent(clients[who], key, token=spare.id, webhook=webhook)
        is_through = answer.status_code not in DENIED
        cell |= {who if answer.status_code < 400 or answer.status_code == 503 else f"{who}~"} if is_through else set()
        key = "" if is_through and operation.method != "GET" else key
    return cell


async def test_whoever_stands_in_no_cell_is_denied_and_whoever_does_gets_through(house: House) -> None:
    clients = await everybody(house)
    house.app.state.following.close()  # else a stream that somebody gets would never end

    wrong = {}
    for row in rows():
        for kind, cell in enumerate(row.cells):
            got = await found(house, clients, row, kind)
            wrong |= {(row.operation, KINDS[kind]): (sorted(got - cell), sorted(cell - got))} if got != cell else {}

    assert wrong == {}, "(got through, did not)"


def test_every_operation_of_the_document_has_its_row(house: House) -> None:
    named = [row.operation for row in rows()]

    assert set(named) == described(house.app) == set(OPERATIONS)
    assert len(named) == len(set(named))


async def test_every_other_scope_is_denied(house: House) -> None:
    key = await house.declared()
    clients = {scope: await house.client(await house.token(scope, scope)) for scope in SCOPES}

    for row in rows():
        for scope, client in clients.items():
            if row.scope in ("-", scope):
                continue
            answer = await OPERATIONS[row.operation].sent(client, key)
            seen = (answer.status_code, answer.json()["code"], answer.json()["scope"])
            assert seen == (403, "forbidden", row.scope), (row.operation, scope)


async def test_without_a_good_token_everything_but_health_is_closed(house: House) -> None:
    key, now = await house.declared(), house.clock.now()
    every = (*SCOPES, "admin")

    async def ended(name: str) -> str:
        secret, token = await house.parts.database.write(lambda tx: create_token(tx, name, every, now=now))
        end = {
            "revoked": lambda tx: revoke_token(tx, token.id, now),
            "rotated": lambda tx: rotate_token(tx, token.id, now=now, overlap=timedelta()),
        }
        await house.parts.database.write(end[name])
        return secret

    bad = {
        "absent": None,
        "wrong": "fb_" + "x" * 43,
        "expired": await house.token("old", *every, expires_at=now),
        "revoked": await ended("revoked"),
        "rotated": await ended("rotated"),
    }
    clients = {name: await house.client(secret) for name, secret in bad.items()}

    for row in rows():
        for name, client in clients.items():
            answer = await OPERATIONS[row.operation].sent(client, key)
            challenge = 'Bearer realm="firebreak"' + ("" if name == "absent" else ', error="invalid_token"')
            got = (answer.status_code, answer.headers.get("www-authenticate"))
            assert got == (401, challenge) if row.scope != "-" else got[0] not in DENIED, (row.operation, name)
