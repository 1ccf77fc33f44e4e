"""Webhooks over HTTP: made, tested, changed, paused, given new secrets, sent again, deleted, and only by whom they belong to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text

from tests.api.contract import closed
from tests.api.given import House
from tests.api.webhooks.given import owner, signed_by
from tests.channels.local_server import LocalServer, Reply
from tests.until import until


async def test_a_webhook_is_made_and_its_secret_shown_once(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made(events=["SeverityRaised"])
    again = await ana.client.get(f"/v1/webhooks/{made['id']}")
    listed = await ana.client.get("/v1/webhooks")

    assert made["secret"].startswith("whsec_")
    assert again.json() == {name: value for name, value in made.items() if name != "secret"}
    assert (again.headers["etag"], listed.json()) == ('"1"', {"items": [again.json()], "next": None})


async def test_its_secret_and_address_stand_nowhere_in_the_clear(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    rows = await house.parts.database.read(lambda tx: [tuple(row) for row in tx.execute(text("SELECT * FROM webhooks"))])

    assert made["secret"] not in str(rows)
    assert "hush" not in str(rows)


async def test_a_test_says_what_came_of_it_and_verifies(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    server.answer(Reply(status=204, body=b""), Reply(status=500))
    good, bad = [(await ana.client.post(f"/v1/webhooks/{made['id']}/test")).json() for _ in range(2)]
    received = server.received[0]

    assert (good["delivered"], good["response_status"], good["error"]) == (True, 204, None)
    assert (bad["delivered"], bad["response_status"], bad["error"]) == (False, 500, "'127.0.0.1' answered 500")
    assert received.body.decode().find('"firebreak.ping"') > 0
    assert received.headers["webhook-id"].startswith("ping-")
    assert signed_by(made["secret"], received)


async def test_what_happens_arrives_as_the_document_declares_it(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    key = await house.declared()
    await house.does("ana", f"/v1/incidents/{key}/raise", to="sev1", reason="it spreads")
    await house.parts.messenger.run_until_idle()
    document = house.app.openapi()
    schemas = {name: closed(schema) for name, schema in document["components"]["schemas"].items()}
    checker = Draft202012Validator({"$ref": "#/components/schemas/IncidentMessage", "components": {"schemas": schemas}})
    bodies = [httpx.Response(200, content=each.body).json() for each in server.received]
    raised = next(body for body in bodies if body["type"] == "firebreak.SeverityRaised")

    assert [error.message for body in bodies for error in checker.iter_errors(body)] == []
    assert set(document["webhooks"]) == {"incident-event", "ping"}
    assert raised["data"]["changed"] == {"to": "sev1", "was": "sev2", "reason": "it spreads"}
    assert "Raised" in raised["data"]["text"]
    assert all(signed_by(made["secret"], each) for each in server.received)


async def test_a_new_secret_overlaps_with_the_old_one(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    path = f"/v1/webhooks/{made['id']}"
    rotated = (await ana.client.post(f"{path}/rotate", json={"overlap_hours": 2})).json()
    await ana.client.post(f"{path}/test")
    house.clock.forward(hours=2)
    await ana.client.post(f"{path}/test")
    during, after = server.received

    assert [signed_by(secret, during) for secret in (made["secret"], rotated["secret"])] == [True, True]
    assert [signed_by(secret, after) for secret in (made["secret"], rotated["secret"])] == [False, True]


async def test_without_an_overlap_the_old_secret_ends_at_once(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    rotated = (await ana.client.post(f"/v1/webhooks/{made['id']}/rotate", json={"overlap_hours": 0})).json()
    await ana.client.post(f"/v1/webhooks/{made['id']}/test")

    assert (rotated["overlap_until"], signed_by(made["secret"], server.received[0])) == (None, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://evil.example/in"),
        ("url", "http://169.254.169.254/latest"),
        ("url", "https://user@hooks.example.com/"),
        ("url", "file:///etc/passwd"),
        ("events", ["SeverityRaise"]),
        ("incidents", ["INC-99"]),
        ("modes", []),
        ("colour", "red"),
    ],
)
async def test_what_a_webhook_cannot_be_is_refused_and_says_which_field(house: House, server: LocalServer, field: str, value: Any) -> None:
    ana = await owner(house, server)
    answer = await ana.client.post("/v1/webhooks", json={"name": "hooks", "url": f"{server.url}/in", field: value})
    made = await ana.made()
    changed = await ana.client.patch(f"/v1/webhooks/{made['id']}", json={field: value})

    assert [(each.status_code, each.json()["errors"][0]["field"].split(".")[0]) for each in (answer, changed)] == [(422, field)] * 2
    assert server.received == []


async def test_an_incident_is_named_by_its_key_or_its_id(house: House, server: LocalServer) -> None:
    key, ana = await house.declared(), await owner(house, server)
    by_id = (await ana.client.get(f"/v1/incidents/{key}")).json()["id"]

    assert (await ana.made(incidents=[by_id]))["incidents"] == (await ana.made(incidents=[key]))["incidents"] == [key]


async def test_an_older_version_is_not_written_over(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    path = f"/v1/webhooks/{made['id']}"
    first = await ana.client.patch(path, json={"name": "one"}, headers={"If-Match": '"1"'})
    stale = [
        await ana.client.patch(path, json={"name": "two"}, headers={"If-Match": '"1"'}),
        await ana.client.delete(path, headers={"If-Match": '"1"'}),
        await ana.client.post(f"{path}/rotate", headers={"If-Match": '"1"'}),
    ]

    assert (first.json()["name"], first.headers["etag"]) == ("one", '"2"')
    assert [(each.status_code, each.headers["etag"]) for each in stale] == [(412, '"2"')] * 3


async def test_the_log_says_what_was_sent_and_one_event_is_sent_again(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made(events=["Noted"])
    path, key = f"/v1/webhooks/{made['id']}", await house.declared()
    for words in ("one", "two"):
        await house.does("ana", f"/v1/incidents/{key}/note", text=words)
    server.answer(Reply(), Reply(status=500), Reply())
    await house.parts.messenger.run_until_idle()
    newest, oldest = (await ana.client.get(f"{path}/deliveries")).json()["items"]
    house.clock.forward(seconds=6)
    await house.parts.messenger.run_until_idle()
    body = {"event": oldest["event"]}
    again = [await ana.client.post(f"{path}/redeliver", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    await house.parts.messenger.run_until_idle()

    assert (oldest["state"], oldest["attempts"], oldest["response_status"], oldest["type"]) == ("sent", 1, 200, "Noted")
    assert (newest["state"], newest["error"], newest["next_attempt_at"] is not None) == ("pending", "'127.0.0.1' answered 500", True)
    assert [(each.status_code, each.headers.get("Idempotency-Replayed")) for each in again] == [(200, None), (200, "true")]
    assert [each.headers["webhook-id"] for each in server.received] == [oldest["event"], *[newest["event"]] * 2, oldest["event"]]


async def test_everything_after_an_event_is_sent_again_in_order(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made()
    key, other = await house.declared(), await house.declared()
    await house.does("ana", f"/v1/incidents/{key}/note", text="one")
    await house.parts.messenger.run_until_idle()
    before = [each.headers["webhook-id"] for each in server.received]
    answer = await ana.client.post(f"/v1/webhooks/{made['id']}/replay", json={"after": f"{key}:2"})
    await house.parts.messenger.run_until_idle()
    again = [each.headers["webhook-id"] for each in server.received][len(before) :]

    assert answer.status_code == 200, answer.text
    assert sorted(again) == sorted(each for each in before if each not in (f"{key}:1", f"{key}:2"))
    for one in (key, other):
        numbers = [int(each.partition(":")[2]) for each in again if each.startswith(f"{one}:")]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("event", ["INC-99:1", "INC-1:9999", "INC-1", "INC-1:x", ":1", "INC-1:-1"])
async def test_what_is_no_event_is_said_to_be_none(house: House, server: LocalServer, event: str) -> None:
    ana = await owner(house, server)
    made, _ = await ana.made(), await house.declared()
    answers = [
        await ana.client.post(f"/v1/webhooks/{made['id']}/{act}", json={field: event})
        for act, field in (("redeliver", "event"), ("replay", "after"))
    ]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, "event"), (422, "after")]


async def test_paused_by_hand_nothing_is_sent_and_resumed_nothing_is_lost(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = await ana.made(events=["Noted"])
    path, key = f"/v1/webhooks/{made['id']}", await house.declared()
    await ana.client.patch(path, json={"state": "paused"})
    await house.does("ana", f"/v1/incidents/{key}/note", text="meanwhile")
    await house.parts.messenger.run_until_idle()
    silent = len(server.received)
    await ana.client.patch(path, json={"state": "active"})
    await house.parts.messenger.run_until_idle()

    assert (silent, len(server.received)) == (0, 1)


async def test_a_paused_webhook_is_said_to_whoever_watches_unless_somebody_paused_it(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    by_hand, gone = await ana.made(), await ana.made()
    await ana.client.patch(f"/v1/webhooks/{by_hand['id']}", json={"state": "paused"})
    before = (await ana.client.get("/readyz")).json()["webhooks"]
    server.answer(Reply(status=410))
    await house.declared()
    await house.parts.messenger.run_until_idle()
    after = (await ana.client.get("/readyz")).json()

    assert (before, after["webhooks"]) == ("ok", "paused")
    assert [problem for problem in after["problems"] if "webhook" in problem] == [
        "webhooks that are paused and send nothing: 1; GET /v1/webhooks as an admin says which, and why"
    ]
    assert (await ana.client.get(f"/v1/webhooks/{gone['id']}")).json()["paused_because"] == "gone"


async def test_lists_are_read_a_page_at_a_time(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = [(await ana.made())["id"] for _ in range(3)]
    first = (await ana.client.get("/v1/webhooks?limit=2")).json()
    second = (await ana.client.get(f"/v1/webhooks?limit=2&cursor={first['next']}")).json()
    bad = [await ana.client.get(f"/v1/webhooks{each}?cursor=x") for each in ("", f"/{made[0]}/deliveries")]

    assert [each["id"] for each in (*first["items"], *second["items"])] == made[::-1]
    assert [answer.status_code for answer in bad] == [422, 422]


@asynccontextmanager
async def worker_of(house: House) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running_worker = asyncio.create_task(house.parts.worker.run(stop))
    yield
    stop.set()
    await running_worker


async def test_the_worker_sends_by_itself(house: House, server: LocalServer) -> None:
    await (await owner(house, server)).made(events=["Declared"])

    async with worker_of(house):
        await house.declared()
        await until(lambda: len(server.received) == 1)
