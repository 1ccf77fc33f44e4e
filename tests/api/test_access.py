"""Who gets in, how far, and who may know of what. Every cell is written down; what is not granted is denied."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.store.tokens import revoke_token
from tests.api.given import HASH, House

READS = ("incidents:read",)
WRITES = ("incidents:write",)

ROUTES: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("GET", "/v1/incidents", "incidents:read", None),
    ("GET", "/v1/incidents/{key}", "incidents:read", None),
    ("GET", "/v1/incidents/{key}/steps", "incidents:read", None),
    ("GET", "/v1/incidents/{key}/steps/facts", "incidents:read", None),
    ("GET", "/v1/incidents/{key}/timeline", "incidents:read", None),
    ("GET", "/v1/incidents/{key}/deliveries", "incidents:read", None),
    ("GET", "/v1/incidents/INC-99/events", "incidents:read", None),  # of an incident that exists it would never end
    ("GET", "/v1/tasks", "incidents:read", None),
    ("GET", "/v1/people/ana/calendar.ics", "calendar:read", None),
    ("POST", "/v1/incidents", "incidents:write", {"playbook": "trial", "inputs": {"site": "Plant 4"}}),
    ("POST", "/v1/incidents/{key}/note", "incidents:write", {"text": "x"}),
    ("POST", "/v1/incidents/{key}/steps/facts/comment", "incidents:write", {"text": "x"}),
    ("POST", "/v1/incidents/{key}/deliveries/{key}:card/retry", "incidents:write", None),
    ("PUT", "/v1/incidents/{key}/roles/press", "incidents:write", {"person": "dee"}),
    ("GET", "/v1/playbooks", "playbooks:read", None),
    ("GET", "/v1/playbooks/trial", "playbooks:read", None),
    ("GET", "/v1/playbooks/trial/form", "playbooks:read", None),
    ("GET", "/v1/playbooks/trial/graph.svg", "playbooks:read", None),
    ("GET", "/v1/playbooks/trial/versions", "playbooks:read", None),
    ("GET", "/v1/playbooks/trial/versions/1.0.0", "playbooks:read", None),
    ("POST", "/v1/playbooks/check", "playbooks:read", None),
    ("PUT", "/v1/playbooks/trial", "playbooks:write", None),
    ("GET", "/v1/tokens", "admin", None),
    ("POST", "/v1/tokens", "admin", {"name": "x", "scopes": ["incidents:read"]}),
    ("DELETE", "/v1/tokens/nothing", "admin", None),
    ("GET", "/v1/keys", "admin", None),
    ("POST", "/v1/keys/rotate", "admin", {}),
    ("GET", "/v1/webhooks", "webhooks:write", None),
    ("POST", "/v1/webhooks", "webhooks:write", {"name": "x"}),
    ("GET", "/v1/webhooks/nothing", "webhooks:write", None),
    ("PATCH", "/v1/webhooks/nothing", "webhooks:write", {"name": "x"}),
    ("DELETE", "/v1/webhooks/nothing", "webhooks:write", None),
    ("GET", "/v1/webhooks/nothing/deliveries", "webhooks:write", None),
    ("POST", "/v1/webhooks/nothing/test", "webhooks:write", None),
    ("POST", "/v1/webhooks/nothing/rotate", "webhooks:write", {}),
    ("POST", "/v1/webhooks/nothing/redeliver", "webhooks:write", {"event": "INC-7:1"}),
    ("POST", "/v1/webhooks/nothing/replay", "webhooks:write", {"after": "INC-7:1"}),
]
STEP_COMMANDS: dict[str, dict[str, Any]] = {
    "start": {},
    "tick": {"item": "Who"},
    "complete": {},
    "skip": {"reason": "x"},
    "assign": {"person": "ana"},
    "answer": {"option": "post"},
    "submit": {},
    "approve": {"version": HASH},
    "reject": {"version": HASH, "comment": "x"},
    "withdraw": {"version": HASH, "reason": "x"},
    "confirm": {"channel": "site", "link": "https://example.com"},
    "decline": {"reason": "x"},
    "snooze": {"for": "30m"},
    "evidence": {"source": "https://a.example", "sha256": HASH},
    "record": {"views": 1},
    "comment": {"text": "x"},
}
INCIDENT_COMMANDS: dict[str, dict[str, Any]] = {
    "raise": {"to": "sev1", "reason": "x"},
    "lower": {"to": "sev2", "reason": "x"},
    "contain": {},
    "close": {},
    "cancel": {"reason": "x"},
    "reopen": {"reason": "x"},
    "note": {"text": "x"},
    "add-task": {"title": "x", "role": "press"},
    "fill": {"reach": "small"},
    "add": {"people": ["x"]},
    "metrics": {"views": 1},
    "hold": {"reason": "x"},
    "release": {"reason": "x"},
    "merge": {"into": "INC-1"},
    "restrict": {"reason": "x"},
    "migrate": {"version": "1.0.0"},
    "invite": {"person": "eve"},
}
SCOPES = ("incidents:read", "incidents:write", "playbooks:read", "playbooks:write", "webhooks:write", "calendar:read")


async def send(client: Any, method: str, path: str, body: dict[str, Any] | None) -> Any:
    return await client.request(method, path, json=body) if body is not None else await client.request(method, path)


def _code(answer: Any) -> str | None:
    return answer.json().get("code") if "json" in answer.headers["content-type"] else None


async def test_a_route_takes_exactly_its_scope_and_an_admin_passes_everywhere(house: House) -> None:
    key = await house.declared()
    clients = {each: await house.client(await house.token(each, each)) for each in (*SCOPES, "admin")}

    for method, path, scope, body in ROUTES:
        answers = {each: await send(client, method, path.format(key=key), body) for each, client in clients.items()}
        let_in = {each for each, answer in answers.items() if _code(answer) not in ("forbidden", "unauthenticated")}
        refused = answers["webhooks:write" if scope != "webhooks:write" else "playbooks:read"]

        assert let_in == {scope, "admin"}, (method, path)
        assert (refused.status_code, refused.json()["code"], refused.json()["scope"]) == (403, "forbidden", scope)


async def test_a_route_is_closed_without_a_good_token(house: House) -> None:
    key = await house.declared()
    expired = await house.token("old", *SCOPES, "admin", expires_at=house.clock.now())
    anonymous, wrong, old = await house.client(), await house.client("fb_" + "x" * 40), await house.client(expired)

    for method, path, _, body in ROUTES:
        answers = [await send(client, method, path.format(key=key), body) for client in (anonymous, wrong, old)]

        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "unauthenticated")] * 3, (method, path)
        assert answers[0].headers["www-authenticate"] == 'Bearer realm="firebreak"'
        assert answers[1].headers["www-authenticate"] == 'Bearer realm="firebreak", error="invalid_token"'


async def test_every_route_of_the_contract_is_in_the_matrix(house: House) -> None:
    described = (await (await house.client()).get("/openapi.json")).json()["paths"]

    listed = {(method, path.replace("{key}:card", "{id}").replace("/press", "/{role}")) for method, path, _, _ in ROUTES}
    listed = {
        (
            method,
            path.replace("/trial", "/{id}")
            .replace("INC-99", "{key}")
            .replace("people/ana", "people/{id}")
            .replace("1.0.0", "{version}")
            .replace("facts", "{step}")
            .replace("nothing", "{id}"),
        )
        for method, path in listed
    }
    listed |= {("POST", f"/v1/incidents/{{key}}/steps/{{step}}/{command}") for command in STEP_COMMANDS}
    listed |= {("POST", f"/v1/incidents/{{key}}/{command}") for command in INCIDENT_COMMANDS}
    listed |= {("POST", f"/v1/incidents/{{key}}/roles/{{role}}/{command}") for command in ("acknowledge", "hand-over")}
    open_to_all = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/problems/{code}")}
    known = {(method.upper(), path) for path, methods in described.items() for method in methods}

    assert known == listed | open_to_all


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
        for command, body in STEP_COMMANDS.items():
            answer = await stranger.post(f"/v1/incidents/{key}/steps/facts/{command}", json=body)
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
