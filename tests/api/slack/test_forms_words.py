"""Forms about words: write, approve exactly what was read, send back, take back, say where they stand."""

from typing import Any

import pytest

from engine.incident.actor import Actor
from tests.api.slack.forms_given import (
    FULL,
    WORDS,
    approved,
    declared,
    does,
    errors,
    happened,
    opens,
    presses,
    published,
    timeline,
    written,
)
from tests.api.slack.given import Desk

LONG = "word " * 700
SITE = {"channel": "site", "link": "https://example.com/news/1"}


def fields(view: dict[str, Any]) -> dict[str, Any]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def copyable(view: dict[str, Any]) -> list[str]:
    boxes = [block["elements"][0] for block in view["blocks"] if block["type"] == "rich_text"]
    return [box["elements"][0]["text"] for box in boxes if box["type"] == "rich_text_preformatted"]


class TestWrite:
    async def test_each_language_has_a_field_with_the_words_of_the_template(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        view = await opens(desk, "dee", "write", "INC-1|draft")

        assert {name: element["initial_value"] for name, element in fields(view).items()} == {
            "text:en": "We know about Plant 4.",
            "text:fr": "Nous savons, pour Plant 4.",
        }

    async def test_all_languages_are_one_version(self, desk: Desk) -> None:
        await declared(desk)
        await written(desk)
        step = await desk.step("draft")

        assert step["texts"] == {"en": WORDS, "fr": "Nous savons."}
        assert await happened(desk, "DraftSubmitted") == 1

    async def test_words_already_written_stand_in_the_form(self, desk: Desk) -> None:
        await declared(desk)
        await written(desk)
        view = await opens(desk, "dee", "write", "INC-1|draft")

        assert fields(view)["text:fr"]["initial_value"] == "Nous savons."

    async def test_too_many_words_are_said_at_the_language(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        view = await opens(desk, "dee", "write", "INC-1|draft")
        said = await errors(desk, "dee", view, **{"text:en": WORDS, "text:fr": "mot " * 13})

        assert said == {"text:fr": "The text has 13 words; at most 12 (fr)."}

    async def test_words_that_somebody_else_submitted_meanwhile_are_not_overwritten(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        mine = await opens(desk, "dee", "write", "INC-1|draft")
        await does(desk, "ana", "write", "INC-1|draft", **{"text:en": "We look into it."})
        said = await desk.submits("dee", mine, **{"text:en": WORDS})
        again = said["view"]

        assert said["response_action"] == "update"
        assert "We look into it." in copyable(again)
        assert fields(again)["text:en"]["initial_value"] == WORDS
        assert (await desk.step("draft"))["texts"]["en"] == "We look into it."

    async def test_after_reading_them_one_writes_over_them(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:post", "INC-1|speak|post")
        mine = await opens(desk, "dee", "write", "INC-1|draft")
        await does(desk, "ana", "write", "INC-1|draft", **{"text:en": "We look into it."})
        again = (await desk.submits("dee", mine, **{"text:en": WORDS}))["view"]

        assert await desk.submits("dee", {**again, "id": mine["id"], "hash": "2.x"}) == {}
        assert (await desk.step("draft"))["texts"]["en"] == WORDS


class TestLongWords:
    async def test_they_are_not_cut_but_written_in_the_room(self, desk: Desk) -> None:
        await _unlimited(desk)
        view = await opens(desk, "dee", "write", "INC-1|draft")
        told = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]

        assert set(fields(view)) == {"text:en"}
        assert any("too long for Slack" in text and "http://firebreak.test/rooms/INC-1/steps/draft" in text for text in told)

    async def test_the_other_language_can_still_be_written(self, desk: Desk) -> None:
        await _unlimited(desk)
        await does(desk, "dee", "write", "INC-1|draft", **{"text:en": "We know."})

        assert (await desk.step("draft"))["texts"] == {"en": "We know.", "fr": LONG.strip()}


class TestApprove:
    async def test_two_keys_agree(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)

        assert (await desk.step("agree"))["state"] == "done"

    async def test_what_was_approved_how_and_by_what_right_is_recorded(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        await presses(desk, "ben", "approve", f"INC-1|agree|{digest}")
        turned = next(entry for entry in await timeline(desk) if entry["type"] == "KeyTurned")
        seen = await desk.house.parts.handler.look("INC-1", Actor(admin=True))
        assert seen is not None
        key = seen.incident.steps["agree"].keys[0]

        assert (turned["by"]["person"], turned["by"]["via"]) == ("ben", "slack")
        assert (key.version, key.credential) == (digest, "slack:T0TEAM:U0BEN")

    async def test_words_that_are_newer_than_the_button_are_not_approved(self, desk: Desk) -> None:
        await declared(desk)
        old = await written(desk)
        await does(desk, "dee", "write", "INC-1|draft", **{"text:en": "We look into it."})
        said = await presses(desk, "ben", "approve", f"INC-1|agree|{old}")

        assert said.startswith("No: “Say what we know” now has version 2 (")
        assert "read it and decide on that" in said
        assert await happened(desk, "KeyTurned") == 0

    async def test_whoever_holds_no_key_turns_none(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)

        assert "you hold none of its keys" in await presses(desk, "ana", "approve", f"INC-1|agree|{digest}")

    async def test_a_double_click_turns_one_key(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        said = [await presses(desk, "ben", "approve", f"INC-1|agree|{digest}") for _ in range(2)]

        assert said == ["", ""]
        assert await happened(desk, "KeyTurned") == 1


class TestSendBack:
    async def test_a_rejection_needs_its_comment(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        view = await opens(desk, "ben", "reject", f"INC-1|agree|{digest}")
        first = await errors(desk, "ben", view, comment=" ")
        await desk.submits("ben", view, comment="say what we do")

        assert first == {"comment": "A rejection says what has to change."}
        assert (await desk.step("draft"))["state"] == "ready"

    async def test_words_that_are_newer_are_not_rejected(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        view = await opens(desk, "ben", "reject", f"INC-1|agree|{digest}")
        await does(desk, "dee", "write", "INC-1|draft", **{"text:en": "We look into it."})

        assert "now has version" in (await errors(desk, "ben", view, comment="say what we do"))["comment"]

    async def test_a_key_is_taken_back(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        await presses(desk, "ben", "approve", f"INC-1|agree|{digest}")
        await does(desk, "ben", "withdraw", f"INC-1|agree|{digest}", reason="I read the wrong one")

        assert await happened(desk, "KeyWithdrawn") == 1


class TestPublish:
    async def test_the_words_stand_there_to_be_copied(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        view = await opens(desk, "dee", "publish", "INC-1|post")

        assert copyable(view) == [WORDS, "Nous savons."]

    async def test_a_channel_is_confirmed_with_its_link(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        await does(desk, "dee", "publish", "INC-1|post", **SITE)
        receipts = {each["channel"]: each["link"] for each in (await desk.step("post"))["receipts"]}

        assert receipts == {"site": "https://example.com/news/1"}

    async def test_only_open_channels_are_offered(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        await does(desk, "dee", "publish", "INC-1|post", **SITE)
        view = await opens(desk, "dee", "publish", "INC-1|post")

        assert fields(view)["channel"]["initial_option"]["value"] == "newsroom"

    async def test_a_bad_link_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        view = await opens(desk, "dee", "publish", "INC-1|post")

        assert "is not a link" in (await errors(desk, "dee", view, channel="site", link="example.com"))["link"]
        assert await errors(desk, "dee", view, link="https://example.com/1") == {"channel": "Choose where it was posted."}

    @pytest.mark.parametrize(("posted", "differs"), [(f"{WORDS}\n", False), ("We know nothing.", True)])
    async def test_what_was_posted_is_compared(self, desk: Desk, posted: str, differs: bool) -> None:
        await declared(desk)
        await approved(desk)
        await does(desk, "dee", "publish", "INC-1|post", **SITE, text=posted)

        assert (await desk.step("post"))["receipts"][0]["differs"] is differs

    async def test_under_a_hold_no_form_opens(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        await does(desk, "ben", "hold", "INC-1", reason="a court order")

        assert "holds everything that goes outside: a court order" in await presses(desk, "dee", "publish", "INC-1|post")

    async def test_a_hold_that_came_meanwhile_keeps_the_form_open(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        view = await opens(desk, "dee", "publish", "INC-1|post")
        await does(desk, "ben", "hold", "INC-1", reason="a court order")

        assert "What works now: release." in (await errors(desk, "dee", view, **SITE))["channel"]


async def _unlimited(desk: Desk) -> None:
    """A statement without a limit, whose French words are longer than Slack takes."""
    text = FULL.replace(", max_words: 12", "")
    await published(desk, text)
    await desk.house.declared("full", inputs={"site": "Plant 4", "day": "2026-11-22"})
    await desk.works()
    await presses(desk, "cho", "answer:post", "INC-1|speak|post")
    await desk.house.does("dee", "/v1/incidents/INC-1/steps/draft/submit", text=LONG.strip(), language="fr")
