"""Forms about steps: what they do, and what is wrong stands at its field."""

from typing import Any

from tests.api.given import HASH
from tests.api.slack.forms_given import declared, does, errors, happened, opens, presses, timeline
from tests.api.slack.given import Desk, slack_id


class TestAnyStep:
    async def test_skip(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "skip", "INC-1|facts", reason="nobody was there")

        assert (await desk.step("facts"))["state"] == "skipped"

    async def test_a_skip_without_a_reason_stays_open(self, desk: Desk) -> None:
        await declared(desk)

        assert await errors(desk, "ana", await opens(desk, "ana", "skip", "INC-1|facts"), reason="  ") == {
            "reason": "A skip needs its reason."
        }

    async def test_cannot(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "dee", "decline", "INC-1|keep", reason="I am travelling")

        assert await happened(desk, "StepDeclined") == 1

    async def test_assign(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "assign", "INC-1|facts", person=slack_id("cho"))

        assert (await desk.step("facts"))["assignee"] == "cho"

    async def test_somebody_outside_the_organisation_is_refused_at_the_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "assign", "INC-1|facts")
        said = await errors(desk, "ana", view, person="U0STRANGER")

        assert "not in the organisation file" in said["person"]

    async def test_nobody_is_refused_at_the_field(self, desk: Desk) -> None:
        await declared(desk)

        assert await errors(desk, "ana", await opens(desk, "ana", "assign", "INC-1|facts")) == {"person": "Choose somebody."}

    async def test_a_comment_is_whispered_because_it_shows_nowhere(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "comment", "INC-1|facts", text="the doors were open")

        assert [entry["type"] for entry in await timeline(desk)][-1] == "StepCommented"
        assert desk.slack.whispers[-1]["text"].startswith("INC-1: ")

    async def test_snooze(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "snooze", "INC-1|facts", **{"for": "15m"})

        assert (await desk.step("facts"))["snoozed_until"].startswith("2026-11-23T17:15")
        assert len(desk.slack.whispers) == 1

    async def test_in_a_direct_message_what_was_done_is_whispered(self, desk: Desk) -> None:
        await declared(desk)
        element = {"type": "button", "action_id": "skip", "value": "INC-1|facts"}
        await desk.press("ana", "@U0ANA", "1.1", element)
        await desk.submits("ana", desk.slack.views[-1], reason="nobody was there")

        assert "Find out what happened" in desk.slack.whispers[-1]["text"]

    async def test_a_skip_shows_by_itself(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "skip", "INC-1|facts", reason="nobody was there")

        assert not desk.slack.whispers


class TestResults:
    async def test_a_task_that_asks_for_a_result_gets_it(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "done", "INC-1|count", result="7", link="https://sheet.example/1")

        assert (await desk.step("count"))["result"] == 7

    async def test_a_missing_result_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)

        assert "asks for a result" in (await errors(desk, "ana", await opens(desk, "ana", "done", "INC-1|count")))["result"]

    async def test_a_result_of_the_wrong_type_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "done", "INC-1|count")

        assert (await errors(desk, "ana", view, result="many"))["result"] == "'many' is not a number."

    async def test_what_was_not_known_is_asked_for_and_filled(self, desk: Desk) -> None:
        await declared(desk, inputs={"site": "Plant 4"}, unknown=["day"])
        view = await opens(desk, "ana", "done", "INC-1|fill_day")
        label = next(block["label"]["text"] for block in view["blocks"] if block["type"] == "input")
        await desk.submits("ana", view, result="2026-11-20")

        assert label == "When was it"
        assert (await desk.incident())["inputs"]["day"] == "2026-11-20"
        assert (await desk.step("fill_day"))["state"] == "done"

    async def test_a_task_without_a_result_is_done_at_once(self, desk: Desk) -> None:
        await declared(desk)

        assert await presses(desk, "ben", "done", "INC-1|care") == ""
        assert (await desk.step("care"))["state"] == "done"


class TestAnswers:
    async def test_an_answer_that_needs_no_note_counts_at_once(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")

        assert (await desk.step("speak"))["answer"] == "wait"

    async def test_an_answer_that_needs_a_note_asks_for_it(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "cho", "answer:ask", "INC-1|speak|ask")
        first = await errors(desk, "cho", view, note=" ")
        await desk.submits("cho", view, note="it is theirs to say")

        assert first == {"note": "'ask' needs a note that says why."}
        assert (await desk.step("speak"))["answer"] == "ask"

    async def test_another_answer_asks_why(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")
        await does(desk, "cho", "answer:post", "INC-1|speak|post", note="it is spreading")

        assert (await desk.step("speak"))["answer"] == "post"

    async def test_the_same_answer_again_is_taken_in_silence(self, desk: Desk) -> None:
        await declared(desk)
        said = [await presses(desk, "cho", "answer:wait", "INC-1|speak|wait") for _ in range(2)]

        assert said == ["", ""]
        assert await happened(desk, "DecisionAnswered") == 1

    async def test_revise_offers_the_other_answers(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")
        view = await opens(desk, "cho", "revise", "INC-1|speak")
        options = next(block["element"]["options"] for block in view["blocks"] if block.get("block_id") == "option")
        await desk.submits("cho", view, option="post", note="it is spreading")

        assert [option["value"] for option in options] == ["post", "ask"]
        assert (await desk.step("speak"))["answer"] == "post"

    async def test_a_revision_without_a_reason_or_answer_stays_open(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")
        view = await opens(desk, "cho", "revise", "INC-1|speak")

        assert await errors(desk, "cho", view, note="because") == {"option": "Choose an answer."}
        assert "revising it needs a note" in (await errors(desk, "cho", view, option="post"))["note"]


class TestEvidence:
    async def test_an_item_is_recorded_for_its_source(self, desk: Desk) -> None:
        await declared(desk)
        given: dict[str, Any] = {
            "sha256": HASH,
            "collected:screenshot": "drive/1.png",
            "tool": "archiver",
            "account": "ops",
            "note": "whole",
        }
        await does(desk, "dee", "evidence", "INC-1|keep", **given)
        item = (await desk.step("keep"))["evidence"][0]

        assert (item["source"], item["sha256"], item["tool"]) == ("https://video.example/1", HASH, "archiver")
        assert item["collected"] == {"screenshot": "drive/1.png"}

    async def test_a_hash_that_is_none_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        said = await errors(desk, "dee", await opens(desk, "dee", "evidence", "INC-1|keep"), sha256="abc")

        assert said == {"sha256": "'abc' is not a SHA-256; write 64 hexadecimal digits."}

    async def test_a_mended_form_is_taken(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "evidence", "INC-1|keep")
        await errors(desk, "dee", view, sha256="abc")

        assert await desk.submits("dee", view, sha256=HASH) == {}
        assert await happened(desk, "EvidenceAdded") == 1

    async def test_where_no_source_is_known_it_is_asked_for(self, desk: Desk) -> None:
        await declared(desk, inputs={"site": "Plant 4", "day": "2026-11-22"})
        view = await opens(desk, "dee", "evidence", "INC-1|keep")
        first = await errors(desk, "dee", view, sha256=HASH)
        await desk.submits("dee", view, source="the phone of the guard", sha256=HASH)

        assert first == {"source": "Say which source was saved."}
        assert (await desk.step("keep"))["evidence"][0]["source"] == "the phone of the guard"

    async def test_a_source_longer_than_a_value_may_be_is_chosen_all_the_same(self, desk: Desk) -> None:
        long = "https://video.example/" + "a" * 400
        await declared(desk, inputs={"site": "Plant 4", "day": "2026-11-22", "links": [long]})
        await does(desk, "dee", "evidence", "INC-1|keep", sha256=HASH)

        assert (await desk.step("keep"))["evidence"][0]["source"] == long


class TestFigures:
    async def test_each_type_has_its_element(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "record", "INC-1|watch")

        elements = {block["block_id"]: block["element"]["type"] for block in view["blocks"] if block["type"] == "input"}
        assert elements == {"views": "number_input", "angry": "number_input", "calm": "radio_buttons"}

    async def test_what_was_entered_is_recorded(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "dee", "record", "INC-1|watch", views="1200", calm="no")

        metrics = {each["metric"]: each["value"] for each in (await desk.step("watch"))["record"]}
        assert metrics == {"views": 1200, "angry": None, "calm": False}

    async def test_nothing_is_refused(self, desk: Desk) -> None:
        await declared(desk)

        assert "at least one metric" in (await errors(desk, "dee", await opens(desk, "dee", "record", "INC-1|watch")))["views"]

    async def test_a_percentage_over_a_hundred_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "record", "INC-1|watch")

        assert "is not a percentage" in (await errors(desk, "dee", view, angry="101"))["angry"]
