"""Forms about the whole incident: note, severity, hold, tasks, roles, and how it ends."""

from tests.api.slack.forms_given import FULL, approved, declared, does, errors, happened, opens, presses, timeline
from tests.api.slack.given import Desk, slack_id


async def test_a_note_is_written_and_told(desk: Desk) -> None:
    await declared(desk)
    await does(desk, "ana", "note", "INC-1", text="The site is open again")

    assert [entry["type"] for entry in await timeline(desk)][-1] == "Noted"
    assert "The site is open again" in desk.slack.whispers[-1]["text"]
    assert desk.slack.whispers[-1]["response_type"] == "ephemeral"


async def test_an_empty_note_stays_open(desk: Desk) -> None:
    await declared(desk)

    assert await errors(desk, "ana", await opens(desk, "ana", "note", "INC-1")) == {"text": "A note needs a text."}


async def test_a_form_opened_where_nothing_can_be_whispered_says_it_in_its_place(desk: Desk) -> None:
    await declared(desk)
    action = {"type": "button", "action_id": "note", "block_id": "b", "action_ts": "1.1", "value": "INC-1"}
    await desk.interact(
        "ana", "block_actions", actions=[action], container={"type": "view", "view_id": "V1"}, view={"id": "V1", "type": "home"}
    )
    said = await desk.submits("ana", desk.slack.views[-1], text="From home")

    assert said["response_action"] == "update"
    assert "From home" in said["view"]["blocks"][0]["text"]["text"]


class TestSeverity:
    async def test_it_is_raised(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "dee", "severity", "INC-1", to="sev1", reason="press asks")

        assert (await desk.incident())["severity"] == "sev1"

    async def test_it_is_lowered(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "severity", "INC-1", to="sev3", reason="it is quiet")

        assert (await desk.incident())["severity"] == "sev3"

    async def test_who_may_not_lower_it_reads_so(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "dee", "severity", "INC-1")

        assert "Only incident_lead may lower" in (await errors(desk, "dee", view, to="sev3", reason="it is quiet"))["to"]

    async def test_the_same_level_and_a_missing_reason_are_said_at_their_fields(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "severity", "INC-1")

        assert await errors(desk, "ana", view, reason="no change") == {"to": "It is SEV2 already; choose another."}
        assert await errors(desk, "ana", view, to="sev1") == {"reason": "Say why the severity changes."}


class TestHold:
    async def test_everything_outside_is_held_until_another_key_holder_releases(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        await does(desk, "ben", "hold", "INC-1", reason="a court order")
        own = await presses(desk, "ben", "release", "INC-1")
        await does(desk, "cho", "release", "INC-1", reason="lifted")

        assert "another key-holder releases it" in own
        assert (await desk.incident())["hold"] is None


class TestTasks:
    async def test_a_task_is_added(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "add_task", "INC-1", title="Call the landlord", role="press", due="2h")
        step = await desk.step("added_1")

        assert (step["title"], step["role"], step["due_at"][:16]) == ("Call the landlord", "press", "2026-11-23T19:00")

    async def test_a_due_time_that_is_none_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "add_task", "INC-1")

        assert set(await errors(desk, "ana", view, title="Call", due="soon")) == {"due"}
        assert set(await errors(desk, "ana", view, title=" ")) == {"title"}


class TestLinks:
    async def test_a_link_is_added_to_the_links(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "link", "INC-1", url="https://video.example/2")

        assert (await desk.incident())["inputs"]["links"] == ["https://video.example/1", "https://video.example/2"]

    async def test_what_is_no_link_is_said_at_its_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "link", "INC-1")

        assert "is not a link" in (await errors(desk, "ana", view, url="video"))["url"]
        assert await errors(desk, "ana", view) == {"url": "Give a link."}


class TestRoles:
    async def test_a_role_is_handed_over(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "hand_over", "INC-1|incident_lead", to=slack_id("dee"), note="I sleep")

        assert (await desk.incident())["roles"]["incident_lead"]["people"] == ["dee"]

    async def test_somebody_outside_the_organisation_is_refused_at_the_field(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "hand_over", "INC-1|incident_lead")

        assert "not in the organisation file" in (await errors(desk, "ana", view, to="U0STRANGER"))["to"]

    async def test_a_key_goes_to_nobody_that_it_may_not_go_to(self, desk: Desk) -> None:
        await declared(desk)
        await approved(desk)
        view = await opens(desk, "ben", "hand_over", "INC-1|legal")

        assert "goes only to people of its assign or fallback" in (await errors(desk, "ben", view, to=slack_id("dee")))["to"]

    async def test_a_role_is_acknowledged_at_once(self, desk: Desk) -> None:
        await declared(desk)

        assert await presses(desk, "ben", "ack", "INC-1|legal") == ""
        assert await happened(desk, "RoleAcknowledged") >= 1

    async def test_who_does_not_hold_it_acknowledges_nothing(self, desk: Desk) -> None:
        await declared(desk)

        assert "you don't hold 'legal'" in await presses(desk, "dee", "ack", "INC-1|legal")


class TestJoin:
    async def test_somebody_joins_and_is_told(self, desk: Desk) -> None:
        await desk.started()
        said = await presses(desk, "cho", "join", "INC-1")

        assert said == "You take part in INC-1 now."
        assert await happened(desk, "PersonInvited") == 1

    async def test_joining_twice_is_joining_once(self, desk: Desk) -> None:
        await desk.started()
        for _ in range(2):
            await presses(desk, "cho", "join", "INC-1")

        assert await happened(desk, "PersonInvited") == 1

    async def test_an_incident_that_is_not_theirs_is_not_joined(self, desk: Desk) -> None:
        await desk.house.declared("quiet")
        await desk.works()
        room = next(channel.name for channel in desk.slack.channels.values() if channel.messages)
        element = {"type": "button", "action_id": "join", "value": "INC-1"}

        assert "or it isn't for you" in await desk.press("cho", room, "1.1", element)


class TestEnds:
    async def test_contained(self, desk: Desk) -> None:
        await declared(desk)
        await does(desk, "ana", "contain", "INC-1")

        assert (await desk.incident())["status"] == "contained"

    async def test_cancel_needs_its_reason(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "cancel", "INC-1")
        first = await errors(desk, "ana", view)
        await desk.submits("ana", view, reason="it was a film set")

        assert first == {"reason": "Say why it is cancelled."}
        assert (await desk.incident())["status"] == "cancelled"

    async def test_close(self, desk: Desk) -> None:
        await declared(desk)
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")
        await does(desk, "ana", "skip", "INC-1|facts", reason="known already")
        await does(desk, "ana", "close", "INC-1")

        assert (await desk.incident())["status"] == "closed"

    async def test_close_asks_for_what_the_closing_step_asks_for(self, desk: Desk) -> None:
        await declared(
            desk, playbook=FULL.replace("sets: closed", "sets: closed, result: {type: text, label: What we learnt, required: true}")
        )
        await presses(desk, "cho", "answer:wait", "INC-1|speak|wait")
        await does(desk, "ana", "skip", "INC-1|facts", reason="known already")
        view = await opens(desk, "ana", "close", "INC-1")
        first = await errors(desk, "ana", view)
        await desk.submits("ana", view, result="Ask sooner")

        assert "asks for a result" in first["result"]
        assert (await desk.incident())["status"] == "closed"

    async def test_a_form_without_fields_says_a_no_in_its_place(self, desk: Desk) -> None:
        await declared(desk)
        view = await opens(desk, "ana", "contain", "INC-1")
        await does(desk, "ana", "cancel", "INC-1", reason="it was a film set")
        said = await desk.submits("ana", view)

        assert said["response_action"] == "update"
        assert "nothing more happens in it" in said["view"]["blocks"][0]["text"]["text"]
