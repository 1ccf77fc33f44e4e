"""`/metrics`: what happened is counted under short names, what is open is counted without saying whose it is."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.metrics import MEDIA_TYPE, SCHEMES
from engine.store.settings import put_setting
from tests.api.given import QUIET, House, running
from tests.api.test_requests import Away

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose figures anybody may read."""
    async with running(tmp_path) as house:
        yield setting_metrics(house, "on")


def setting_metrics(house: House, value: str, **parts: Any) -> House:
    changed = replace(house.parts, settings=house.parts.settings.model_copy(update={"metrics": value}), **parts)
    house.parts, house.app = changed, create_app(changed, with_worker=False)
    return house


async def figures(house: House) -> Figures:
    """Read every figure, by name and labels."""
    text = (await (await house.client()).get("/metrics")).text
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def of(found: Figures, name: str, **labels: str) -> float:
    """Add up the figures of this name that have these labels."""
    return sum(value for (known, given), value in found.items() if known == f"firebreak_{name}" and labels.items() <= dict(given).items())


async def test_prometheus_can_read_them(open_house: House) -> None:
    answer = await (await open_house.client()).get("/metrics")

    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    assert {family.name for family in text_string_to_metric_families(answer.text)} >= {"firebreak_http_requests", "process_open_fds"}


async def test_without_a_setting_only_a_token_for_them_opens_them(house: House) -> None:
    anybody, other = await house.client(), await house.client(await house.token("other", "incidents:read"))
    reader, admin = await house.client(await house.token("prometheus", "metrics:read")), await house.admin()

    answers = [(await client.get("/metrics")).status_code for client in (anybody, other, reader, admin)]

    assert answers == [401, 403, 200, 200]


async def test_a_token_for_figures_reads_nothing_else(house: House) -> None:
    reader = await house.client(await house.token("prometheus", "metrics:read"))

    assert [(await reader.get(path)).status_code for path in ("/v1/incidents", "/v1/playbooks", "/v1/tokens")] == [403, 403, 403]


async def test_switched_off_there_is_no_such_address(house: House) -> None:
    admin = await setting_metrics(house, "off").admin()

    answer, nowhere = await admin.get("/metrics"), await admin.get("/nowhere")

    assert (answer.status_code, answer.json()["detail"]) == (404, nowhere.json()["detail"])


async def test_requests_count_by_the_template_of_their_address(open_house: House) -> None:
    key = await open_house.declared()
    ana = await open_house.person("ana")
    await ana.get(f"/v1/incidents/{key}")
    await ana.get("/v1/incidents/INC-99")
    await ana.get("/v1/nothing/Fred")
    await ana.request("FRED", "/v1/incidents")
    found = await figures(open_house)

    assert of(found, "http_requests_total", method="GET", route="/v1/incidents/{key}", status="200") == 1
    assert of(found, "http_requests_total", method="GET", route="/v1/incidents/{key}", status="404") == 1
    assert of(found, "http_requests_total", method="GET", route="none", status="404") == 1
    assert of(found, "http_requests_total", method="other", status="405") == 1
    assert of(found, "http_request_seconds_count", route="/v1/incidents/{key}") == 2


async def test_a_bug_counts_as_500(open_house: House) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    open_house.app.add_api_route("/broken", broken)
    await (await open_house.client()).get("/broken")

    assert of(await figures(open_house), "http_requests_total", route="/broken", status="500") == 1


async def test_commands_count_by_how_they_ended_and_refusals_by_their_code(open_house: House) -> None:
    key = await open_house.declared()
    ana = await open_house.person("ana")
    await ana.post(f"/v1/incidents/{key}/steps/facts/complete")
    await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers={"If-Match": '"999"'})
    for _ in range(2):
        await ana.post(f"/v1/incidents/{key}/note", json={"text": "x"}, headers={"Idempotency-Key": "1"})
    await ana.post("/v1/incidents/INC-99/note", json={"text": "x"})
    found = await figures(open_house)

    assert of(found, "commands_total", command="Declare", via="rest", outcome="done") == 1
    assert of(found, "commands_total", command="CompleteStep", via="rest", outcome="refused") == 1
    assert of(found, "refusals_total", command="CompleteStep", code="checklist_open") == 1
    assert {word: of(found, "commands_total", command="Note", outcome=word) for word in ("done", "repeated", "stale", "not_found")} == {
        "done": 1,
        "repeated": 1,
        "stale": 1,
        "not_found": 1,
    }


async def test_what_is_owed_counts_by_way_and_state_until_it_is_sent(open_house: House) -> None:
    await open_house.declared()
    open_house.clock.forward(seconds=42)
    before = await figures(open_house)
    await open_house.parts.worker.run_until_idle()
    after = await figures(open_house)

    assert of(before, "queue_deliveries", state="pending") > 0
    assert of(before, "queue_oldest_seconds", way="war_room", state="pending") == 42
    assert of(after, "queue_deliveries", state="pending") == 0
    assert of(after, "deliveries_total", outcome="sent") == of(before, "queue_deliveries", state="pending")
    assert of(after, "delivery_seconds_count") == of(after, "deliveries_total", outcome="sent")
    assert of(after, "delivery_seconds_sum") == 42 * of(after, "delivery_seconds_count")


async def test_an_alarm_counts_by_how_late_it_was_answered(open_house: House) -> None:
    await open_house.declared()
    await open_house.parts.worker.run_until_idle()
    at = await open_house.parts.worker.next_at()
    assert at is not None
    open_house.clock.move_to(at + timedelta(seconds=7))
    overdue = of(await figures(open_house), "alarm_overdue_seconds")
    await open_house.parts.worker.run_until_idle()
    found = await figures(open_house)

    assert overdue == 7
    assert (of(found, "timer_lateness_seconds_count"), of(found, "timer_lateness_seconds_sum")) == (1, 7)
    assert of(found, "alarm_overdue_seconds") == 0


async def test_commits_count_with_the_units_that_shared_them(open_house: House) -> None:
    before = await figures(open_house)
    for number in range(3):
        await open_house.parts.database.write(lambda tx, name=str(number): put_setting(tx, name, "x"))  # type: ignore[misc]
    after = await figures(open_house)

    grown = {name: of(after, name) - of(before, name) for name in ("commit_units_count", "commit_units_sum", "commit_seconds_count")}

    assert grown == {"commit_units_count": 3, "commit_units_sum": 3, "commit_seconds_count": 3}


async def test_incidents_for_participants_are_counted_and_nothing_is_said_about_them(open_house: House) -> None:
    await open_house.declared()
    await open_house.declared(mode="rehearsal")
    await open_house.declared("quiet")
    found = await figures(open_house)
    labels = [dict(given) for name, given in found if name == "firebreak_open_incidents"]

    assert of(found, "open_incidents", severity="sev2", status="active", mode="live") == 1
    assert of(found, "open_incidents", severity="sev2", status="active", mode="rehearsal") == 1
    assert of(found, "open_incidents", severity="withheld", status="withheld", mode="live") == 1
    assert len(labels) == 3
    assert "participants" in QUIET


async def test_incidents_that_are_over_are_not_counted(open_house: House) -> None:
    key = await open_house.declared()
    await open_house.does("ana", f"/v1/incidents/{key}/cancel", reason="it was nothing")

    assert of(await figures(open_house), "open_incidents") == 0


async def test_the_workers_last_sign_of_life_has_an_age(open_house: House) -> None:
    never = await figures(open_house)
    now = open_house.clock.now()
    await open_house.parts.database.write(lambda tx: put_setting(tx, "worker_heartbeat", now.isoformat()))
    open_house.clock.forward(seconds=12)
    found = await figures(open_house)

    assert ("firebreak_worker_heartbeat_age_seconds", ()) not in never
    assert of(found, "worker_heartbeat_age_seconds") == 12


@pytest.mark.parametrize(
    ("code", "state"), [(None, "ok"), ("no answer", "silent"), ("token_revoked", "refused"), ("missing_scope (pins.add)", "missing_scope")]
)
async def test_how_slack_takes_us_is_one_of_four_states(house: House, code: str | None, state: str) -> None:
    found = await figures(setting_metrics(house, "on", slack_trouble=lambda: code))

    assert {dict(given)["state"]: value for (name, given), value in found.items() if name == "firebreak_slack_state"} == {
        each: float(each == state) for each in ("ok", "silent", "missing_scope", "refused")
    }


async def test_while_the_database_is_away_what_happened_is_still_told(house: House) -> None:
    away = setting_metrics(house, "on", database=Away())
    found = await figures(away)

    assert of(found, "database_up") == 0
    assert ("firebreak_commit_units_count", ()) in found
    assert ("firebreak_alarm_overdue_seconds", ()) not in found


async def test_no_figure_names_an_incident_a_person_or_what_somebody_wrote(open_house: House) -> None:
    key = await open_house.declared(title="Fred was filmed", inputs={"site": "Plant Fred", "people": ["Fred Hollis"]})
    ana = await open_house.person("ana")
    await ana.post(f"/v1/incidents/{key}/note", json={"text": "Fred called"})
    await ana.get("/v1/incidents/Fred", params={"q": "Fred"})
    await open_house.parts.worker.run_until_idle()
    text = (await (await open_house.client()).get("/metrics")).text

    assert not re.search(rf"Fred|{key}\b|[0-9a-f]{{32}}|\bana\b", text)


async def test_every_way_that_something_is_owed_by_has_a_name(open_house: House) -> None:
    await open_house.declared()
    found = await figures(open_house)
    ways = {dict(given)["way"] for name, given in found if name == "firebreak_queue_deliveries"}

    assert ways
    assert ways <= SCHEMES


async def test_two_products_count_apart(tmp_path: Path, open_house: House) -> None:
    (tmp_path / "second").mkdir()
    async with running(tmp_path / "second") as second:
        other = setting_metrics(second, "on")
        await other.declared()
        here, there = await figures(open_house), await figures(other)

    assert (of(here, "commands_total", command="Declare"), of(there, "commands_total", command="Declare")) == (0, 1)


async def test_the_address_is_not_part_of_the_contract(open_house: House) -> None:
    answer: httpx.Response = await (await open_house.client()).get("/openapi.json")

    assert "/metrics" not in answer.json()["paths"]
