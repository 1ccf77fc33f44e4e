"""Rooms as people meet them: who is in, what closes to others, where talk stands, what the broadcast says."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.slack.given import Desk, open_desk, slack_id
from tests.fake_slack import BOT, FakeSlack

NAME = "inc-inc-1"
PRIVATE = "inc-inc-1-private"


@pytest.fixture
async def desk(tmp_path: Path, slack: FakeSlack) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, slack) as desk:
        slack.channel("incidents")
        file = desk.house.parts.settings.organisation
        more = 'defaults: {ladder: office, broadcast: "#incidents", archive_room: 7d}'
        file.write_text(file.read_text("utf-8").replace("defaults: {ladder: office}", more), "utf-8")
        await desk.house.parts.library.load()
        yield desk
    assert not slack.refusals, "Slack took what this test sent only in part"


def texts(desk: Desk, name: str) -> list[str]:
    return [message["text"] for message in desk.slack.messages(name)]


async def restricted(desk: Desk) -> None:
    await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/restrict", reason="it names somebody")
    await desk.works()


async def test_an_incident_closed_to_others_goes_on_in_a_private_room_of_those_who_take_part(desk: Desk) -> None:
    await restricted(desk)
    room = desk.slack.named(PRIVATE)

    assert room.private
    assert room.members == {BOT, *map(slack_id, ("ana", "ben", "dee"))}
    assert "Closed to others: only those who take part may see the incident now: it names somebody (INC-1)." in texts(desk, PRIVATE)


async def test_the_room_that_everybody_could_read_ends_with_a_neutral_sentence(desk: Desk) -> None:
    await restricted(desk)

    assert desk.slack.named(NAME).archived
    assert texts(desk, NAME)[-1] == "This room is closed: INC-1 goes on among those who take part in it."
    assert "names somebody" not in str(desk.slack.messages(NAME))


async def test_what_is_pressed_and_typed_in_the_new_room_counts(desk: Desk) -> None:
    await restricted(desk)
    await desk.presses("ana", PRIVATE, "facts", "tick", ticked=("1", "2"))
    await desk.presses("ana", PRIVATE, "facts", "done")
    said = await desk.types_in(PRIVATE, "ana", "note It goes on")
    await desk.works()

    assert (await desk.step("facts"))["state"] == "done"
    assert "It goes on" in said
    assert "Done: Ana Ruiz completed “Find out what happened” (INC-1)." in texts(desk, PRIVATE)


async def test_whoever_hands_over_leaves_a_private_room(desk: Desk) -> None:
    await restricted(desk)
    await desk.house.does("dee", "/v1/incidents/INC-1/roles/press/hand-over", to="cho", note="all yours")
    await desk.works()

    assert desk.slack.named(PRIVATE).members == {BOT, *map(slack_id, ("ana", "ben", "cho"))}


async def test_the_broadcast_shows_no_more_of_it(desk: Desk) -> None:
    await desk.started()
    before = str(desk.slack.messages("incidents"))
    await desk.house.does("ana", "/v1/incidents/INC-1/restrict", reason="it names somebody")
    await desk.works()

    assert ("A trial" in before, "Plant 4" in before) == (True, False)
    assert f"<#{desk.slack.named(NAME).id}>" in before
    assert texts(desk, "incidents") == ["INC-1 is closed to participants."]
    assert "A trial" not in str(desk.slack.messages("incidents"))


async def test_whoever_joins_from_the_broadcast_is_in_the_room(desk: Desk) -> None:
    await desk.started()
    [message] = desk.slack.messages("incidents")
    button = next(element for block in message["blocks"] for element in block.get("elements", []) if element.get("action_id") == "join")
    await desk.press("cho", "incidents", message["ts"], button)
    await desk.works()

    assert slack_id("cho") in desk.slack.named(NAME).members


async def test_a_comment_stands_under_its_step(desk: Desk) -> None:
    await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/comment", text="the manager is on his way")
    await desk.works()
    said = next(message for message in desk.slack.messages(NAME) if "on his way" in message["text"])

    assert said["thread_ts"] == desk.message(NAME, "facts")["ts"]


async def test_a_room_has_its_bookmarks(desk: Desk) -> None:
    await desk.started()

    assert [each["title"] for each in desk.slack.named(NAME).bookmarks.values()] == ["INC-1 on the web", "Playbook"]


async def test_the_room_of_a_cancelled_incident_is_archived_after_a_week_and_not_before(desk: Desk) -> None:
    await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/cancel", reason="a film set")
    await desk.works()
    early = desk.slack.named(NAME).archived
    desk.house.clock.forward(days=7, minutes=1)
    await desk.works()

    assert (early, desk.slack.named(NAME).archived) == (False, True)
    assert texts(desk, NAME)[-1] == "This room is archived: INC-1 is over. What happened stays in its timeline."


async def test_what_is_noted_in_an_archived_room_troubles_nobody(desk: Desk) -> None:
    await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/cancel", reason="a film set")
    desk.house.clock.forward(days=8)
    await desk.works()
    await desk.house.does("ana", "/v1/incidents/INC-1/note", text="a letter came")
    await desk.works()
    listed = (await (await desk.house.admin()).get("/v1/incidents/INC-1/deliveries", params={"limit": 100})).json()["items"]

    assert [each["id"] for each in listed if each["state"] != "sent"] == []
