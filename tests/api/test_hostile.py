"""Whatever is written into whichever place of whichever request: a clear no, or it is kept and given back as it was. Never a 500."""

from urllib.parse import quote

import httpx

from engine.store.event_log import read_events
from tests.api.given import House
from tests.api.hostile import ADDRESSED, MIXED, TEXTS, Place, places, put, texts_in, written
from tests.api.matrix import Row, rows
from tests.api.operations import OPERATIONS
from tests.api.test_matrix import declared, everybody

IN_HEADERS = ("metacharacters", "lone surrogate", "beyond 64 bits")
"""What else a header may not hold never gets past the HTTP library."""
UNSTORABLE = ("nul", "lone surrogate", "deep", "not a number")
STORES_NOTHING = "POST /v1/playbooks/check"
MAY_BE_UNWELL = ("GET /readyz",)
"""Nothing works in these tests, and it says so."""


async def send(client: httpx.AsyncClient, place: Place, what: str, key: str) -> httpx.Response:
    """Send an operation's request with something hostile in one place."""
    operation = OPERATIONS[place.operation]
    address, name = operation.address(key), str(place.name[0]) if place.name else ""
    is_yaml = isinstance(operation.body, str)
    headers: dict[str, str | bytes] = {"Content-Type": "application/yaml" if is_yaml else "application/json"}
    content = operation.body.encode() if is_yaml else b"" if operation.body is None else written(operation.body)
    if place.kind == "body":
        content = ADDRESSED[what] if is_yaml else written(put(operation.body, place.name, TEXTS[what]))
    elif place.kind == "path":
        value = quote(ADDRESSED[what], safe="")
        address = operation.address(value) if name == "key" else operation.address(key, **{name: value})
    elif place.kind == "query":
        address += f"?{name}={quote(ADDRESSED[what], safe='')}"
    else:
        headers[name] = ADDRESSED[what]
    return await client.request(operation.method, address, content=content, headers=headers)


async def is_kept(house: House, client: httpx.AsyncClient, key: str, answer: httpx.Response) -> bool:
    """Look for the text in the answer, in what is read of the incident, and in its history for what nobody is shown."""
    found = [answer.json()] if "json" in answer.headers["content-type"] else []
    if key:
        seen = await client.get(f"/v1/incidents/{key}")
        sealer, incident = house.parts.sealer, seen.json()["id"]
        history = await house.parts.database.read(lambda tx: [each.payload for each in read_events(tx, sealer, incident)])
        found += [seen.json(), (await client.get(f"/v1/incidents/{key}/steps")).json(), history]
    return any(MIXED in text for text in texts_in(found))


def asker(row: Row) -> str:
    """Name somebody who gets through, or gets as far as anybody does."""
    through = sorted(row.cells[0])
    return next((who for who in through if who in ("ana", "ben", "dee", "adm")), "ana")


async def test_every_place_takes_what_is_hostile_as_a_text_or_says_no(house: House) -> None:
    clients, known = await everybody(house), {row.operation: row for row in rows()}
    house.app.state.following.close()

    wrong, kept, key, was_late = [], 0, "", False
    for place in places(house.app):
        row, client = known[place.operation], clients[asker(known[place.operation])]
        key, was_late = key if row.is_late == was_late else "", row.is_late
        for what in IN_HEADERS if place.kind == "header" else TEXTS:
            key = key or await declared(clients, "trial", is_late=row.is_late)
            answer = await send(client, place, what, key)
            is_changed = answer.is_success and OPERATIONS[place.operation].method != "GET" and place.operation != STORES_NOTHING
            if answer.status_code >= 500 and place.operation not in MAY_BE_UNWELL:
                wrong.append(f"{place} {what}: {answer.status_code}")
            if is_changed and place.kind == "body" and what in UNSTORABLE:
                wrong.append(f"{place} {what}: {answer.status_code}")
            if is_changed and place.kind == "body" and what == "metacharacters":
                kept += 1
                incident = key if "{key}" in place.operation else answer.json().get("key", "")
                wrong += [] if await is_kept(house, client, incident, answer) else [f"{place}: not kept"]
            key = "" if is_changed else key

    assert wrong == []
    assert kept >= 20


def test_the_walk_finds_every_kind_of_place(house: House) -> None:
    found = {(place.kind, ".".join(map(str, place.name))) for place in places(house.app)}

    assert found >= {
        ("body", "inputs.site"),
        ("body", "scopes.0"),
        ("body", "texts.site"),
        ("query", "q"),
        ("path", "step"),
        ("header", "If-Match"),
    }
