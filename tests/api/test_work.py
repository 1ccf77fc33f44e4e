"""To-do lists, deliveries, tokens and health over HTTP."""

import asyncio
from io import StringIO
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from engine.store.settings import put_setting
from tests.api.given import House, running


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/v1/tasks", params=query)
    assert answer.status_code == 200, answer.text
    return [f"{item['incident']['key']}:{item['step']}" for item in answer.json()["items"]]


async def test_tasks_are_listed_across_incidents_what_is_due_first(house: House) -> None:
    await house.declared(inputs={"site": "Plant 4", "links": ["https://a.example/1"]})
    house.clock.forward(minutes=5)
    await house.declared()
    ana, ben = await house.person("ana"), await house.person("ben")

    everything = (await ana.get("/v1/tasks")).json()["items"]

    assert await names(ana, person="ana") == ["INC-1:facts", "INC-2:facts"]
    assert await names(ben, person="me") == ["INC-1:care", "INC-2:care"]
    assert await names(ben, person="ana@example.com") == ["INC-1:facts", "INC-2:facts"]
    assert [item["due_at"] for item in everything if item["due_at"]] == sorted(item["due_at"] for item in everything if item["due_at"])


async def test_tasks_are_filtered_by_state_and_lateness(house: House) -> None:
    key = await house.declared()
    await house.does("ben", f"/v1/incidents/{key}/steps/care/complete", result="fine")
    ana = await house.person("ana")
    before = await names(ana, late=True)
    house.clock.forward(minutes=21)

    assert before == []
    assert await names(ana, late=True) == ["INC-1:facts"]
    assert await names(ana, state="done", person="ben") == ["INC-1:care"]
    assert (await ana.get("/v1/tasks", params={"person": "ana"})).json()["items"][0]["late"]


async def test_a_service_without_a_person_has_nothing_to_do_itself(house: House) -> None:
    await house.declared()
    robot = await house.client(await house.token("robot"))

    assert await names(robot, person="me") == []


async def test_a_task_about_somebody_shows_its_title_to_who_does_it(house: House) -> None:
    key = await house.declared(inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    await house.does("ana", f"/v1/incidents/{key}/add-task", title="Call Fred Hollis", role="press")
    dee, eve = await house.person("dee"), await house.person("eve")

    assert "Call Fred Hollis" in (await dee.get("/v1/tasks")).text
    assert "Fred" not in (await eve.get("/v1/tasks")).text


async def test_deliveries_tell_what_was_sent_and_hide_words_from_who_does_not_take_part(house: House) -> None:
    key = await house.declared()
    await house.parts.worker.run_until_idle()
    ana, eve = await house.person("ana"), await house.person("eve")

    listed = (await ana.get(f"/v1/incidents/{key}/deliveries", params={"limit": 200})).json()["items"]
    masked = (await eve.get(f"/v1/incidents/{key}/deliveries", params={"limit": 200})).json()["items"]

    assert {item["state"] for item in listed} == {"sent"}
    assert {"room", "card", "task", "say", "tell"} <= {item["kind"] for item in listed}
    assert all(item["text"] for item in listed if not item["step"])
    assert {(item["text"], item["receipt"]) for item in masked} == {(None, None)}
    assert "A trial" in house.printed.getvalue()


async def test_words_about_a_private_step_are_hidden_from_the_lead(house: House) -> None:
    key = await house.declared()
    ana, ben = await house.person("ana"), await house.person("ben")

    seen = {
        who: [item["text"] for item in (await client.get(f"/v1/incidents/{key}/deliveries")).json()["items"] if item["step"] == "care"]
        for who, client in (("ana", ana), ("ben", ben))
    }

    assert set(seen["ana"]) == {None}
    assert None not in seen["ben"]


async def test_a_delivery_can_be_sent_again_only_while_it_has_not_arrived(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")
    pending = await ana.post(f"/v1/incidents/{key}/deliveries/{key}:card/retry")
    await house.parts.worker.run_until_idle()

    sent = await ana.post(f"/v1/incidents/{key}/deliveries/{key}:card/retry")
    other = await house.declared()
    elsewhere = await ana.post(f"/v1/incidents/{key}/deliveries/{other}:card/retry")

    assert (pending.status_code, pending.json()["state"]) == (200, "pending")
    assert (sent.status_code, elsewhere.status_code) == (404, 404)


async def test_an_admin_makes_lists_and_revokes_tokens(house: House) -> None:
    admin = await house.admin()

    made = await admin.post("/v1/tokens", json={"name": "desk", "scopes": ["incidents:read"], "act_as": True, "expires_in_days": 30})
    client = await house.client(made.json()["token"])
    let_in = await client.get("/v1/incidents")
    listed = (await admin.get("/v1/tokens")).json()["items"]
    revoked = await admin.delete(f"/v1/tokens/{made.json()['id']}")

    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert made.json()["expires_at"] == "2026-12-23T17:00:00.000Z"
    assert (let_in.status_code, (await client.get("/v1/incidents")).status_code) == (200, 401)
    assert revoked.json()["revoked_at"] == "2026-11-23T17:00:00.000Z"
    assert not any("token" in each for each in listed)


async def test_a_personal_token_is_for_somebody_who_exists_and_acts_for_nobody_else(house: House) -> None:
    admin = await house.admin()

    made = await admin.post("/v1/tokens", json={"name": "x", "scopes": ["incidents:read"], "person": "ana@example.com"})
    nobody = await admin.post("/v1/tokens", json={"name": "x", "scopes": ["incidents:read"], "person": "zoe"})
    acting = await admin.post("/v1/tokens", json={"name": "x", "scopes": ["incidents:read"], "person": "ana", "act_as": True})
    unknown = await admin.post("/v1/tokens", json={"name": "x", "scopes": ["everything"]})

    assert made.json()["person"] == "ana"
    assert [answer.json()["errors"][0]["field"] for answer in (nobody, acting, unknown)] == ["person", "person", "scopes.0"]


async def test_readiness_tells_whether_the_worker_is_alive(house: House) -> None:
    client = await house.client()
    before = await client.get("/readyz")
    now = house.clock.now()
    await house.parts.database.write(lambda tx: put_setting(tx, "worker_heartbeat", now.isoformat()))
    alive = await client.get("/readyz")
    house.clock.forward(minutes=2)
    silent = await client.get("/readyz")

    assert (before.status_code, before.json()["worker"]) == (503, "silent")
    assert (alive.status_code, alive.json()["ready"]) == (200, True)
    assert (silent.status_code, silent.json()["worker"]) == (503, "silent")


async def test_the_app_runs_the_worker_and_stops_it(tmp_path: Path) -> None:
    paper = Paper()
    async with running(tmp_path, printed=paper) as house:
        await house.declared()
        app = create_app(house.parts)

        async with app.router.lifespan_context(app), asyncio.timeout(10):
            await paper.written.wait()
        ready = await (await house.client()).get("/readyz")

    assert ready.json()["worker"] == "ok"


class Paper(StringIO):
    """What is printed on it can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


async def test_words_are_not_written_over_unseen(house: House) -> None:
    key = await house.declared()
    await house.does("ana", f"/v1/incidents/{key}/steps/facts/skip", reason="known already")
    await house.does("cho", f"/v1/incidents/{key}/steps/speak/answer", option="post")
    await house.does("dee", f"/v1/incidents/{key}/steps/draft/submit", text="We know.", version="")
    late = await (await house.person("ana")).post(f"/v1/incidents/{key}/steps/draft/submit", json={"text": "We don't.", "version": ""})

    assert (late.status_code, late.json()["code"]) == (409, "stale_version")
