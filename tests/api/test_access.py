"""Who gets in, how far, and who may know of what; `test_matrix.py` goes through every operation."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.store.tokens import revoke_token
from tests.api.given import House
from tests.api.operations import INCIDENT_COMMANDS, STEP_COMMANDS

READS = ("incidents:read",)
WRITES = ("incidents:write",)


async def send(client: Any, method: str, path: str, body: dict[str, Any] | None) -> Any:
    return await client.request(method, path, json=body) if body is not None else await client.request(method, path)


async def test_a_revoked_token_is_refused_at_once(house: House) -> None:
    token = await house.token("gone", *READS)
    client = await house.client(token)
    before = await client.get("/v1/incidents")
    admin = await house.admin()
    listed = (await admin.get("/v1/tokens")).json()["items"]
    gone = next(each["id"] for each in listed if each["name"] == "gone")
    await house.parts.database.write(lambda tx: revoke_token(tx, gone, house.clock.now()))

    assert before.status_code == 200
    assert (await client.get("/v1/incidents")).status_code == 401


async def test_a_strange_authorization_header_is_401(house: House) -> None:
    client = await house.client()
    headers: list[Any] = ["", "fb_x", "Basic abc", "Bearer", "Bearer  ", "bearer fb_x y", "Bearer " + "x" * 5000, b"Bearer fb_\xff\xfe"]

    answers = [await client.get("/v1/incidents", headers={"Authorization": header}) for header in headers]

    assert {answer.status_code for answer in answers} == {401}


async def test_nobody_else_learns_that_an_incident_for_participants_exists(house: House) -> None:
    key = await house.declared("quiet")
    eve = await house.person("eve")
    robot = await house.client(await house.token("robot"))
    made_up = (await eve.get("/v1/incidents/INC-99")).json()

    for stranger in (eve, robot):
        for path in ("", "/steps", "/steps/facts", "/timeline", "/deliveries"):
            answer = await stranger.get(f"/v1/incidents/{key}{path}")
            assert (answer.status_code, answer.json()["detail"]) == (404, made_up["detail"]), path
        for command, (step, body) in STEP_COMMANDS.items():
            answer = await stranger.post(f"/v1/incidents/{key}/steps/{step}/{command}", json=body)
            assert (answer.status_code, answer.json()["detail"]) == (404, made_up["detail"]), command
        for command, body in INCIDENT_COMMANDS.items():
            answer = await stranger.post(f"/v1/incidents/{key}/{command}", json=body)
            assert answer.status_code == (422 if command == "merge" else 404), command
        assert (await stranger.put(f"/v1/incidents/{key}/roles/press", json={"person": "eve"})).status_code == 404
        assert (await stranger.post(f"/v1/incidents/{key}/roles/press/acknowledge")).status_code == 404
        assert (await stranger.post(f"/v1/incidents/{key}/roles/press/hand-over", json={"to": "eve"})).status_code == 404
        assert (await stranger.post(f"/v1/incidents/{key}/deliveries/{key}:card/retry")).status_code == 404
        assert (await stranger.get("/v1/incidents")).json()["items"] == []
        assert (await stranger.get("/v1/incidents", params={"person": "ana"})).json()["items"] == []
        assert (await stranger.get("/v1/tasks")).json()["items"] == []
        assert (await stranger.get("/v1/tasks", params={"person": "ana"})).json()["items"] == []


async def test_if_match_tells_a_stranger_nothing(house: House) -> None:
    key = await house.declared("quiet")
    eve = await house.person("eve")

    answer = await eve.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers={"If-Match": '"1"'})

    assert answer.status_code == 404


async def test_those_who_take_part_see_it_everywhere(house: House) -> None:
    key = await house.declared("quiet", by="eve")

    for who in ("eve", "ana", "ben", "dee"):
        client = await house.person(who)
        assert (await client.get(f"/v1/incidents/{key}")).status_code == 200
        assert [item["key"] for item in (await client.get("/v1/incidents")).json()["items"]] == [key]
        assert (await client.get("/v1/tasks")).json()["items"]


async def test_a_service_that_declared_an_incident_for_participants_takes_part_in_it(house: House) -> None:
    robot = await house.client(await house.token("robot"))
    declared = await robot.post("/v1/incidents", json={"playbook": "quiet", "inputs": {"site": "Plant 4"}})

    answer = await robot.get(f"/v1/incidents/{declared.json()['key']}")

    assert (answer.status_code, answer.json()["declared_by"]) == (200, "token:robot")
    assert [item["key"] for item in (await robot.get("/v1/incidents")).json()["items"]] == [answer.json()["key"]]


async def test_a_service_named_like_a_person_sees_nothing_of_theirs(house: House) -> None:
    await house.declared("quiet")
    impostor = await house.client(await house.token("ana"))

    assert (await impostor.get("/v1/incidents")).json()["items"] == []
    assert (await impostor.get("/v1/incidents/INC-1")).status_code == 404


async def test_an_admin_sees_an_incident_for_participants_and_each_look_is_logged(house: House) -> None:
    key = await house.declared("quiet", inputs={"site": "Plant 4", "people": ["Fred Hollis"]})
    admin = await house.admin()

    with capture_logs() as logged:
        answer = await admin.get(f"/v1/incidents/{key}")
        await admin.post(f"/v1/incidents/{key}/note", json={"text": "x"})

    assert answer.status_code == 200
    assert "Fred" not in answer.text
    assert [(line["event"], line["incident"]) for line in logged if "token" in line] == [
        ("admin looked into an incident for participants", key)
    ] * 2


async def test_a_private_step_is_masked_for_the_lead_over_http(house: House) -> None:
    key = await house.declared()
    await house.does("ben", f"/v1/incidents/{key}/steps/care/complete", result="a broken arm")
    ana, ben, admin = await house.person("ana"), await house.person("ben"), await house.admin()

    assert (await ben.get(f"/v1/incidents/{key}/steps/care")).json()["result"] == "a broken arm"
    for client in (ana, admin):
        for path in (f"/v1/incidents/{key}/steps/care", f"/v1/incidents/{key}/steps", f"/v1/incidents/{key}/timeline"):
            assert "broken arm" not in (await client.get(path)).text


async def test_only_a_persons_own_credential_turns_a_key(house: House) -> None:
    key, version = await agreed_by_nobody(house)
    acting = await house.token("desk", *READS, *WRITES, act_as=True)
    clients = {
        "admin": await house.admin(),
        "service": await house.client(await house.token("robot")),
        "acting": await house.client(acting, **{"Firebreak-Actor": "ben"}),
        "a person's admin token": await house.client(await house.token("ben as admin", "admin", person="ben")),
    }
    step, incident = f"/v1/incidents/{key}/steps/agree", f"/v1/incidents/{key}"
    keys = [
        ("POST", f"{step}/approve", {"version": version}),
        ("POST", f"{step}/reject", {"version": version, "comment": "no"}),
        ("POST", f"{step}/withdraw", {"version": version, "reason": "no"}),
        ("POST", f"{incident}/release", {"reason": "no"}),
        ("POST", f"{incident}/lower", {"to": "sev2", "reason": "no"}),
        ("PUT", f"{incident}/roles/legal", {"person": "ben"}),
        ("POST", f"{incident}/roles/legal/hand-over", {"to": "ben"}),
    ]

    for who, client in clients.items():
        for method, path, body in keys:
            answer = await send(client, method, path, body)
            assert answer.status_code == 403, (who, path, answer.text)
            assert answer.json()["code"] in ("own_credential", "not_you"), (who, path)


async def agreed_by_nobody(house: House) -> tuple[str, str]:
    """An incident at sev1, on hold, with submitted words that nobody has approved yet."""
    key = await house.declared(severity="sev1")
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"{steps}/facts/tick", item="Who")
    await house.does("ana", f"{steps}/facts/tick", item="Where")
    await house.does("ana", f"{steps}/facts/complete")
    await house.does("cho", f"{steps}/speak/answer", option="post")
    words = await house.does("dee", f"{steps}/draft/submit")
    await house.does("cho", f"/v1/incidents/{key}/hold", reason="wait")
    return key, words["content_hash"]


async def test_an_acting_service_works_in_a_persons_name_and_the_log_keeps_both(house: House) -> None:
    key = await house.declared()
    desk = await house.client(await house.token("desk", *READS, *WRITES, act_as=True), **{"Firebreak-Actor": "ana@example.com"})

    answer = await desk.post(f"/v1/incidents/{key}/steps/facts/start")
    entry = (await desk.get(f"/v1/incidents/{key}/timeline", params={"limit": 200})).json()["items"][-1]

    assert answer.json()["assignee"] == "ana"
    assert (entry["by"]["person"], entry["by"]["service"]) == ("ana", "token:desk")


async def test_an_acting_service_sees_what_its_person_sees(house: House) -> None:
    key = await house.declared("quiet")
    token = await house.token("desk", *READS, *WRITES, act_as=True)
    as_ana, as_eve = await house.client(token, **{"Firebreak-Actor": "ana"}), await house.client(token, **{"Firebreak-Actor": "eve"})

    assert (await as_ana.get(f"/v1/incidents/{key}")).status_code == 200
    assert (await as_eve.get(f"/v1/incidents/{key}")).status_code == 404


@pytest.mark.parametrize(
    ("options", "actor", "status"), [({}, "ana", 403), ({"person": "ben"}, "ana", 403), ({"act_as": True}, "zoe", 422)]
)
async def test_firebreak_actor_is_for_tokens_that_may_act_and_people_who_exist(
    house: House, options: dict[str, Any], actor: str, status: int
) -> None:
    client = await house.client(await house.token("desk", *READS, **options), **{"Firebreak-Actor": actor})

    answer = await client.get("/v1/incidents")

    assert answer.status_code == status


async def test_a_refusal_about_who_is_403_and_any_other_409(house: House) -> None:
    key = await house.declared()
    eve, ana = await house.person("eve"), await house.person("ana")

    about_who = await eve.post(f"/v1/incidents/{key}/cancel", json={"reason": "x"})
    about_when = await ana.post(f"/v1/incidents/{key}/steps/finish/start")

    assert (about_who.status_code, about_who.json()["code"]) == (403, "not_you")
    assert (about_when.status_code, about_when.json()["code"]) == (409, "not_ready")
