"""One clip, one incident: who starts a second one about the same link may join the first, or start anyway."""

from typing import Any

from tests.api.slack.given import Desk
from tests.api.slack.given_events import button_of, press_in_view
from tests.block_kit import faults_of_view

CLIP = "https://www.video.example/1?utm_source=feed"
SAME = "http://video.example/1/"


async def _submitted_again(desk: Desk, who: str = "ana", **given: Any) -> dict[str, Any]:
    """Somebody fills in the form with the link of an open incident."""
    await desk.types(who, "start trial Again")
    return await desk.submits(who, {**desk.slack.views[-1], "id": f"V{len(desk.sent)}"}, **{"site": "Plant 5", "links": SAME, **given})


async def test_the_incident_that_has_the_link_is_shown_before_anything_is_started(desk: Desk) -> None:
    await desk.started(links=CLIP)
    said = await _submitted_again(desk)

    assert said["response_action"] == "update"
    assert "*INC-1* Something at Plant 4 (SEV2)" in str(said["view"])
    assert "already has this link: join, or start anyway" in str(said["view"])
    assert faults_of_view(said["view"]) == []
    assert "code" in await desk.incident("INC-2")


async def test_nothing_that_was_entered_is_lost(desk: Desk) -> None:
    await desk.started(links=CLIP)
    view = (await _submitted_again(desk, people="Fred\nJohn", severity="sev1", rehearsal=("yes",), title="Mine"))["view"]
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}

    assert elements["title"]["initial_value"] == "Mine"
    assert elements["in:people"]["initial_value"] == "Fred\nJohn"
    assert elements["severity"]["initial_option"]["value"] == "sev1"
    assert [option["value"] for option in elements["rehearsal"]["initial_options"]] == ["yes"]


async def test_start_anyway_starts(desk: Desk) -> None:
    await desk.started(links=CLIP)
    view = (await _submitted_again(desk, people="Fred"))["view"]
    said = await desk.submits("ana", {**view, "id": "V9", "hash": "2.x"})

    assert view["submit"]["text"] == "Start anyway"
    assert "INC-1 has one of these links too" in str(said["view"])
    assert ((await desk.incident("INC-2"))["title"], (await desk.incident("INC-2"))["links"]) == ("Again", [])


async def test_start_anyway_says_nothing_of_an_incident_that_was_not_shown(desk: Desk) -> None:
    await desk.started(links=CLIP)
    view = (await _submitted_again(desk))["view"]
    await desk.house.declared(title="Meanwhile", inputs={"site": "Plant 6", "links": [SAME]})
    said = await desk.submits("ana", {**view, "id": "V9", "hash": "2.x"})

    assert "*INC-2* Meanwhile" in str(said["view"])
    assert "code" in await desk.incident("INC-3")


async def test_join_takes_part_in_the_first(desk: Desk) -> None:
    await desk.started(links=CLIP)
    view = (await _submitted_again(desk, "cho"))["view"]
    await press_in_view(desk, "cho", view, button_of(view["blocks"], "join"))

    assert "*INC-1*" in await desk.types("cho", "list mine")


async def test_an_incident_that_is_not_for_whoever_starts_is_not_named(desk: Desk) -> None:
    await desk.house.declared("quiet", by="ana", title="Nobody's business", inputs={"site": "Plant 4", "links": [CLIP]})
    said = await _submitted_again(desk, "cho")

    assert "Started" in str(said["view"])
    assert "INC-1" not in str(said)


async def test_a_link_that_is_typed_with_start_stands_in_the_form(desk: Desk) -> None:
    await desk.types("ana", f"start trial Look <{CLIP}> again")
    form = desk.slack.views[-1]
    elements = {block["block_id"]: block["element"] for block in form["blocks"] if block["type"] == "input"}

    assert (elements["title"]["initial_value"], elements["in:links"]["initial_value"]) == ("Look again", CLIP)


async def test_a_link_typed_in_a_room_says_who_has_it_too(desk: Desk) -> None:
    room = await desk.started()
    await desk.house.declared(title="Another", inputs={"site": "Plant 4", "links": [CLIP]})
    said = await desk.types_in(room, "ana", f"link <{SAME}>")

    assert said.endswith("INC-2 has this link too.")


async def test_what_join_did_is_said_over_the_form(desk: Desk) -> None:
    await desk.started(links=CLIP)
    view = (await _submitted_again(desk, "cho"))["view"]
    await press_in_view(desk, "cho", view, button_of(view["blocks"], "join"))

    assert "You take part in INC-1 now." in str(desk.slack.called("views.push")[-1].arguments["view"])
