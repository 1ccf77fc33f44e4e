"""A webhook belongs to somebody: only they have it, and it is told only what they may know."""

from datetime import timedelta

from sqlalchemy import Connection

from engine.incident.subscription import Wanted
from engine.store.webhooks import MOST_OWNED, add_webhook
from engine.store.webhooks import Owner as StoredOwner
from tests.api.given import House
from tests.api.webhooks.given import HOOK_SCOPES, Owner, owner, signed_by
from tests.channels.local_server import LocalServer


async def test_a_hidden_incident_cannot_be_named(house: House, server: LocalServer) -> None:
    hidden, eve = await house.declared("quiet"), await owner(house, server, "eve")
    answers = [
        await eve.client.post("/v1/webhooks", json={"name": "x", "url": f"{server.url}/in", "incidents": [key]})
        for key in (hidden, "INC-99")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["detail"].replace(hidden, "INC-99") == answers[1].json()["detail"]


async def test_nobody_has_more_than_a_hundred(house: House, server: LocalServer) -> None:
    ana, eve = await owner(house, server), await owner(house, server, "eve")
    first = await ana.made()
    mine, sealer = StoredOwner("t", "ana", None), house.parts.sealer

    def many(tx: Connection) -> None:
        for _ in range(MOST_OWNED - 1):
            add_webhook(tx, sealer, name="x", url=server.url, owner=mine, wanted=Wanted(), position=0, now=house.clock.now())

    await house.parts.database.write(many)
    answer = await ana.client.post("/v1/webhooks", json={"name": "x", "url": server.url})
    await ana.client.delete(f"/v1/webhooks/{first['id']}")

    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert await ana.made()
    assert await eve.made()


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
