"""`POST /v1/tokens/{id}/rotate`: a new text for the same token, shown once, and the old one for a while."""

from typing import Any

import httpx
from structlog.testing import capture_logs

from tests.api.given import House


async def made(house: House, admin: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/tokens", json={"name": "desk", "scopes": ["incidents:read"], **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def let_in(house: House, token: str) -> bool:
    return (await (await house.client(token)).get("/v1/incidents")).status_code == 200


async def test_a_rotated_token_has_both_texts_for_a_day_and_keeps_everything_else(house: House) -> None:
    admin = await house.admin()
    old = await made(house, admin, person="ana", expires_in_days=30)

    answer = await admin.post(f"/v1/tokens/{old['id']}/rotate")
    new = answer.json()
    during = [await let_in(house, each["token"]) for each in (old, new)]
    house.clock.forward(hours=24)
    after = [await let_in(house, each["token"]) for each in (old, new)]

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert {name for name in old if old[name] != new[name]} == {"token", "overlap_until"}
    assert new["overlap_until"] == "2026-11-24T17:00:00.000Z"
    assert (during, after) == ([True, True], [False, True])


async def test_an_overlap_of_nothing_ends_the_old_text_at_once(house: House) -> None:
    admin = await house.admin()
    old = await made(house, admin)

    new = (await admin.post(f"/v1/tokens/{old['id']}/rotate", json={"overlap_hours": 0, "expires_in_days": 7})).json()

    assert [await let_in(house, each["token"]) for each in (old, new)] == [False, True]
    assert (new["overlap_until"], new["expires_at"]) == (None, "2026-11-30T17:00:00.000Z")


async def test_revoking_ends_both(house: House) -> None:
    admin = await house.admin()
    old = await made(house, admin)
    new = (await admin.post(f"/v1/tokens/{old['id']}/rotate")).json()

    await admin.delete(f"/v1/tokens/{old['id']}")
    again = await admin.post(f"/v1/tokens/{old['id']}/rotate")
    unknown = await admin.post("/v1/tokens/nothing/rotate")

    assert [await let_in(house, each["token"]) for each in (old, new)] == [False, False]
    assert [(answer.status_code, answer.json()["code"]) for answer in (again, unknown)] == [(409, "refused"), (404, "not_found")]


async def test_the_new_text_is_kept_for_no_idempotency_key(house: House) -> None:
    admin = await house.admin()
    old = await made(house, admin)
    texts = set()

    for _ in range(2):
        answer = await admin.post(f"/v1/tokens/{old['id']}/rotate", headers={"Idempotency-Key": "k"})
        texts.add(answer.json()["token"])

    assert len(texts) == 2
    assert "idempotency-replayed" not in answer.headers


async def test_the_log_says_who_made_rotated_and_revoked_and_never_the_text(house: House) -> None:
    admin = await house.admin()

    with capture_logs() as logged:
        old = await made(house, admin)
        new = (await admin.post(f"/v1/tokens/{old['id']}/rotate", json={"overlap_hours": 2})).json()
        await admin.delete(f"/v1/tokens/{old['id']}")
        await admin.delete(f"/v1/tokens/{old['id']}")

    told = [line for line in logged if line.get("token") == old["id"]]
    assert [line["event"] for line in told] == ["token made", "token rotated", "token revoked"]
    assert (told[1]["overlap_hours"], len({line["by"] for line in told})) == (2, 1)
    assert not any(text in str(logged) for text in (old["token"], new["token"]))


async def test_only_an_admin_rotates(house: House) -> None:
    admin, ana = await house.admin(), await house.person("ana")
    old = await made(house, admin)

    answer = await ana.post(f"/v1/tokens/{old['id']}/rotate")

    assert answer.status_code == 403
