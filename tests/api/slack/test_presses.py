"""Presses on messages, old and new; and whatever Slack repeats has one effect."""

from typing import Any

import pytest

from api.slack.actions import VALUES
from tests.api.slack.given import Desk, slack_id
from tests.api.slack.given_events import event_body, home_of, mention

DONE = {"type": "button", "action_id": "done", "value": "INC-1|facts"}


async def _version(desk: Desk) -> int:
    return int((await desk.incident())["version"])


async def test_ticks_are_what_the_checkboxes_show(desk: Desk) -> None:
    room = await desk.started()
    await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
    await desk.presses("ana", room, "facts", "tick", ticked=("2",))

    assert [item["done"] for item in (await desk.step("facts"))["checklist"]] == [False, True]


async def test_a_no_is_whispered_to_whoever_pressed(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.presses("ana", room, "facts", "done")

    assert said == "No: still to tick: Who, Where. What works now: tick."
    assert desk.slack.whispers[-1]["response_type"] == "ephemeral"
    assert desk.slack.whispers[-1]["replace_original"] is False


async def test_a_yes_is_said_in_a_direct_message_which_stays_as_it_is(desk: Desk) -> None:
    await desk.started()
    own = f"@{slack_id('ana')}"
    said = await desk.press("ana", own, desk.slack.messages(own)[0]["ts"], {"type": "button", "action_id": "start", "value": "INC-1|facts"})

    assert said.startswith("INC-1: Started: Ana Ruiz")


async def test_my_tasks_are_whispered(desk: Desk) -> None:
    room = await desk.started()
    element = {"type": "button", "action_id": "my_tasks", "value": "INC-1"}

    assert "Find out what happened" in await desk.press("ana", room, "1.1", element)


@pytest.mark.parametrize(
    "element",
    [
        {"type": "button", "action_id": "explode", "value": "INC-1|facts"},
        {"type": "button", "action_id": "done"},
        {"type": "button", "action_id": "done", "value": "INC-1|facts|more|than|that"},
        {"type": "button", "action_id": "answer:post", "value": "INC-1|speak"},
        {"type": "button", "action_id": "approve", "value": "INC-1|agree"},
        {"type": "button", "action_id": "ack", "value": "INC-1"},
        {"type": "overflow", "action_id": "more", "selected_option": {"value": "explode|INC-1"}},
        {"type": "overflow", "action_id": "more"},
        {"type": "checkboxes", "action_id": "tick:x:INC-1|facts", "options": []},
        {"type": "checkboxes", "action_id": "tick:0:INC-9|facts", "options": []},
    ],
    ids=lambda element: f"{element['action_id']}-{element.get('value')}",
)
async def test_an_element_of_another_version_does_nothing_and_says_so(desk: Desk, element: dict[str, Any]) -> None:
    room = await desk.started()
    before = await _version(desk)

    assert "another version of Firebreak" in await desk.press("ana", room, "1.1", element)
    assert await _version(desk) == before


ODD = ("gone", "<!channel>", "a" * 900, "сбой", "'; --", "0" * 64)


async def test_whatever_a_button_carries_it_is_answered_and_changes_nothing(desk: Desk) -> None:
    room = await desk.started()
    before = await _version(desk)
    values = {(name, "|".join(("INC-1", *[odd] * (len(fields) - 1)))) for name, fields in VALUES.items() if len(fields) > 1 for odd in ODD}
    said = {
        each: await desk.press("ana", room, "1.1", {"type": "button", "action_id": each[0], "value": each[1]}) for each in sorted(values)
    }

    assert [each for each, text in said.items() if not text] == []
    assert await _version(desk) == before


async def test_a_button_of_a_step_that_is_gone_is_refused(desk: Desk) -> None:
    room = await desk.started()

    assert (await desk.press("ana", room, "1.1", DONE | {"value": "INC-1|gone"})).startswith("No: ")
    assert "there is no incident INC-9" in await desk.press("ana", room, "1.1", DONE | {"value": "INC-9|facts"})


async def test_start_takes_the_step(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.press("ana", room, "1.1", {"type": "button", "action_id": "start", "value": "INC-1|facts"})
    step = await desk.step("facts")

    assert (said, step["state"], step["assignee"], step["taken"]) == ("", "doing", "ana", True)


async def test_a_link_that_slack_tells_of_is_taken_in_silence(desk: Desk) -> None:
    room = await desk.started()

    assert await desk.press("ana", room, "1.1", {"type": "button", "action_id": "web_room", "value": "page"}) == ""


async def test_a_press_after_the_state_changed_says_what_works_now(desk: Desk) -> None:
    room = await desk.started()
    await desk.house.does("ana", "/v1/incidents/INC-1/steps/facts/skip", reason="known already")
    said = await desk.press("ana", room, "1.1", {"type": "button", "action_id": "start", "value": "INC-1|facts"})

    assert said == "No: 'facts' is already skipped. What works now: comment."


class TestWhatSlackRepeats:
    async def test_a_press_sent_again_has_one_effect(self, desk: Desk) -> None:
        room = await _ticked(desk)
        await desk.press("ana", room, "1.1", DONE)
        before = await _version(desk)
        answer = await desk.again()

        assert answer.status_code == 200
        assert await _version(desk) == before

    async def test_a_double_click_has_one_effect(self, desk: Desk) -> None:
        room = await _ticked(desk)
        said = [await desk.press("ana", room, "1.1", DONE), await desk.press("ana", room, "1.1", DONE)]

        assert said == ["", ""]
        assert [entry["type"] for entry in await _timeline(desk)].count("StepCompleted") == 1

    async def test_a_command_sent_again_has_one_effect_and_the_same_answer(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", "note once")
        again = await desk.again()

        assert again.json()["text"] == said
        assert [entry["type"] for entry in await _timeline(desk)].count("Noted") == 1

    async def test_a_refused_command_sent_again_is_refused_again(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", "done facts")
        await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
        first = next(sent for sent in desk.sent if "done+facts" in sent[1])
        desk.sent.append(first)
        again = await desk.again()

        assert again.json()["text"] == said

    @pytest.mark.parametrize("links", [None, "https://video.example/1"], ids=["without links", "with a link"])
    async def test_a_form_sent_again_starts_one_incident(self, desk: Desk, links: str | None) -> None:
        await desk.types("ana", "start trial Once")
        said = await desk.submits("ana", desk.slack.views[-1], site="Plant 4", links=links)
        again = await desk.again()

        assert again.json() == said
        assert len((await (await desk.house.admin()).get("/v1/incidents")).json()["items"]) == 1

    async def test_the_same_words_typed_twice_are_two_notes(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "note twice")
        await desk.types_in(room, "ana", "note twice")

        assert [entry["type"] for entry in await _timeline(desk)].count("Noted") == 2


class TestWhenStorageIsAway:
    async def test_whoever_typed_is_told_that_nothing_was_changed(self, desk: Desk) -> None:
        await desk.types("ana", "list")
        await desk.house.parts.database.close()

        assert "Storage is away for the moment, so nothing was changed" in await desk.types("ana", "note INC-1 x")

    async def test_whoever_pressed_is_told(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.house.parts.database.close()

        assert "Storage is away" in await desk.press("ben", room, "1.1", DONE)

    async def test_whoever_opens_the_home_is_told(self, desk: Desk) -> None:
        await desk.started()
        await desk.house.parts.database.close()

        assert "Storage is away" in str(await home_of(desk, "ana"))

    async def test_whoever_mentioned_the_app_is_told_once_slack_tries_no_more(self, desk: Desk) -> None:
        room = await desk.started()
        body, kind = event_body(mention(desk, "ana", room, "note hello"), id="Ev1"), "application/json"
        await desk.house.parts.database.close()
        said = []
        for attempt in ("0", "1", "2", "3"):
            headers = desk.signed(body, kind) | {"x-slack-retry-num": attempt}
            assert (await desk.client.post("/slack/events", content=body.encode(), headers=headers)).status_code == 503
            said.append(len(desk.slack.named(room).ephemeral))

        assert said == [0, 0, 0, 1]


async def _ticked(desk: Desk) -> str:
    """Start, with everything ticked that has to be before `facts` is done; gives the room's name."""
    room = await desk.started()
    await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
    return room


async def _timeline(desk: Desk) -> list[dict[str, Any]]:
    answer = await (await desk.house.admin()).get("/v1/incidents/INC-1/timeline?limit=200")
    return list(answer.json()["items"])
