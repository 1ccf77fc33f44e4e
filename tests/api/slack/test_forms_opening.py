"""Every form opens from its button, within Slack's limits, and says at once what can't be."""

import json
from typing import Any

from api.slack.forms.kinds import KINDS
from tests.api.slack.forms_given import declared, opens, presses, written
from tests.api.slack.given import Desk
from tests.fake_slack import Fault

OPENED = [
    ("ana", "skip", "INC-1|facts"),
    ("ana", "decline", "INC-1|facts"),
    ("ana", "assign", "INC-1|facts"),
    ("ana", "done", "INC-1|count"),
    ("cho", "answer:ask", "INC-1|speak|ask"),
    ("cho", "revise", "INC-1|speak"),
    ("dee", "evidence", "INC-1|keep"),
    ("dee", "record", "INC-1|watch"),
    ("ana", "comment", "INC-1|facts"),
    ("ana", "snooze", "INC-1|facts"),
    ("ana", "hand_over", "INC-1|incident_lead"),
    ("ana", "note", "INC-1"),
    ("ana", "severity", "INC-1"),
    ("ana", "hold", "INC-1"),
    ("ana", "link", "INC-1"),
    ("ana", "add_task", "INC-1"),
    ("ana", "contain", "INC-1"),
    ("ana", "close", "INC-1"),
    ("ana", "cancel", "INC-1"),
]


async def test_every_form_opens_and_names_its_incident(desk: Desk) -> None:
    await declared(desk)
    headings = {action: (await opens(desk, who, action, value))["blocks"][0]["text"]["text"] for who, action, value in OPENED}

    assert [action for action, heading in headings.items() if "*INC-1* " not in heading] == []


async def test_a_form_names_its_step_or_role(desk: Desk) -> None:
    await declared(desk)

    assert "*Find out what happened*" in (await opens(desk, "ana", "skip", "INC-1|facts"))["blocks"][0]["text"]["text"]
    assert "*Lead*" in (await opens(desk, "ana", "hand_over", "INC-1|incident_lead"))["blocks"][0]["text"]["text"]


async def test_a_form_carries_what_it_is_for(desk: Desk) -> None:
    await declared(desk)
    digest = await written(desk)
    view = await opens(desk, "ben", "reject", f"INC-1|agree|{digest}")

    about = json.loads(view["private_metadata"])
    assert view["callback_id"] == "reject"
    assert {name: about[name] for name in ("key", "step", "digest")} == {"key": "INC-1", "step": "agree", "digest": digest}


async def test_the_menu_opens_what_its_option_names(desk: Desk) -> None:
    await declared(desk)

    assert (await opens(desk, "ana", "add_task", "INC-1", menu=True))["callback_id"] == "add_task"
    assert (await opens(desk, "ana", "skip", "INC-1|facts", menu=True))["callback_id"] == "skip"


REFUSED = [
    ("dee", "assign", "INC-1|care", "belongs to Counsel"),
    ("ana", "skip", "INC-1|speak", "can't be skipped by hand"),
    ("ana", "skip", "INC-1|post", "still waits for"),
    ("ana", "skip", "INC-1|gone", "there is no step 'gone'"),
    ("ana", "write", "INC-1|facts", "is a task, not a statement"),
    ("ana", "write", "INC-1|draft", "still waits for speak"),
    ("ana", "evidence", "INC-1|facts", "is a task, not evidence"),
    ("ana", "record", "INC-1|facts", "'facts' measures nothing"),
    ("ana", "publish", "INC-1|post", "still waits for"),
    ("dee", "hold", "INC-1", "only a key-holder or the incident lead"),
    ("ana", "release", "INC-1", "nothing is on hold"),
    ("dee", "cancel", "INC-1", "only the Lead may do this"),
    ("dee", "hand_over", "INC-1|incident_lead", "the incident lead names people for roles"),
    ("ana", "hand_over", "INC-1|nobody", "there is no role 'nobody'"),
    ("ben", "withdraw", "INC-1|agree|" + "0" * 64, "you have turned no key on that version"),
    ("ana", "note", "INC-9", "there is no incident INC-9, or it isn't for you"),
    ("ana", "skip", "INC-9|facts", "there is no incident INC-9, or it isn't for you"),
]


async def test_what_cannot_be_is_said_and_no_form_opens(desk: Desk) -> None:
    await declared(desk)
    said = [(reason, await presses(desk, who, action, value)) for who, action, value, reason in REFUSED]

    assert [(reason, text) for reason, text in said if not (text.startswith("No: ") and reason in text)] == []
    assert not desk.slack.views


async def test_a_malformed_value_opens_nothing_and_says_so(desk: Desk) -> None:
    await declared(desk)
    said = [await presses(desk, "ana", action, value) for action in sorted(KINDS) for value in ("", "INC-1|facts|more|than|that", "|")]

    assert all("another version of Firebreak" in each for each in said)
    assert not desk.slack.views


async def test_a_settled_step_is_refused(desk: Desk) -> None:
    await declared(desk)
    await presses(desk, "ben", "done", "INC-1|care")

    assert "'care' is already done" in await presses(desk, "ben", "skip", "INC-1|care")


async def test_an_incident_that_is_not_theirs_does_not_exist(desk: Desk) -> None:
    await desk.house.declared("quiet")
    await desk.works()
    desk.slack.channel("inc-inc-1-other")
    room = next(channel.name for channel in desk.slack.channels.values() if channel.messages)
    element = {"type": "button", "action_id": "note", "value": "INC-1"}

    assert "there is no incident INC-1, or it isn't for you" in await desk.press("cho", room, "1.1", element)


class TestWhenSlackDoesNotOpenIt:
    async def test_whoever_pressed_is_told(self, desk: Desk) -> None:
        await declared(desk)
        desk.slack.fail("views.open", Fault("refused", error="internal_error"))

        assert "The form did not open (`internal_error`), and nothing was changed" in await presses(desk, "ana", "note", "INC-1")

    async def test_a_press_sent_again_opens_nothing_more(self, desk: Desk) -> None:
        await declared(desk)
        await opens(desk, "ana", "note", "INC-1")
        before = len(desk.slack.whispers)
        answer = await desk.again()

        assert (answer.status_code, len(desk.slack.views), len(desk.slack.whispers)) == (200, 1, before)
        desk.slack.refusals.clear()


async def test_a_press_without_a_place_for_whispers_is_answered_in_a_form(desk: Desk) -> None:
    await declared(desk)
    action = {"type": "button", "action_id": "start", "block_id": "b", "action_ts": "1.1", "value": "INC-1|gone"}
    await desk.interact(
        "ana", "block_actions", actions=[action], container={"type": "view", "view_id": "V1"}, view={"id": "V1", "type": "home"}
    )

    assert "there is no step 'gone'" in desk.slack.views[-1]["blocks"][0]["text"]["text"]


async def test_what_is_missing_before_closing_is_listed(desk: Desk) -> None:
    await declared(desk)
    view: dict[str, Any] = await opens(desk, "ana", "close", "INC-1")

    assert "submit" not in view
    assert "still open before 'finish'" in view["blocks"][1]["text"]["text"]
    assert "Find out what happened" in view["blocks"][2]["text"]["text"]
