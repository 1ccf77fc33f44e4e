"""Every word of `/incident`, as somebody types it and reads what comes back."""

import pytest

from tests.api.slack.given import Desk

WORDS = (
    *("start", "list", "status", "tasks", "timeline", "roles", "done", "answer", "assign", "skip", "role", "handover", "ack"),
    *("severity", "link", "note", "metric", "hold", "release", "close", "cancel"),
)
"""What `/incident` must know (`api.md`); help names them all."""


async def test_help_has_at_most_eight_lines(desk: Desk) -> None:
    said = await desk.types("ana", "help")

    assert len(said.splitlines()) <= 8
    assert all(f"`{word}" in said for word in WORDS)


async def test_only_whoever_typed_sees_the_answer(desk: Desk) -> None:
    answer = await desk.slash("ana", "help")

    assert answer.json()["response_type"] == "ephemeral"


@pytest.mark.parametrize(
    ("typed", "meant"), [("stauts", "status"), ("tassk", "tasks"), ("Lisst all", "list"), ("severty sev1", "severity")]
)
async def test_a_word_that_is_none_gets_the_nearest_and_comes_back_whole(desk: Desk, typed: str, meant: str) -> None:
    said = await desk.types("ana", typed)

    assert f"Did you mean `/incident {meant}`?" in said
    assert f"You typed: {typed}" in said


async def test_what_was_typed_comes_back_without_markup(desk: Desk) -> None:
    said = await desk.types("ana", "<!channel> run")

    assert "&lt;!channel&gt; run" in said
    assert "<!channel>" not in said


async def test_nothing_typed_shows_the_incident_of_the_channel(desk: Desk) -> None:
    room = await desk.started()

    assert await desk.types_in(room, "ana", "") == "INC-1: Something at Plant 4, active, severity SEV2."


async def test_nothing_typed_elsewhere_lists_what_is_open_and_what_can_be_done(desk: Desk) -> None:
    said = (await desk.slash("ana", "")).text

    assert "There are no incidents (open)" in said
    assert "*What `/incident` does*" in said


@pytest.mark.parametrize("whose", ["", "open", "mine", "all"])
async def test_list_shows_incidents(desk: Desk, whose: str) -> None:
    await desk.started()

    assert "*INC-1* Something at Plant 4: Active, SEV2" in await desk.types("ana", f"list {whose}")


async def test_list_mine_leaves_out_what_is_others(desk: Desk) -> None:
    await desk.house.declared(by="eve")

    assert "*INC-1*" in await desk.types("dee", "list open")
    assert "*INC-1*" not in await desk.types("cho", "list mine")


async def test_status_says_who_leads_what_is_open_and_until_when(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.types_in(room, "ana", "status")

    assert "severity SEV2 (Spreading), lead <@U0ANA>" in said
    assert "Find out what happened (`facts`): Lead, <@U0ANA>, due <!date^" in said
    assert "Speak to the people (`care`): Counsel, private, due" in said
    assert "Words are out: open, due" in said


async def test_tasks_are_ones_own_unless_all_are_asked_for(desk: Desk) -> None:
    room = await desk.started()

    assert "`facts`" in await desk.types("ana", "tasks")
    assert "`care`" not in await desk.types("ana", "tasks")
    assert "`care`" in await desk.types_in(room, "ana", "tasks all")


async def test_done_is_said_back(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.types_in(room, "ben", "done care all are safe")

    assert said == "INC-1: Done: Ben Okafor completed “Speak to the people”: [private]."
    assert (await desk.step("care"))["state"] == "done"


async def test_a_no_says_why_and_what_works(desk: Desk) -> None:
    room = await desk.started()

    assert await desk.types_in(room, "ana", "done facts") == "No: still to tick: Who, Where. What works now: tick."
    assert (await desk.step("facts"))["state"] == "ready"


@pytest.mark.parametrize(
    "typed",
    [
        "done",
        "answer",
        "answer speak",
        "assign",
        "assign facts nobody-we-know",
        "skip",
        "role",
        "metric",
        "invite",
        "handover legal nobody",
    ],
)
async def test_a_word_without_its_parts_does_nothing_and_shows_an_example(desk: Desk, typed: str) -> None:
    room = await desk.started()
    before = (await desk.incident())["version"]

    assert "or example `/incident" in await desk.types_in(room, "ana", typed)
    assert (await desk.incident())["version"] == before


async def test_answer_takes_a_note(desk: Desk) -> None:
    room = await desk.started()
    await desk.presses("ana", room, "facts", "tick", ticked=("1", "2"))
    await desk.types_in(room, "ana", "done facts")
    said = await desk.types_in(room, "cho", "answer speak wait nobody has called &amp; nobody will")

    assert said == "INC-1: Decided: Cho Min answered “Do we post?” with “Wait”: nobody has called &amp; nobody will."


@pytest.mark.parametrize("who", ["<@U0BEN|ben>", "<@U0BEN>", "@ben", "ben@example.com", "Ben Okafor"])
async def test_assign_takes_a_mention_an_id_an_e_mail_or_a_name(desk: Desk, who: str) -> None:
    room = await desk.started()
    await desk.types_in(room, "ana", f"assign facts {who}")

    assert (await desk.step("facts"))["assignee"] == "ben"


async def test_a_note_reads_as_it_was_meant(desk: Desk) -> None:
    room = await desk.started()
    said = await desk.types_in(room, "ana", "note <@U0BEN|ben> saw <https://video.example/1|it> in <#C123|plant-4> &lt;live&gt;")

    assert said == "INC-1: Note: Ana Ruiz added: Ben Okafor saw https://video.example/1 in #plant-4 &lt;live&gt;."


async def test_link_adds_to_the_input_that_takes_links(desk: Desk) -> None:
    room = await desk.started()
    await desk.types_in(room, "ana", "link <https://video.example/9>")

    assert (await desk.incident())["inputs"]["links"] == ["https://video.example/9"]


async def test_severity_is_raised_and_lowered_by_the_level_named(desk: Desk) -> None:
    room = await desk.started()
    raised = await desk.types_in(room, "ana", "severity sev1 it spreads")
    lowered = await desk.types_in(room, "ana", "severity sev2 it calms down")

    assert "Ana Ruiz raised severity from sev2 to sev1" in raised
    assert "Ana Ruiz lowered severity from sev1 to sev2" in lowered


class TestWhichIncident:
    async def test_the_one_of_the_channel(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.house.declared()

        assert "INC-1" in await desk.types_in(room, "ana", "note one")

    async def test_the_only_one_that_somebody_takes_part_in(self, desk: Desk) -> None:
        await desk.started()

        assert "INC-1: Note" in await desk.types("ana", "note one")

    async def test_the_one_that_is_named(self, desk: Desk) -> None:
        room = await desk.started()
        await desk.house.declared()

        assert "INC-2: Note" in await desk.types_in(room, "ana", "note INC-2 two")
        assert "INC-2: Note" in await desk.types_in(room, "ana", "inc-2 note two")

    async def test_it_is_asked_for_when_there_are_several(self, desk: Desk) -> None:
        await desk.started()
        await desk.house.declared(title="Another")
        said = await desk.types("ana", "note which")

        assert "Which incident?" in said
        assert "INC-2: Another" in said

    async def test_there_may_be_none(self, desk: Desk) -> None:
        assert "There is no open incident that you take part in" in await desk.types("ana", "note none")

    async def test_what_somebody_may_not_know_of_does_not_exist(self, desk: Desk) -> None:
        desk.slack.user("U0EVE")
        await desk.house.declared("quiet", by="ana")
        hidden = await desk.types("dee", "note INC-7 x")
        told = [await desk.types("eve", "status INC-1"), await desk.types("cho", "status INC-1")]

        assert "there is no incident INC-7, or it isn't for you" in hidden
        assert "I don't know you" in told[0]
        assert "there is no incident INC-1, or it isn't for you" in told[1]
        assert "INC-1" not in await desk.types("cho", "list all")
