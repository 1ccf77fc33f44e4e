"""What every request passes: limits, strict JSON, request ids, versions; and every "no" has one shape."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from api.app import create_app
from api.body import LIMIT
from api.problems import CODES, ProblemBody
from engine.store.fault import Fault
from tests.api.given import House

JSON = {"Content-Type": "application/json"}


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    """Say whether an answer is a well-formed problem with this status and code."""
    if answer.headers["content-type"] != "application/problem+json":
        return False
    body = answer.json()
    try:
        ProblemBody.model_validate(body)
    except ValidationError:
        return False
    shape = (body["status"], body["code"], body["type"], body["instance"])
    return answer.status_code == status and shape == (status, code, f"http://firebreak.test/problems/{code}", answer.request.url.path)


async def declare(client: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    return await client.post("/v1/incidents", content=content, headers=JSON | headers)


class Away:
    """A database whose disk is gone."""

    lost = 0

    async def write(self, unit: Any) -> Any:
        raise Fault("the disk is full", done="nothing was changed", advice="make room")

    async def read(self, unit: Any) -> Any:
        raise Fault("the disk is full", done="nothing was read", advice="make room")

    async def glance(self, unit: Any) -> Any:
        return await self.read(unit)

    async def scrub(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


async def test_the_frameworks_own_errors_are_problems(house: House) -> None:
    ana = await house.person("ana")

    nowhere, wrong_method = await ana.get("/v1/nothing"), await ana.request("PATCH", "/v1/incidents")

    assert is_problem(nowhere, 404, "not_found")
    assert is_problem(wrong_method, 405, "method_not_allowed")
    assert "GET" in wrong_method.headers["allow"]


async def test_unknown_and_missing_fields_are_named_one_by_one(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.post("/v1/incidents", json={"playbok": "trial", "speed": 0, "unknown": [1]})

    assert is_problem(answer, 422, "invalid")
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == {
        "playbook": "field required",
        "playbok": "unknown field",
        "speed": "input should be greater than or equal to 1",
        "unknown.0": "input should be a valid string",
    }


async def test_a_body_that_is_no_json_is_400(house: House) -> None:
    ana = await house.person("ana")
    bodies = [b"{", b"\xff\xfe", b"{'a': 1}", b"nan", b'{"playbook": NaN}', b'{"playbook": "a", "playbook": "b"}', b'{"a": Infinity}']

    for body in bodies:
        assert is_problem(await declare(ana, body), 400, "malformed"), body


async def test_values_that_cannot_be_stored_are_422(house: House) -> None:
    ana = await house.person("ana")
    deep = b'{"playbook": "trial", "inputs": ' + b'{"a":' * 70 + b"1" + b"}" * 71
    bodies = [
        b'{"playbook": "tri\\u0000al"}',
        b'{"playbook": "\\ud800"}',
        b'{"playbook": "trial", "inputs": {"si\\u0000te": "x"}}',
        b'{"playbook": "trial", "inputs": {"site": ["\\udfff"]}}',
        b'{"playbook": "trial", "inputs": {"site": 9223372036854775808}}',
        b'{"playbook": "trial", "inputs": {"site": 1e400}}',
        deep,
        b"[" * 100_000 + b"]" * 100_000,
        b"[]",
        b"null",
        b'"trial"',
    ]

    for body in bodies:
        assert is_problem(await declare(ana, body), 422, "invalid"), body[:60]


async def test_pairs_of_surrogates_are_ordinary_characters(house: House) -> None:
    ana = await house.person("ana")

    answer = await declare(ana, b'{"playbook": "trial", "inputs": {"site": "\\ud83d\\ude00"}}')

    assert (answer.status_code, answer.json()["inputs"]["site"]) == (201, "😀")


async def test_a_body_over_1_mib_is_413_and_one_of_1_mib_is_read(house: House) -> None:
    ana = await house.person("ana")
    start = b'{"playbook": "trial", "inputs": {"site": "x"}}'

    whole = await declare(ana, start + b" " * (LIMIT - len(start)))
    too_large = await declare(ana, start + b" " * (LIMIT - len(start) + 1))

    assert whole.status_code == 201
    assert is_problem(too_large, 413, "too_large")


async def test_a_chunked_body_over_1_mib_is_413_before_all_of_it_was_read(house: House) -> None:
    ana = await house.person("ana")
    sent = []

    async def chunks() -> AsyncIterator[bytes]:
        for number in range(100):
            sent.append(number)
            yield b" " * 65_536

    answer = await ana.post("/v1/incidents", content=chunks(), headers=JSON)

    assert is_problem(answer, 413, "too_large")


async def test_the_limit_holds_on_routes_that_read_no_body(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")

    answers = [
        await ana.post(f"/v1/incidents/{key}/contain", content=b" " * (LIMIT + 1), headers=JSON),
        await ana.request("GET", "/healthz", content=b" " * (LIMIT + 1)),
    ]

    assert all(is_problem(answer, 413, "too_large") for answer in answers)


async def test_a_compressed_body_is_refused_unread(house: House) -> None:
    ana = await house.person("ana")

    answer = await declare(ana, b"\x1f\x8b", **{"Content-Encoding": "gzip"})

    assert is_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
async def test_a_body_of_another_type_is_415(house: House, kind: str) -> None:
    ana = await house.person("ana")

    answer = await ana.post("/v1/incidents", content=b'{"playbook": "trial"}', headers={"Content-Type": kind})

    assert is_problem(answer, 415, "unsupported_media_type")


async def test_nul_in_an_address_is_422(house: House) -> None:
    ana = await house.person("ana")

    answers = [await ana.get("/v1/incidents/INC%001"), await ana.get("/v1/incidents?q=%00"), await ana.get("/v1/incidents/x/steps/%00")]

    assert [answer.status_code for answer in answers] == [422, 422, 422]


@pytest.mark.parametrize(
    "text", ["'; drop table incidents; --", "%", "_", "\\", "é日本", "\u202eevil", "-0", "<script>", "x" * 200, "{{ 7*7 }}", "${HOME}"]
)
async def test_strange_texts_are_texts(house: House, text: str) -> None:
    key = await house.declared(title=text, external_ref=text)
    ana = await house.person("ana")

    seen = (await ana.get(f"/v1/incidents/{key}")).json()
    found = await ana.get("/v1/incidents", params={"external_ref": text})
    searched = await ana.get("/v1/incidents", params={"q": f"{key} {text}"})
    nothing = await ana.get("/v1/incidents", params={"q": f"{key} {text} elsewhere"})

    assert seen["title"] == text.strip()
    assert [item["key"] for item in found.json()["items"]] == [key]
    assert [item["key"] for item in searched.json()["items"]] == [key]
    assert nothing.json()["items"] == []


async def test_a_request_id_is_taken_over_or_made(house: House) -> None:
    ana = await house.person("ana")

    given = await ana.get("/healthz", headers={"X-Request-Id": "abc-1.2_3"})
    made = await ana.get("/healthz")
    replaced = await ana.get("/healthz", headers={"X-Request-Id": "a b\tc"})
    on_errors = await ana.get("/v1/nothing", headers={"X-Request-Id": "abc"})

    assert given.headers["x-request-id"] == "abc-1.2_3"
    assert len(made.headers["x-request-id"]) == 32
    assert replaced.headers["x-request-id"] != "a b\tc"
    assert on_errors.headers["x-request-id"] == "abc"


async def test_a_stale_version_is_412_and_changes_nothing(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    seen = (await ana.get(f"/v1/incidents/{key}")).headers["etag"]
    await house.does("ana", f"/v1/incidents/{key}/note", text="x")

    stale = await ana.post(f"/v1/incidents/{key}/note", json={"text": "y"}, headers={"If-Match": seen})
    fresh = await ana.post(f"/v1/incidents/{key}/note", json={"text": "y"}, headers={"If-Match": stale.headers["etag"]})
    any_version = await ana.post(f"/v1/incidents/{key}/note", json={"text": "y"}, headers={"If-Match": "*"})
    nonsense = await ana.post(f"/v1/incidents/{key}/note", json={"text": "y"}, headers={"If-Match": '"abc"'})

    assert is_problem(stale, 412, "stale")
    assert (fresh.status_code, any_version.status_code, nonsense.status_code) == (200, 200, 412)


async def test_of_two_who_complete_a_task_at_the_same_version_one_wins(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    for round_ in range(20):
        etag = (await ana.get(f"/v1/incidents/{key}")).headers["etag"]
        first = await ana.post(f"/v1/incidents/{key}/note", json={"text": f"{round_}"}, headers={"If-Match": etag})
        second = await ana.post(f"/v1/incidents/{key}/note", json={"text": f"{round_}"}, headers={"If-Match": etag})
        assert sorted([first.status_code, second.status_code]) == [200, 412]

    timeline = (await ana.get(f"/v1/incidents/{key}/timeline", params={"limit": 200})).json()

    assert sum(item["type"] == "Noted" for item in timeline["items"]) == 20


async def test_a_refusal_names_what_would_work(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")

    answer = await ana.post(f"/v1/incidents/{key}/steps/speak/answer", json={"option": "psot"})
    unticked = await ana.post(f"/v1/incidents/{key}/steps/facts/complete")

    assert answer.json()["code"] in ("unknown_option", "not_ready")
    assert is_problem(unticked, 409, "checklist_open")
    assert unticked.json()["title"] == CODES["refused"][1]


async def test_every_code_has_a_page(house: House) -> None:
    client = await house.client()

    for code in (*CODES, "not_ready", "own_credential"):
        page = await client.get(f"/problems/{code}")
        assert (page.status_code, page.json()["code"]) == (200, code)
    assert is_problem(await client.get("/problems/nothing"), 404, "not_found")


async def test_storage_that_is_away_is_503_with_retry_after(house: House) -> None:
    away = create_app(replace(house.parts, database=Away()), with_worker=False)
    transport = httpx.ASGITransport(away, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://firebreak.test", headers={"Authorization": "Bearer fb_x"}) as client:
        answer, ready, up = await client.get("/v1/incidents"), await client.get("/readyz"), await client.get("/healthz")

    assert is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "disk" not in answer.text
    assert (ready.status_code, ready.json()["ready"], up.status_code) == (503, False, 200)


async def test_the_document_describes_every_route_and_its_errors(house: House) -> None:
    client = await house.client()

    document = (await client.get("/openapi.json")).json()
    operations = [(path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()]
    errors = {
        status
        for path, _, each in operations
        for status, response in each["responses"].items()
        if path.startswith("/v1") and status >= "400"
    }

    assert document["openapi"].startswith("3.1")
    assert all(each.get("summary") and each.get("description") for _, _, each in operations)
    assert {"400", "401", "403", "404", "408", "409", "412", "413", "415", "422", "429", "503"} == errors
    assert "ProblemBody" in document["components"]["schemas"]
    assert not unresolved(document)
    assert (await client.get("/docs")).status_code == 200


def unresolved(document: dict[str, Any]) -> list[str]:
    """List references to shapes that the document doesn't hold."""
    text = json.dumps(document)
    wanted = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    return sorted(wanted - set(document["components"]["schemas"]))
