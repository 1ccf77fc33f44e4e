"""Outside counsel see their incident and nothing else; whom only Slack knows may start what everybody may, and look at nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.slack.people import GONE, UNCHECKED
from tests.api.slack.given import Desk, open_desk
from tests.api.slack.given_events import hears
from tests.fake_slack import FakeSlack, Fault

LAW = "T0LAW"
NO_INCIDENT = "there is no incident INC-1, or it isn't for you"


def _organisation(text: str) -> str:
    """Eve and Ben are of a law firm; Ben holds the role of counsel."""
    changed = text.replace("email: eve@example.com", "email: eve@example.com, slack: U0EVE, slack_team: T0LAW")
    return changed.replace("slack: U0BEN", "slack: U0BEN, slack_team: T0LAW") + "anyone_may_start: [trial]\n"


@pytest.fixture
async def desk(tmp_path: Path, slack: FakeSlack) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, slack, organisation=_organisation) as desk:
        slack.user("U0EVE", team=LAW)
        slack.user("U0BEN", team=LAW)
        yield desk


async def _types(desk: Desk, who: str, text: str) -> str:
    answer = await desk.slash(who, text, team=LAW)
    return str(answer.json()["text"])


async def _invited(desk: Desk, who: str) -> None:
    await (await desk.house.person("ana")).post("/v1/incidents/INC-1/invite", json={"person": who})


async def test_a_guest_finds_no_incident_by_any_word(desk: Desk) -> None:
    await desk.house.declared(title="Quarrel at the gate")
    said = [
        await _types(desk, "eve", text) for text in ("list all", "list open", "status INC-1", "tasks INC-1 all", "note INC-1 hello", "")
    ]

    assert not any("Quarrel" in each for each in said)
    assert all(NO_INCIDENT in said[place] for place in (2, 3, 4))


async def test_a_guest_finds_the_incident_that_they_take_part_in(desk: Desk) -> None:
    await desk.house.declared(title="Quarrel at the gate")
    await desk.house.declared(title="Another one")
    await _invited(desk, "eve")

    assert "Quarrel at the gate" in await _types(desk, "eve", "status INC-1")
    assert "Another one" not in await _types(desk, "eve", "list all")
    assert "Eve Moran added: seen" in await _types(desk, "eve", "note INC-1 seen")


@pytest.mark.parametrize("path", ["", "/steps", "/timeline", "/deliveries", "/steps/facts"])
async def test_a_guests_own_token_reads_nothing_that_they_take_no_part_in(desk: Desk, path: str) -> None:
    await desk.house.declared()
    eve = await desk.house.person("eve")
    before = (await eve.get(f"/v1/incidents/INC-1{path}")).status_code
    await _invited(desk, "eve")

    assert (before, (await eve.get(f"/v1/incidents/INC-1{path}")).status_code) == (404, 200)


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents?q=quarrel", "/v1/tasks"])
async def test_a_guests_own_token_lists_nothing_that_they_take_no_part_in(desk: Desk, path: str) -> None:
    await desk.house.declared(title="Quarrel at the gate")
    eve, cho = await desk.house.person("eve"), await desk.house.person("cho")

    assert (await eve.get(path)).json()["items"] == []
    assert (await cho.get(path)).json()["items"] != []


async def test_a_service_that_acts_for_a_guest_lists_no_more(desk: Desk) -> None:
    await desk.house.declared()
    bridge = await desk.house.client(await desk.house.token("bridge", act_as=True), **{"Firebreak-Actor": "eve"})

    assert (await bridge.get("/v1/incidents")).json()["items"] == []


async def test_a_guest_presses_what_is_theirs_and_nothing_else(desk: Desk) -> None:
    room = await desk.started()
    said = await _ticks(desk, "ben", room)
    answered = await _types(desk, "ben", "done INC-1 care we have spoken")

    assert "'facts' belongs to Lead" in said
    assert not any(item["done"] for item in (await desk.step("facts"))["checklist"])
    assert "No:" not in answered


async def test_a_guest_starts_only_what_everybody_may(desk: Desk) -> None:
    await desk.slash("eve", "start quiet Mischief", team=LAW)

    assert '"playbook": "trial"' in desk.slack.views[-1]["private_metadata"]


async def test_a_deactivated_guest_is_nobody(desk: Desk, slack: FakeSlack) -> None:
    slack.user("U0EVE", team=LAW, deleted=True)

    assert await _types(desk, "eve", "list") == GONE


async def test_a_guest_waits_while_slack_can_not_say_whether_they_are_alive(desk: Desk, slack: FakeSlack) -> None:
    slack.fail("users.info", Fault("500"))

    assert await _types(desk, "eve", "list") == UNCHECKED
    assert await _types(desk, "eve", "list") != UNCHECKED


async def test_a_guests_id_from_our_own_workspace_is_not_the_guest(desk: Desk) -> None:
    desk.slack.user("U0EVE")

    assert "I don't know you" in await desk.types("eve", "list")


async def test_whom_only_slack_knows_starts_what_everybody_may(desk: Desk) -> None:
    desk.slack.user("U0ZOE")
    await desk.types("zoe", "start trial Quarrel at the gate")
    said = await desk.submits("zoe", desk.slack.views[-1], site="Plant 4")
    incident = await desk.incident()

    assert said["response_action"] == "update"
    assert (incident["title"], incident["declared_by"]) == ("Quarrel at the gate", "slack:U0ZOE")
    await desk.works()


async def test_whom_only_slack_knows_looks_at_nothing_not_even_what_they_started(desk: Desk) -> None:
    desk.slack.user("U0ZOE")
    await desk.types("zoe", "start trial Quarrel at the gate")
    await desk.submits("zoe", desk.slack.views[-1], site="Plant 4")
    said = [await desk.types("zoe", text) for text in ("list all", "status INC-1", "note INC-1 hello", "")]

    assert all("I don't know you" in each for each in said)


async def test_whom_only_slack_knows_starts_nothing_else(desk: Desk) -> None:
    desk.slack.user("U0ZOE")
    await desk.types("zoe", "start trial Something")
    form = desk.slack.views[-1]
    other: dict[str, Any] = {**form, "private_metadata": form["private_metadata"].replace('"trial"', '"quiet"')}
    said = await desk.submits("zoe", other, site="Plant 4")

    assert said["response_action"] == "errors"
    assert not (await (await desk.house.admin()).get("/v1/incidents")).json()["items"]


async def test_whom_only_slack_knows_hears_of_no_incident_with_the_same_link(desk: Desk) -> None:
    await desk.house.declared(inputs={"site": "Plant 4", "links": ["https://video.example.com/1"]})
    desk.slack.user("U0ZOE")
    await desk.types("zoe", "start trial Something")
    said = await desk.submits("zoe", desk.slack.views[-1], site="Plant 4", links="https://video.example.com/1")

    assert "INC-1" not in str(said)
    assert "INC-2" in str(said)


async def _ticks(desk: Desk, who: str, room: str) -> str:
    """Tick the first item of the first task, from another workspace."""
    message = desk.message(room, "facts")
    boxes = next(each for block in message["blocks"] for each in block.get("elements", []) if each.get("action_id", "").startswith("tick"))
    action = {
        "type": "checkboxes",
        "action_id": boxes["action_id"],
        "block_id": "b",
        "action_ts": "1.1",
        "selected_options": boxes["options"][:1],
    }
    where = {"type": "message", "message_ts": message["ts"], "channel_id": desk.slack.named(room).id}
    await desk.interact(who, "block_actions", team=LAW, actions=[action], container=where, response_url=desk.slack.response_url())
    return str(desk.slack.whispers[-1]["text"])


async def test_a_guests_home_shows_only_what_they_take_part_in(desk: Desk) -> None:
    await desk.house.declared(title="Quarrel at the gate")
    await desk.house.declared(title="Another one")
    await _invited(desk, "eve")
    await hears(desk, {"type": "app_home_opened", "user": "U0EVE", "user_team": LAW, "tab": "home"})

    home = str(desk.slack.users["U0EVE"].home)
    assert "Quarrel at the gate" in home
    assert "Another one" not in home
