"""The same key and request get the same answer, whatever crashes and however many ask at once."""

import asyncio
from typing import Any

import httpx

from tests.api.given import House

DECLARE = {"playbook": "trial", "inputs": {"site": "Plant 4"}}


async def declare(client: httpx.AsyncClient, key: str, **changes: Any) -> httpx.Response:
    return await client.post("/v1/incidents", json=DECLARE | changes, headers={"Idempotency-Key": key})


async def keys_of(client: httpx.AsyncClient) -> list[str]:
    return [item["key"] for item in (await client.get("/v1/incidents")).json()["items"]]


async def test_thirty_two_at_once_make_one_incident(house: House) -> None:
    ana = await house.person("ana")

    answers = await asyncio.gather(*(declare(ana, "once") for _ in range(32)))

    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await keys_of(ana) == ["INC-1"]


async def test_the_stored_answer_is_the_first_one_byte_for_byte_whatever_happened_since(house: House) -> None:
    ana = await house.person("ana")
    first = await declare(ana, "k")
    await house.does("ana", "/v1/incidents/INC-1/note", text="something else")
    house.clock.forward(hours=23)

    again = await declare(ana, "k")

    assert again.content == first.content
    assert {name: again.headers[name] for name in ("etag", "location")} == {name: first.headers[name] for name in ("etag", "location")}
    assert again.headers["idempotency-replayed"] == "true"


async def test_after_24_hours_a_key_is_free_again(house: House) -> None:
    ana = await house.person("ana")
    await declare(ana, "k")
    house.clock.forward(hours=25)

    again = await declare(ana, "k")

    assert again.json()["key"] == "INC-2"


async def test_the_same_key_with_another_body_is_422(house: House) -> None:
    ana = await house.person("ana")
    await declare(ana, "k")

    other_body = await declare(ana, "k", title="Another")
    other_path = await ana.post("/v1/incidents/INC-1/note", json=DECLARE, headers={"Idempotency-Key": "k"})

    assert (other_body.status_code, other_body.json()["code"]) == (422, "key_reused")
    assert other_path.status_code == 422
    assert await keys_of(ana) == ["INC-1"]


async def test_the_order_and_spacing_of_a_body_make_no_difference(house: House) -> None:
    ana = await house.person("ana")
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    first = await ana.post("/v1/incidents", content=b'{"playbook": "trial", "inputs": {"site": "Plant 4"}}', headers=headers)
    again = await ana.post("/v1/incidents", content=b'{"inputs":{"site":"Plant 4"},"playbook":"trial"}', headers=headers)

    assert again.content == first.content


async def test_a_key_belongs_to_one_token(house: House) -> None:
    ana, ben = await house.person("ana"), await house.person("ben")

    first, second = await declare(ana, "k"), await declare(ben, "k")

    assert (first.json()["key"], second.json()["key"]) == ("INC-1", "INC-2")


async def test_a_key_used_for_one_person_is_not_used_for_another(house: House) -> None:
    token = await house.token("desk", "incidents:write", act_as=True)
    as_ana, as_ben = await house.client(token, **{"Firebreak-Actor": "ana"}), await house.client(token, **{"Firebreak-Actor": "ben"})
    await declare(as_ana, "k")

    answer = await declare(as_ben, "k")

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


async def test_a_refusal_is_stored_too(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    headers = {"Idempotency-Key": "k"}
    refused = await ana.post(f"/v1/incidents/{key}/steps/finish/start", headers=headers)
    await house.does("ana", f"/v1/incidents/{key}/note", text="x")

    again = await ana.post(f"/v1/incidents/{key}/steps/finish/start", headers=headers)

    assert (refused.status_code, again.status_code) == (409, 409)
    assert again.content == refused.content
    assert again.headers["content-type"] == "application/problem+json"


async def test_what_never_reached_the_rules_is_not_stored(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    headers = {"Idempotency-Key": "k"}
    malformed = await ana.post(f"/v1/incidents/{key}/note", json={"txt": "x"}, headers=headers)
    stale = await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers={**headers, "If-Match": '"1"'})

    mended = await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers=headers)

    assert (malformed.status_code, stale.status_code, mended.status_code) == (422, 412, 200)
    assert "idempotency-replayed" not in mended.headers


async def test_a_command_sent_twice_changes_the_incident_once(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    headers = {"Idempotency-Key": "k"}

    first = await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers=headers)
    again = await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers=headers)
    now = await ana.get(f"/v1/incidents/{key}")

    assert first.json() == again.json()
    assert now.json()["version"] == first.json()["version"]


async def test_a_stored_answer_is_sealed_in_the_database(house: House) -> None:
    ana = await house.person("ana")
    await declare(ana, "k", inputs={"site": "Plant 4", "people": ["Fredegar Hollis"]})

    files = [file.read_bytes() for file in house.parts.settings.data_dir.iterdir() if file.is_file()]

    assert not any(b"Fredegar" in each for each in files)


async def test_sending_a_delivery_again_is_remembered(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    headers = {"Idempotency-Key": "k"}
    first = await ana.post(f"/v1/incidents/{key}/deliveries/{key}:card/retry", headers=headers)
    await house.parts.worker.run_until_idle()

    again = await ana.post(f"/v1/incidents/{key}/deliveries/{key}:card/retry", headers=headers)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_key_is_1_to_255_visible_characters(house: House) -> None:
    ana = await house.person("ana")

    answers = [await declare(ana, key) for key in ("", "a b", "x" * 256, "x" * 255)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 201]
