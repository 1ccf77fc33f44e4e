"""Whatever is sent twice has one effect, whatever goes wrong keeps what was typed."""

import asyncio
import json
from typing import Any

from tests.api.given import HASH
from tests.api.slack.forms_given import declared, does, happened, opens, presses, written
from tests.api.slack.given import Desk


class TestForms:
    async def test_a_form_sent_again_has_one_effect_and_the_first_answer(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "note", "INC-1", text="once")
        again = await desk.again()

        assert (again.status_code, again.content) == (200, b"")
        assert await happened(desk, "Noted") == 1

    async def test_a_double_submit_has_one_effect(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "comment", "INC-1|facts")
        said = [await desk.submits("ana", view, text="once") for _ in range(2)]

        assert said == [{}, {}]
        assert await happened(desk, "StepCommented") == 1

    async def test_two_submits_at_once_have_one_effect(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "add_task", "INC-1")
        await asyncio.gather(*(desk.submits("ana", view, title="Call the landlord") for _ in range(4)))

        assert await happened(desk, "TaskAdded") == 1

    async def test_what_was_changed_after_it_counted_is_not_lost_in_silence(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "note", "INC-1")
        await desk.submits("ana", view, text="first")
        said = await desk.submits("ana", view, text="second")

        assert "taken already" in said["errors"]["text"]
        assert await happened(desk, "Noted") == 1

    async def test_a_refused_form_sent_again_is_judged_anew(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "evidence", "INC-1|keep")
        first = await desk.submits("dee", view, sha256="abc")
        again = await desk.again()

        assert again.json() == first
        assert await desk.submits("dee", view, sha256=HASH) == {}


class TestTwoPeople:
    async def test_both_keys_turn_once_each(self, desk: Desk) -> None:
        await declared(desk)
        digest = await written(desk)
        value = f"INC-1|agree|{digest}"
        said = await asyncio.gather(*(presses(desk, who, "approve", value) for who in ("ben", "cho") for _ in range(3)))

        assert set(said) == {""}
        assert await happened(desk, "KeyTurned") == 2
        assert (await desk.step("agree"))["state"] == "done"


class TestWhenStorageIsAway:
    async def test_a_form_stays_open_with_what_was_typed(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "evidence", "INC-1|keep")
        await desk.house.parts.database.close()
        said = await desk.submits("dee", view, sha256=HASH)

        assert said["response_action"] == "errors"
        assert "Storage is away for the moment, so nothing was changed" in said["errors"]["source"]

    async def test_no_form_opens_and_whoever_pressed_is_told(self, desk: Desk) -> None:
        await declared(desk)
        await desk.house.parts.database.close()

        assert "Storage is away" in await presses(desk, "ana", "note", "INC-1")

    async def test_whoever_pressed_at_home_is_told_in_a_form(self, desk: Desk) -> None:
        await declared(desk)
        await desk.house.parts.database.close()
        action = {"type": "button", "action_id": "note", "block_id": "b", "action_ts": "1.1", "value": "INC-1"}
        home = {"id": "V1", "type": "home"}
        await desk.interact("ana", "block_actions", actions=[action], container={"type": "view", "view_id": "V1"}, view=home)

        assert "Storage is away" in desk.slack.views[-1]["blocks"][0]["text"]["text"]


class TestOldForms:
    async def test_an_unknown_form_does_nothing_and_says_so(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "note", "INC-1")

        assert "another version of Firebreak" in (await desk.submits("ana", {**view, "callback_id": "explode"}, text="x"))["errors"]["text"]
        assert await happened(desk, "Noted") == 0

    async def test_a_form_that_does_not_say_what_it_is_for_says_so(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "note", "INC-1")
        said = [await desk.submits("ana", {**view, "private_metadata": each}, text="x") for each in ("", "[]", "{}", '{"key": 7}', "{")]

        assert all("another version of Firebreak" in each["errors"]["text"] for each in said)

    async def test_a_form_about_a_step_that_is_gone_says_so(self, desk: Desk) -> None:
        await declared(desk)
        for action, value in (("evidence", "INC-1|keep"), ("skip", "INC-1|facts"), ("revise", "INC-1|speak")):
            view = await opens(desk, "ana", action, value)
            metadata = json.dumps({"key": "INC-1", "step": "gone"})
            said: dict[str, Any] = await desk.submits("ana", {**view, "private_metadata": metadata}, reason="x")

            assert "here is no step 'gone'" in next(iter(said["errors"].values()))

    async def test_a_step_that_was_settled_meanwhile_keeps_the_form_open(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ben", "skip", "INC-1|care")
        await presses(desk, "ben", "done", "INC-1|care")
        said = await desk.submits("ben", view, reason="not needed")

        assert "'care' is already done" in said["errors"]["reason"]
