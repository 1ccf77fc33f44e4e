"""Webhooks over HTTP: made, tested, changed, paused, given new secrets, sent again, deleted, and only by whom they belong to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from tests.api.contract import closed
from tests.api.given import House, running
from tests.channels.local_server import LocalServer, Received, Reply, local_server
from tests.until import until

HOOK_SCOPES = ("webhooks:write", "incidents:read")


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with local_server() as running_server:
        yield running_server


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose organisation lets messages go to a receiver on this machine, and whose worker looks after nothing else."""
    async with running(tmp_path, organisation='outgoing_hosts: ["127.0.0.1", hooks.example.com]\n') as house:
        yield house


@dataclass
class Owner:
    """Somebody who has webhooks."""

    client: httpx.AsyncClient
    server: LocalServer

    async def made(self, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/webhooks", json={"name": "hooks", "url": f"{self.server.url}/in?key=hush", **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


def signed_by(secret: str, received: Received) -> bool:
    """Say whether a secret made one of a message's signatures, at the time that it says: the house has a clock of its own."""
    at = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    wanted = Webhook(secret).sign(received.headers["webhook-id"], at, received.body.decode())
    return wanted in received.headers["webhook-signature"].split()


async def owner(house: House, server: LocalServer, name: str = "ana", *scopes: str) -> Owner:
    token = await house.token(f"hooks of {name}", *(scopes or HOOK_SCOPES), person=name)
    return Owner(await house.client(token), server)


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


async def test_a_hidden_incident_cannot_be_named(house: House, server: LocalServer) -> None:
    hidden, eve = await house.declared("quiet"), await owner(house, server, "eve")
    answers = [
        await eve.client.post("/v1/webhooks", json={"name": "x", "url": f"{server.url}/in", "incidents": [key]})
        for key in (hidden, "INC-99")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["detail"].replace(hidden, "INC-99") == answers[1].json()["detail"]


async def test_an_incident_is_named_by_its_key_or_its_id(house: House, server: LocalServer) -> None:
    key, ana = await house.declared(), await owner(house, server)
    by_id = (await ana.client.get(f"/v1/incidents/{key}")).json()["id"]

    assert (await ana.made(incidents=[by_id]))["incidents"] == (await ana.made(incidents=[key]))["incidents"] == [key]


async def test_somebody_elses_webhook_does_not_exist(house: House, server: LocalServer) -> None:
    made = await (await owner(house, server)).made()
    eve = await owner(house, server, "eve")
    path = f"/v1/webhooks/{made['id']}"
    answers = [
        await eve.client.get(path),
        await eve.client.patch(path, json={"state": "paused"}),
        await eve.client.delete(path),
        await eve.client.get(f"{path}/deliveries"),
        *[await eve.client.post(f"{path}/{each}") for each in ("test", "rotate")],
        await eve.client.post(f"{path}/redeliver", json={"event": "INC-1:1"}),
        await eve.client.post(f"{path}/replay", json={"after": "INC-1:1"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 8
    assert (await eve.client.get("/v1/webhooks")).json()["items"] == []


async def test_an_admin_pauses_and_deletes_it_and_sees_no_secret_of_it(house: House, server: LocalServer) -> None:
    made = await (await owner(house, server)).made()
    admin, path = await house.admin(), f"/v1/webhooks/{made['id']}"
    seen = (await admin.get("/v1/webhooks")).json()["items"]
    denied = [
        await admin.patch(path, json={"url": f"{server.url}/mine"}),
        await admin.post(f"{path}/rotate"),
        await admin.post(f"{path}/test"),
    ]
    paused = (await admin.patch(path, json={"state": "paused"})).json()
    deleted = await admin.delete(path)

    assert [each["url"] for each in seen] == [f"{server.url}/…"]
    assert [answer.status_code for answer in denied] == [403, 403, 403]
    assert (paused["state"], paused["paused_because"], deleted.status_code) == ("paused", "by_hand", 200)
    assert (await admin.get(path)).status_code == 404


async def test_whoever_may_not_read_incidents_can_have_none(house: House, server: LocalServer) -> None:
    ana = await owner(house, server, "ana", "webhooks:write")
    answers = [
        await ana.client.post("/v1/webhooks", json={"name": "x", "url": server.url}),
        await (await house.person("ana")).get("/v1/webhooks"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2


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
        "1 webhook(s) are paused and send nothing: GET /v1/webhooks as an admin says which and why"
    ]
    assert (await ana.client.get(f"/v1/webhooks/{gone['id']}")).json()["paused_because"] == "gone"


async def test_a_webhook_whose_token_ended_goes_on_by_the_one_that_resumes_it(house: House, server: LocalServer) -> None:
    short = await house.token("short", *HOOK_SCOPES, person="ana", expires_at=house.clock.now() + timedelta(days=1))
    made = await Owner(await house.client(short), server).made(events=["Declared"])
    house.clock.forward(days=2)
    await house.declared()
    await house.parts.messenger.run_until_idle()
    ana, path = await owner(house, server), f"/v1/webhooks/{made['id']}"
    paused = (await ana.client.get(path)).json()
    await ana.client.patch(path, json={"state": "active"})
    await house.parts.messenger.run_until_idle()

    assert (paused["state"], paused["paused_because"], len(server.received)) == ("paused", "token", 1)


async def test_lists_are_read_a_page_at_a_time(house: House, server: LocalServer) -> None:
    ana = await owner(house, server)
    made = [(await ana.made())["id"] for _ in range(3)]
    first = (await ana.client.get("/v1/webhooks?limit=2")).json()
    second = (await ana.client.get(f"/v1/webhooks?limit=2&cursor={first['next']}")).json()
    bad = [await ana.client.get(f"/v1/webhooks{each}?cursor=x") for each in ("", f"/{made[0]}/deliveries")]

    assert [each["id"] for each in (*first["items"], *second["items"])] == made[::-1]
    assert [answer.status_code for answer in bad] == [422, 422]


async def test_whoever_takes_no_part_is_told_no_personal_value_and_nothing_of_a_private_step(house: House, server: LocalServer) -> None:
    eve, ana = await owner(house, server, "eve"), await owner(house, server)
    made = [await each.made(events=["Declared", "StepCompleted"]) for each in (eve, ana)]
    key = await house.declared(inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    await house.does("ben", f"/v1/incidents/{key}/steps/care/complete", result="he is sorry")
    await house.parts.messenger.run_until_idle()
    bodies = [[each.body.decode() for each in server.received if signed_by(one["secret"], each)] for one in made]

    assert [["Fred Hollis" in body for body in each] for each in bodies] == [[False, False], [True, False]]
    assert [body for each in bodies for body in each if "he is sorry" in body] == []


async def test_a_service_has_webhooks_in_its_own_name_whomever_it_acts_for(house: House, server: LocalServer) -> None:
    robot = await house.client(await house.token("robot", *HOOK_SCOPES, act_as=True), **{"Firebreak-Actor": "ana"})
    made = await Owner(robot, server).made()

    assert made["owner"] == "token:robot"
    assert (await (await owner(house, server)).client.get(f"/v1/webhooks/{made['id']}")).status_code == 404


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
