"""Incidents over HTTP: declared, found, looked at, worked on to the end."""

from typing import Any

from tests.api.given import HASH, House

LINKS = ["https://video.example/1?utm_source=x"]


async def test_declaring_answers_201_with_location_version_and_the_incident(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.post("/v1/incidents", json={"playbook": "trial", "inputs": {"site": "Plant 4"}, "external_ref": "T-1"})

    assert answer.status_code == 201
    assert answer.headers["location"] == "http://firebreak.test/v1/incidents/INC-1"
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    assert (answer.json()["key"], answer.json()["declared_by"], answer.json()["external_ref"]) == ("INC-1", "ana", "T-1")
    assert answer.json()["similar"] == []


async def test_declaring_names_open_incidents_with_the_same_link(house: House) -> None:
    await house.declared(inputs={"site": "Plant 4", "links": ["https://www.video.example/1/"]})
    ana = await house.person("ana")

    answer = await ana.post("/v1/incidents", json={"playbook": "trial", "inputs": {"site": "Plant 4", "links": LINKS}})

    assert answer.json()["similar"] == ["INC-1"]


async def test_similar_names_no_incident_that_the_caller_may_not_know(house: House) -> None:
    await house.declared("quiet", inputs={"site": "Plant 4", "links": LINKS})
    eve = await house.person("eve")

    answer = await eve.post("/v1/incidents", json={"playbook": "trial", "inputs": {"site": "Plant 4", "links": LINKS}})

    assert answer.json()["similar"] == []


async def test_a_start_that_the_rules_refuse_is_409_and_says_what_would_do(house: House) -> None:
    ana = await house.person("ana")
    expected: list[tuple[dict[str, Any], str, str]] = [
        ({"playbook": "trail", "inputs": {"site": "Plant 4"}}, "unknown_playbook", "trial"),
        ({"playbook": "trial"}, "missing_input", "site"),
        ({"playbook": "trial", "inputs": {"site": "Plant 4", "sight": 1}}, "unknown_input", "site"),
        ({"playbook": "trial", "inputs": {"site": "Plant 4"}, "severity": "sev9"}, "unknown_level", "sev1"),
    ]

    for body, code, words in expected:
        answer = await ana.post("/v1/incidents", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, code), body
        assert words in answer.json()["detail"]


async def test_a_required_input_may_be_unknown(house: House) -> None:
    key = await house.declared(inputs={}, unknown=["site"])
    ana = await house.person("ana")

    step = (await ana.get(f"/v1/incidents/{key}/steps/fill_site")).json()

    assert (step["state"], step["due_at"]) == ("ready", "2026-11-23T17:15:00.000Z")


async def test_an_incident_is_found_by_key_and_by_id(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")

    by_key = await ana.get(f"/v1/incidents/{key}")
    by_id = await ana.get(f"/v1/incidents/{by_key.json()['id']}")

    assert by_key.status_code == by_id.status_code == 200
    assert by_key.json() == by_id.json()


async def test_incidents_are_found_by_every_filter(house: House) -> None:
    await house.declared(title="Trouble at the harbour", external_ref="T-7")
    house.clock.forward(minutes=1)
    await house.declared(severity="sev1", mode="rehearsal")
    await house.declared("quiet")
    ana = await house.person("ana")
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({"status": "active"}, ["INC-3", "INC-2", "INC-1"]),
        ({"status": ["closed", "cancelled"]}, []),
        ({"severity": "sev1"}, ["INC-2"]),
        ({"playbook": "quiet"}, ["INC-3"]),
        ({"mode": "rehearsal"}, ["INC-2"]),
        ({"q": "harbour"}, ["INC-1"]),
        ({"q": "INC-2"}, ["INC-2"]),
        ({"external_ref": "T-7"}, ["INC-1"]),
        ({"person": "ben"}, ["INC-3", "INC-2", "INC-1"]),
        ({"person": "eve"}, []),
        ({"declared_after": "2026-11-23T17:00:01Z"}, ["INC-3", "INC-2"]),
    ]

    for query, keys in expected:
        answer = await ana.get("/v1/incidents", params=query)
        assert [item["key"] for item in answer.json()["items"]] == keys, query


async def test_a_list_pages_with_an_opaque_cursor_and_a_link_and_stays_stable_while_rows_are_inserted(house: House) -> None:
    for _ in range(5):
        await house.declared()
    ana = await house.person("ana")

    first = await ana.get("/v1/incidents", params={"limit": 2})
    await house.declared()
    second = await ana.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    third = await ana.get("/v1/incidents", params={"limit": 2, "cursor": second.json()["next"]})

    keys = [item["key"] for page in (first, second, third) for item in page.json()["items"]]
    assert keys == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]
    assert third.json()["next"] is None
    assert "link" not in third.headers


async def test_a_made_up_cursor_is_422(house: House) -> None:
    await house.declared()
    ana = await house.person("ana")

    for path in ("/v1/incidents", "/v1/tasks", "/v1/incidents/INC-1/timeline", "/v1/incidents/INC-1/deliveries"):
        answer = await ana.get(path, params={"cursor": "no such place"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor"), path


async def test_a_filter_that_makes_no_sense_is_422_and_names_the_field(house: House) -> None:
    ana = await house.person("ana")
    queries: list[dict[str, Any]] = [{"limit": 0}, {"limit": 201}, {"status": "open"}, {"mode": "dead"}, {"declared_after": "yesterday"}]

    for query in queries:
        answer = await ana.get("/v1/incidents", params=query)
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["field"].startswith(next(iter(query)))


async def test_the_timeline_tells_everything_in_order_and_pages(house: House) -> None:
    key = await house.declared()
    await house.does("ana", f"/v1/incidents/{key}/note", text="the press called")
    ana = await house.person("ana")

    whole = (await ana.get(f"/v1/incidents/{key}/timeline", params={"limit": 200})).json()
    first = (await ana.get(f"/v1/incidents/{key}/timeline", params={"limit": 4})).json()
    rest = (await ana.get(f"/v1/incidents/{key}/timeline", params={"limit": 200, "cursor": first["next"]})).json()

    assert whole["items"] == first["items"] + rest["items"]
    assert [item["seq"] for item in whole["items"]] == list(range(1, len(whole["items"]) + 1))
    assert (whole["items"][0]["type"], whole["items"][0]["by"]["name"]) == ("Declared", "Ana Ruiz")
    assert "the press called" in whole["items"][-1]["text"]
    assert whole["next"] is None


async def test_the_timeline_says_nothing_that_stands_in_a_private_step(house: House) -> None:
    key = await house.declared()
    await house.does("ben", f"/v1/incidents/{key}/steps/care/comment", text="a secret worry")
    ben = await house.person("ben")

    timeline = await ben.get(f"/v1/incidents/{key}/timeline")

    assert "a secret worry" not in timeline.text


async def test_an_incident_is_worked_from_declaration_to_complete(house: House) -> None:
    key = await house.declared(inputs={"site": "Plant 4", "links": ["https://video.example/1"]})
    steps = f"/v1/incidents/{key}/steps"
    await house.does("ana", f"{steps}/facts/start")
    await house.does("ana", f"{steps}/facts/tick", item="Who")
    await house.does("ana", f"{steps}/facts/tick", item="2")
    await house.does("ana", f"{steps}/facts/complete", link="https://wiki.example/facts")
    await house.does("ben", f"{steps}/care/complete", result="they are safe")
    await house.does("dee", f"{steps}/keep/evidence", source="https://video.example/1", sha256=HASH, collected={"screenshot": "1.png"})
    await house.does("cho", f"{steps}/speak/answer", option="post", note="the press called")
    words = await house.does("dee", f"{steps}/draft/submit", text="We know about Plant 4 and look into it.")
    await house.does("ben", f"{steps}/agree/approve", version=words["content_hash"])
    agreed = await house.does("cho", f"{steps}/agree/approve", version=words["content_hash"])
    said = await house.does("dee", f"{steps}/post/confirm", channel="site", link="https://example.com/news")
    closed = await house.does("ana", f"/v1/incidents/{key}/close")
    house.clock.forward(days=31)
    await house.parts.worker.run_until_idle()
    await house.does("ana", f"{steps}/day_30/record", views=900)
    done = await house.does("ana", f"{steps}/day_30/complete")

    incident = (await (await house.person("ana")).get(f"/v1/incidents/{key}")).json()
    assert (agreed["state"], said["state"], closed["status"], done["state"]) == ("done", "done", "closed", "done")
    assert (incident["status"], incident["metrics"]["views"]["met"]) == ("complete", True)
    assert incident["milestones"][0]["reached_at"] == "2026-11-23T17:00:00.000Z"


async def test_closing_too_early_says_what_is_missing(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")

    answer = await ana.post(f"/v1/incidents/{key}/close")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_closable")
    assert "facts" in answer.json()["detail"]


async def test_commands_on_the_whole_incident_are_heard(house: House) -> None:
    key = await house.declared()
    at = f"/v1/incidents/{key}"

    raised = await house.does("ana", f"{at}/raise", to="sev1", reason="national press")
    lowered = await house.does("ana", f"{at}/lower", to="sev2", reason="a rumour")
    contained = await house.does("ana", f"{at}/contain")
    task = await house.does("ana", f"{at}/add-task", title="Call the landlord", role="press", due="2h")
    filled = await house.does("ana", f"{at}/fill", reach="small")
    added = await house.does("ana", f"{at}/add", people=["Fred Hollis"], links=["https://video.example/2"])
    measured = await house.does("ana", f"{at}/metrics", views=12)
    held = await house.does("ana", f"{at}/hold", reason="new facts")
    released = await house.does("ben", f"{at}/release", reason="checked")
    invited = await house.does("ana", f"{at}/invite", person="eve@example.com")
    cancelled = await house.does("ana", f"{at}/cancel", reason="it was nothing")

    assert (raised["severity"], lowered["severity"], contained["status"]) == ("sev1", "sev2", "contained")
    assert task["counts"]["ready"] == 4
    assert (filled["inputs"]["reach"], added["inputs"]["people"], measured["metrics"]["views"]["value"]) == ("small", ["Fred Hollis"], 12)
    assert (held["hold"]["reason"], released["hold"], invited["invited"], cancelled["status"]) == ("new facts", None, ["eve"], "cancelled")


async def test_a_duplicate_is_merged_into_an_incident_that_the_caller_may_see(house: House) -> None:
    hidden, first, second = await house.declared("quiet"), await house.declared(by="eve"), await house.declared(by="ana")
    ana, eve = await house.person("ana"), await house.person("eve")

    merged = await ana.post(f"/v1/incidents/{second}/merge", json={"into": first})
    refused = await eve.post(f"/v1/incidents/{first}/merge", json={"into": hidden})

    assert (merged.json()["status"], merged.json()["merged_into"]) == ("cancelled", first)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_roles_are_named_acknowledged_and_handed_over(house: House) -> None:
    key = await house.declared()
    at = f"/v1/incidents/{key}/roles"
    ana, dee = await house.person("ana"), await house.person("dee")

    acknowledged = await dee.post(f"{at}/press/acknowledge")
    named = await ana.put(f"{at}/press", json={"person": "eve@example.com"})
    handed = await ana.post(f"{at}/incident_lead/hand-over", json={"to": "eve", "note": "night shift"})

    assert acknowledged.json()["roles"]["press"]["acknowledged_at"] == "2026-11-23T17:00:00.000Z"
    assert named.json()["roles"]["press"]["person"] == "eve"
    assert handed.json()["roles"]["incident_lead"]["person"] == "eve"


async def test_an_unknown_step_or_role_in_the_address_is_404(house: House) -> None:
    key = await house.declared()
    ana = await house.person("ana")

    answers = [
        await ana.get(f"/v1/incidents/{key}/steps/nothing"),
        await ana.post(f"/v1/incidents/{key}/steps/nothing/start"),
        await ana.post(f"/v1/incidents/{key}/roles/nothing/acknowledge"),
        await ana.put(f"/v1/incidents/{key}/roles/nothing", json={"person": "ana"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


async def test_a_run_moves_to_another_version_of_its_playbook(house: House) -> None:
    key = await house.declared()
    newer = (house.parts.settings.playbooks / "trial.yaml").read_text().replace("version: 1.0.0", "version: 1.1.0")
    author = await house.client(await house.token("author", "playbooks:write"))
    await author.put("/v1/playbooks/trial", content=newer)

    moved = await house.does("ana", f"/v1/incidents/{key}/migrate", version="1.1.0")
    unknown = await (await house.person("ana")).post(f"/v1/incidents/{key}/migrate", json={"version": "9.9.9"})

    assert moved["playbook"]["version"] == "1.1.0"
    assert (unknown.status_code, unknown.json()["code"]) == (409, "unknown_playbook")
