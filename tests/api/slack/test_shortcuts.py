"""Shortcuts on messages: start from one, or add it to a timeline."""

from typing import Any

from tests.api.slack.given import Desk
from tests.api.slack.given_events import shortcut_on, timeline
from tests.block_kit import faults_of_view


def _initial(view: dict[str, Any], block: str) -> Any:
    return next(each["element"].get("initial_value") for each in view["blocks"] if each.get("block_id") == block)


def _bare(view: dict[str, Any]) -> dict[str, Any]:
    """A view as it was sent, without what Slack adds."""
    return {name: part for name, part in view.items() if name not in ("id", "hash", "team_id", "depth", "root_view_id")}


def _link(desk: Desk, room: str, ts: str) -> str:
    return f"https://fake.slack.test/archives/{desk.slack.named(room).id}/p{ts.replace('.', '')}"


async def test_start_here_brings_the_first_line_and_the_links_of_the_message(desk: Desk) -> None:
    desk.slack.channel("plant-4")
    ts = desk.slack.says("U0BEN", "plant-4", "Two people &amp; a phone <https://video.example/1>\nand more")
    await shortcut_on(desk, "ana", "plant-4", ts, "incident_start_here")
    form = (await desk.submits("ana", desk.slack.views[-1], playbook="trial"))["view"]

    assert _initial(form, "title") == "Two people & a phone"
    assert _initial(form, "in:links") == f"https://video.example/1\n{_link(desk, 'plant-4', ts)}"
    assert faults_of_view(form) == []


async def test_a_second_start_from_the_same_message_is_seen_to_be_one(desk: Desk) -> None:
    desk.slack.channel("plant-4")
    ts = desk.slack.says("U0BEN", "plant-4", "Look at this")
    for _ in range(2):
        await shortcut_on(desk, "ana", "plant-4", ts, "incident_start_here")
        form = (await desk.submits("ana", desk.slack.views[-1], playbook="trial"))["view"]
        said = await desk.submits("ana", {**form, "id": f"V{len(desk.sent)}"}, site="Plant 4")

    assert "*INC-1* Look at this" in str(said["view"])
    assert "Start anyway" in str(said["view"])


class TestAddToTimeline:
    async def test_in_an_incidents_room_asks_nothing(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "It is offline")
        await shortcut_on(desk, "ana", room, ts, "add_to_timeline")

        assert (await timeline(desk))[-1] == f"Note: Ana Ruiz added: Ben Okafor in Slack: It is offline ({_link(desk, room, ts)})"
        assert desk.slack.whispers[-1]["text"] == "Added to the timeline of INC-1."

    async def test_twice_adds_it_once(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "It is offline")
        await shortcut_on(desk, "ana", room, ts, "add_to_timeline")
        await shortcut_on(desk, "ben", room, ts, "add_to_timeline")

        assert sum("It is offline" in text for text in await timeline(desk)) == 1
        assert desk.slack.whispers[-1]["text"] == "This message is in the timeline of INC-1 already."

    async def test_elsewhere_asks_which_incident(self, desk: Desk) -> None:
        await desk.started()
        await desk.house.declared(title="Another")
        desk.slack.channel("plant-4")
        ts = desk.slack.says("U0BEN", "plant-4", "It is offline")
        await shortcut_on(desk, "ana", "plant-4", ts, "add_to_timeline")
        form = desk.slack.views[-1]
        await desk.submits("ana", form, incident="INC-2", text="It is offline, he says")

        assert faults_of_view(_bare(form)) == []
        assert "Ben Okafor in Slack: It is offline, he says" in (await timeline(desk, "INC-2"))[-1]

    async def test_names_no_incident_that_is_not_for_whoever_asks(self, desk: Desk) -> None:
        await desk.house.declared("quiet", by="ana", title="Nobody's business")
        desk.slack.channel("plant-4")
        ts = desk.slack.says("U0BEN", "plant-4", "It is offline")
        await shortcut_on(desk, "cho", "plant-4", ts, "add_to_timeline")

        assert not desk.slack.views
        assert "There is no open incident that you may add to" in desk.slack.whispers[-1]["text"]

    async def test_without_words_still_leads_to_the_message(self, desk: Desk) -> None:
        room = await desk.started()
        ts = desk.slack.says("U0BEN", room, "")
        await shortcut_on(desk, "ana", room, ts, "add_to_timeline")

        assert f"a message without words ({_link(desk, room, ts)})" in (await timeline(desk))[-1]
