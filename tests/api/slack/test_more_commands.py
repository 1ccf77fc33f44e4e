"""The rest of the words: people, record and course; forms where a word needs more; buttons that fit whoever asks."""

from typing import Any

import pytest

from tests.api.slack.given import Desk
from tests.api.slack.given_events import button_of, elements, press_whispered, timeline
from tests.block_kit import faults_of
from tests.plain_words import complaints_of_blocks


async def _blocks(desk: Desk, who: str, text: str, room: str | None = None) -> list[dict[str, Any]]:
    """The blocks of an answer that only `who` sees."""
    where = {"channel": desk.slack.named(room).id, "name": room} if room else {}
    return list((await desk.slash(who, text, **where)).json()["blocks"])


class TestWhatNothingTypedShows:
    async def test_in_a_room_the_card_with_the_buttons_that_fit(self, desk: Desk) -> None:
        room = await desk.started()
        ana, cho = await _blocks(desk, "ana", "", room), await _blocks(desk, "cho", "", room)

        assert button_of(ana, "done")["value"] == "INC-1|facts"
        assert {"my_tasks", "note", "severity", "more"} <= {each["action_id"] for each in elements(ana)}
        assert "done" not in {each["action_id"] for each in elements(cho)}

    async def test_in_a_room_what_slack_takes(self, desk: Desk) -> None:
        room = await desk.started()
        for who in ("ana", "ben", "dee"):
            blocks = await _blocks(desk, who, "", room)

            assert (faults_of(blocks), complaints_of_blocks(blocks)) == ([], [])

    async def test_in_a_room_an_unanswered_role_asks_to_be_acknowledged(self, desk: Desk) -> None:
        room = await desk.started()

        assert button_of(await _blocks(desk, "ben", "", room), "ack")["value"] == "INC-1|legal"

    async def test_a_private_step_is_shown_only_to_those_who_work_on_it(self, desk: Desk) -> None:
        room = await desk.started()

        assert "care" in str(await _blocks(desk, "ben", "", room))
        assert "Ask nothing" not in str(await _blocks(desk, "ana", "", room))

    async def test_elsewhere_ones_own_what_is_open_and_a_way_to_start(self, desk: Desk) -> None:
        await desk.house.declared(by="ana", title="Mine")
        await desk.house.declared(by="eve", title="Theirs")
        blocks = await _blocks(desk, "cho", "")

        assert "Theirs" in str(blocks)
        assert button_of(blocks, "start_incident")["text"]["text"] == "Start an incident"


class TestFreeText:
    async def test_offers_to_start_an_incident_of_that_title(self, desk: Desk) -> None:
        answer = await desk.slash("ana", "Two people are shouting &amp; filming")
        offered = button_of(answer.json()["blocks"], "start_incident")

        assert "Start incident “Two people are shouting &amp; filming”?" in answer.json()["text"]
        assert offered["value"] == "Two people are shouting & filming"

    async def test_opens_the_form_with_that_title_when_pressed(self, desk: Desk) -> None:
        await press_whispered(desk, "ana", button_of(await _blocks(desk, "ana", "Shouting in the lobby"), "start_incident"))
        form = (await desk.submits("ana", desk.slack.views[-1], playbook="trial"))["view"]

        assert "Shouting in the lobby" in str(form)

    async def test_that_is_near_a_word_offers_the_word_alone(self, desk: Desk) -> None:
        assert "blocks" not in (await desk.slash("ana", "tassks")).json()


class TestForms:
    @pytest.mark.parametrize(
        ("typed", "form"),
        [
            ("skip facts", "skip"),
            ("assign facts", "assign"),
            ("comment facts", "comment"),
            ("snooze facts", "snooze"),
            ("note", "note"),
            ("severity", "severity"),
            ("severity sev1", "severity"),
            ("hold", "hold"),
            ("cancel", "cancel"),
            ("link", "link"),
            ("add-task", "add_task"),
            ("handover incident_lead", "hand_over"),
        ],
    )
    async def test_a_word_without_what_it_needs_opens_its_form(self, desk: Desk, typed: str, form: str) -> None:
        room = await desk.started()
        before = len(desk.slack.views)
        said = await desk.types_in(room, "ana", typed)

        assert said == ""
        assert [view["callback_id"] for view in desk.slack.views[before:]] == [form]

    async def test_an_answer_without_an_option_shows_the_options_as_buttons(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
        await desk.types_in(room, "ana", "done facts")
        blocks = await _blocks(desk, "cho", "answer speak", room)

        assert {"answer:post", "answer:wait"} <= {each["action_id"] for each in elements(blocks)}


class TestPeople:
    async def test_roles_says_who_holds_what(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", "roles")

        assert "Counsel (`legal`): <@U0BEN>, has not acknowledged yet" in said
        assert "Lead (`incident_lead`): <@U0ANA>" in said

    async def test_ack_acknowledges_the_role_that_waits(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ben", "ack")

        assert (await desk.incident())["roles"]["legal"]["acknowledged_at"] is not None
        assert await desk.types_in(room, "ben", "ack") == "You hold no role in INC-1 that waits for you."

    async def test_role_names_somebody(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "role press <@U0CHO|cho>")

        assert (await desk.incident())["roles"]["press"]["person"] == "cho"

    async def test_handover_passes_ones_role_on_with_a_note(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "dee", "handover press @cho nothing is open")

        assert "nothing is open" in said
        assert (await desk.incident())["roles"]["press"]["person"] == "cho"

    async def test_invite_lets_somebody_take_part(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "invite @cho")

        assert "*INC-1*" in await desk.types("cho", "list mine")


class TestRecord:
    async def test_timeline_tells_the_last_entries(self, desk: Desk) -> None:
        room = await desk.started()
        for number in range(20):
            await desk.types_in(room, "ana", f"note number {number} <!channel>")
        said = await desk.types_in(room, "ana", "timeline")

        assert "number 19 &lt;!channel&gt;" in said
        assert "number 4 " not in said
        assert "entries came before" in said

    @pytest.mark.parametrize(("typed", "value"), [("12000", 12000), ("1,200", 1200)])
    async def test_metric_records_a_value(self, desk: Desk, typed: str, value: int) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", f"metric views {typed}")

        assert (await desk.incident())["metrics"]["views"]["value"] == value

    async def test_an_unknown_metric_names_those_there_are(self, desk: Desk) -> None:
        room = await desk.started()

        assert "`views` (Views)" in await desk.types_in(room, "ana", "metric clicks 5")

    async def test_fill_gives_what_was_asked_later(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "fill reach large")

        assert (await desk.incident())["inputs"]["reach"] == "large"

    async def test_add_task_adds_a_step(self, desk: Desk) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", "add-task legal Ask the owner of the clip")

        assert "Ask the owner of the clip" in said


class TestCourse:
    async def test_hold_and_release_need_two_key_holders(self, desk: Desk) -> None:
        room = await desk.started()
        held = await desk.types_in(room, "ben", "hold the police asked")
        alone = await desk.types_in(room, "ben", "release they agree")

        assert "INC-1: Hold" in held or "the police asked" in held
        assert alone.startswith("No: ")

    async def test_contain_close_and_reopen(self, desk: Desk) -> None:
        room = await desk.started()
        contained = await desk.types_in(room, "ana", "contain")
        closed = await desk.types_in(room, "ana", "close")

        assert "Contained" in contained
        assert closed.startswith("No: still open before 'finish'")

    async def test_cancel_stops_everything_with_its_reason(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "cancel it was a film set")

        assert (await desk.incident())["status"] == "cancelled"
        assert "it was a film set" in str(await timeline(desk))

    async def test_merge_settles_a_duplicate(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.house.declared(title="The same again")
        await desk.types_in(room, "ana", "merge INC-2 INC-1")

        assert (await desk.incident("INC-2"))["status"] == "cancelled"

    async def test_skip_takes_the_reason_that_was_typed(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "skip facts nobody was there")

        assert ((await desk.step("facts"))["state"], (await desk.step("facts"))["reason"]) == ("skipped", "nobody was there")


class TestSteps:
    async def test_begin_says_who_is_on_it(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "begin facts")

        assert ((await desk.step("facts"))["state"], (await desk.step("facts"))["assignee"]) == ("doing", "ana")

    async def test_tick_takes_a_number_or_the_text(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.types_in(room, "ana", "tick facts 1")
        await desk.types_in(room, "ana", "tick facts Where")

        assert [item["done"] for item in (await desk.step("facts"))["checklist"]] == [True, True]

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("comment facts two cameras saw it", "two cameras saw it"),
            ("snooze facts 15m", "until 09:15"),
            ("decline facts I am travelling", "I am travelling"),
        ],
    )
    async def test_a_step_takes_the_words_that_were_typed(self, desk: Desk, typed: str, told: str) -> None:
        room = await desk.started()
        said = await desk.types_in(room, "ana", typed)

        assert told in said
        assert not said.startswith("No: ")

    async def test_done_asks_for_no_result_that_may_be_left_out(self, desk: Desk) -> None:
        room = await desk.started()

        assert (await desk.types_in(room, "ben", "done care")).startswith("INC-1: Done")


async def test_however_many_incidents_are_open_the_answer_is_what_slack_takes(desk: Desk) -> None:
    for number in range(12):
        await desk.house.declared(title=f"Number {number} " + "<&>" * 60)
    blocks = await _blocks(desk, "ana", "")

    assert (faults_of(blocks), complaints_of_blocks(blocks)) == ([], [])
    assert "and 4 more" in str(blocks)
