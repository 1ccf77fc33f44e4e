"""The library over HTTP: looked at, checked, published, and its start forms."""

from xml.etree import ElementTree as ET

from tests.api.given import OPEN, House

BAD = OPEN.replace("due: 20m", "due: 20 minuets")


async def test_playbooks_are_listed_and_looked_at(house: House) -> None:
    ana = await house.person("ana")

    listed = (await ana.get("/v1/playbooks")).json()
    one = (await ana.get("/v1/playbooks/trial")).json()

    assert [(item["id"], item["version"], item["title"]) for item in listed["items"]] == [
        ("quiet", "1.0.0", "A trial"),
        ("trial", "1.0.0", "A trial"),
    ]
    assert (one["source"], one["visibility"], one["roles"]["legal"]["title"]) == (OPEN, "organisation", "Counsel")
    assert one["steps"][0] == {"id": "facts", "kind": "task", "title": "Find out what happened", "role": "incident_lead"}
    assert (one["milestones"]["said"]["within"], one["follow_ups"][0]["at"]) == ("60m", "30d from closed")


async def test_what_is_not_published_is_404(house: House) -> None:
    ana = await house.person("ana")
    paths = [
        "nothing",
        "nothing/form",
        "nothing/graph.svg",
        "nothing/versions",
        "trial/versions/9.9.9",
        "nothing/versions/1.0.0",
        "../etc/passwd",
        "%2e%2e",
    ]

    answers = [await ana.get(f"/v1/playbooks/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [404] * len(paths)


async def test_a_check_gives_every_finding_with_its_place_and_publishes_nothing(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.post("/v1/playbooks/check", content=BAD, headers={"Content-Type": "application/yaml"})

    line = BAD[: BAD.index("20 minuets")].count("\n") + 1
    found = {(each["code"], each["level"], each["line"]) for each in answer.json()["diagnostics"]}
    assert (answer.status_code, answer.json()["valid"]) == (200, False)
    assert ("FB301", "error", line) in found
    assert "minuets" in next(each["message"] for each in answer.json()["diagnostics"] if each["code"] == "FB301")


async def test_a_clean_playbook_is_valid(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.post("/v1/playbooks/check", content=OPEN)

    assert answer.json()["valid"]
    assert {each["level"] for each in answer.json()["diagnostics"]} <= {"info", "warning"}


async def test_any_bytes_are_checked_without_an_error_of_ours(house: House) -> None:
    ana = await house.person("ana")
    bodies = [
        b"",
        b"{",
        b"[" * 5_000,
        b"a: &x [*x]",
        b"!!python/object:os.system x",
        b"\xef\xbb\xbffirebreak: 1",
        b"%YAML 9.9",
        b"- " * 9_000,
    ]

    answers = [await ana.post("/v1/playbooks/check", content=body) for body in bodies]

    assert [(answer.status_code, answer.json()["valid"]) for answer in answers] == [(200, False)] * len(bodies)
    assert (await ana.post("/v1/playbooks/check", content=b"\xff")).status_code == 400
    assert (await ana.post("/v1/playbooks/check", content=b"a: \x00")).status_code == 422


async def test_publishing_makes_a_version_once_and_refuses_other_bytes_under_it(house: House) -> None:
    client = await house.client(await house.token("author", "playbooks:read", "playbooks:write"))
    newer = OPEN.replace("1.0.0", "1.1.0")

    made = await client.put("/v1/playbooks/trial", content=newer)
    again = await client.put("/v1/playbooks/trial", content=newer)
    clash = await client.put("/v1/playbooks/trial", content=newer.replace("For tests", "For trials"))
    versions = (await client.get("/v1/playbooks/trial/versions")).json()["items"]

    assert (made.status_code, made.json()["outcome"]) == (201, "published")
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert (clash.status_code, clash.json()["code"], clash.json()["diagnostics"][0]["code"]) == (422, "version_taken", "FB012")
    assert [each["version"] for each in versions] == ["1.1.0", "1.0.0"]
    assert (await client.get("/v1/playbooks/trial/versions/1.0.0")).json()["source"] == OPEN


async def test_a_playbook_with_errors_is_not_published(house: House) -> None:
    client = await house.client(await house.token("author", "playbooks:read", "playbooks:write"))

    answer = await client.put("/v1/playbooks/trial", content=BAD.replace("1.0.0", "1.2.0"))

    assert (answer.status_code, answer.json()["code"]) == (422, "playbook_invalid")
    assert "FB301" in {each["code"] for each in answer.json()["diagnostics"]}
    assert len((await client.get("/v1/playbooks/trial/versions")).json()["items"]) == 1


async def test_a_playbook_is_published_under_its_own_id_only(house: House) -> None:
    client = await house.client(await house.token("author", "playbooks:read", "playbooks:write"))

    answer = await client.put("/v1/playbooks/another", content=OPEN.replace("1.0.0", "1.3.0"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")
    assert (await client.get("/v1/playbooks/trial")).json()["version"] == "1.0.0"


async def test_a_start_form_is_a_json_schema_of_the_inputs(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.get("/v1/playbooks/trial/form")
    schema = answer.json()

    assert answer.headers["content-type"] == "application/schema+json"
    assert (schema["type"], schema["required"], schema["x-order"]) == ("object", ["site"], ["site", "people", "links"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["site"] | {"type": "string", "title": "Site or team"} == schema["properties"]["site"]
    assert schema["properties"]["links"]["items"]["format"] == "uri"
    assert schema["properties"]["people"]["x-personal"]


async def test_a_playbook_is_drawn_as_the_terminal_draws_it(house: House) -> None:
    ana = await house.person("ana")

    answer = await ana.get("/v1/playbooks/trial/graph.svg")

    drawn = ET.fromstring(answer.content)
    words = " ".join(drawn.itertext())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert "A trial" in words
    assert "Find out what happened" in words
    assert "sandbox" in answer.headers["content-security-policy"]
