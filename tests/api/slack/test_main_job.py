"""Start, answer and done, from signed Slack requests alone, with every call that Slack received for them."""

from tests.api.slack.given import Desk
from tests.fake_slack import Channel


def _calls_in(desk: Desk, room: Channel, since: int = 0) -> list[str]:
    """What Slack was asked about the room since call number `since`, in order."""
    calls = desk.slack.calls[since:]
    about = [call for call in calls if call.arguments.get("channel") == room.id or call.method == "conversations.create"]
    return [f"{call.method} {call.arguments.get('text') or ''}".strip() for call in about]


async def test_a_form_opens_while_slack_waits_and_nothing_else_does(desk: Desk) -> None:
    await desk.types("ana", "start trial Something at Plant 4")

    assert [call.method for call in desk.slack.calls] == ["auth.test", "views.open"]
    assert (await desk.incident()).get("code") == "not_found"


async def test_a_submitted_form_opens_the_room_with_its_people_its_card_and_its_tasks(desk: Desk) -> None:
    room = desk.slack.named(await desk.started())

    assert room.members == {"U0FIREBREAK", "U0ANA", "U0BEN", "U0DEE"}
    assert _calls_in(desk, room) == [
        "conversations.create",
        "conversations.setPurpose",
        "conversations.setTopic",
        "conversations.invite",
        "chat.postMessage INC-1 A trial is active, severity sev2 (Spreading).",
        "pins.add",
        "chat.postMessage Declared: Ana Ruiz started INC-1 “Something at Plant 4” at sev2 (Spreading) (INC-1).",
        "chat.postMessage Ready: “Find out what happened”, for Lead (INC-1).",
        "chat.postMessage Ready: “Speak to the people”, for Counsel (INC-1).",
        "chat.postMessage Ready: “Save every copy”, for Press officer (INC-1).",
    ]


async def test_done_edits_the_card_and_the_task_and_says_what_is_next(desk: Desk) -> None:
    name = await desk.started()
    room = desk.slack.named(name)
    await desk.presses("ana", name, "facts", "tick", ticked=("1", "2"))
    await desk.works()
    before = len(desk.slack.calls)
    said = await desk.presses("ana", name, "facts", "done")
    await desk.works()

    assert said == ""
    assert (await desk.step("facts"))["state"] == "done"
    assert _calls_in(desk, room, before) == [
        "conversations.invite",
        "chat.postMessage Done: Ana Ruiz completed “Find out what happened” (INC-1).",
        "chat.update Done: “Find out what happened” (INC-1).",
        "chat.postMessage Ready: “Do we post?”, for Head of communications (INC-1).",
        "chat.update INC-1 A trial is active, severity sev2 (Spreading).",
    ]


async def test_an_answer_opens_its_branch(desk: Desk) -> None:
    name = await desk.started()
    room = desk.slack.named(name)
    await desk.presses("ana", name, "facts", "tick", ticked=("1", "2"))
    await desk.presses("ana", name, "facts", "done")
    await desk.works()
    before = len(desk.slack.calls)
    await desk.presses("cho", name, "speak", "answer:post")
    await desk.works()

    assert (await desk.step("speak"))["state"] == "done"
    assert _calls_in(desk, room, before) == [
        "chat.postMessage Decided: Cho Min answered “Do we post?” with “Post it” (INC-1).",
        "chat.update Done: “Do we post?” (INC-1).",
        "chat.postMessage Ready: “Say what we know”, for Press officer (INC-1).",
        "chat.update INC-1 A trial is active, severity sev2 (Spreading).",
    ]


async def test_the_card_is_one_message_pinned_and_edited(desk: Desk) -> None:
    name = await desk.started()
    await desk.types_in(name, "ana", "severity sev1 it spreads")
    await desk.works()

    room = desk.slack.named(name)
    card = room.messages[room.pins[0]]
    assert len(room.pins) == 1
    assert "SEV1: Crisis" in str(card["blocks"])
    assert card["text"] == "INC-1 A trial is active, severity sev1 (Crisis)."


async def test_whoever_is_asked_gets_the_task_with_its_button_and_nobody_else_its_private_part(desk: Desk) -> None:
    name = await desk.started()

    told = next(message for message in desk.slack.messages("@U0BEN") if "Speak to the people" in str(message["blocks"]))
    assert "Ask nothing" in str(told["blocks"])
    assert "INC-1|care" in str(told["blocks"])
    assert "Ask nothing" not in str(desk.slack.messages(name))


async def test_a_press_is_the_persons_own_credential(desk: Desk) -> None:
    await desk.started()
    timeline = await (await desk.house.admin()).get("/v1/incidents/INC-1/timeline")

    assert timeline.json()["items"][0]["by"]["via"] == "slack", timeline.json()["items"][0]
