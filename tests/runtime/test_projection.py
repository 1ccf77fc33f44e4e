"""What lists show follows from the snapshot alone."""

from pathlib import Path

import pytest

from engine.incident import commands as c
from engine.runtime.projection import key_of, number_of, projected, unchanged
from engine.store.projections import StepRow
from tests.incident.given import trial
from tests.runtime.given import PUBLISH, WORK, House, house, person, playbook


async def _rows(home: House, key: str) -> dict[str, StepRow]:
    seen = await home.handler.look(key, person("ana"))
    assert seen is not None
    return {row.step: row for row in projected(seen.world, seen.incident).steps}


async def test_a_step_is_on_the_list_of_everybody_who_holds_its_role(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()

        assert (await _rows(home, "INC-1"))["facts"].people == ("ana",)


async def test_a_step_that_was_given_to_somebody_is_on_their_list_alone(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        await home.do("INC-1", c.AssignStep("facts", "cho"))

        row = (await _rows(home, "INC-1"))["facts"]
        assert (row.assignee, row.people) == ("cho", ("cho",))


async def test_a_settled_step_is_on_the_list_of_who_did_it(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        for item in "12":
            await home.do("INC-1", c.TickItem("facts", item))
        await home.do("INC-1", c.CompleteStep("facts"))

        assert (await _rows(home, "INC-1"))["facts"].people == ("ana",)


async def test_an_approval_is_on_the_lists_of_those_who_still_have_a_key_to_turn(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(PUBLISH)) as home:
        await home.declare()
        await home.do("INC-1", c.SubmitDraft("draft"), by="dee")
        before = (await _rows(home, "INC-1"))["agree"].people
        digest = (await home.incident("INC-1")).steps["draft"].versions[-1].digest
        await home.do("INC-1", c.Approve("agree", digest), by="ben")

        assert (before, (await _rows(home, "INC-1"))["agree"].people) == (("ben", "cho"), ("cho",))


async def test_new_words_are_on_the_list_of_who_sent_the_old_ones_back(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(PUBLISH)) as home:
        await home.declare()
        await home.do("INC-1", c.SubmitDraft("draft"), by="dee")
        digest = (await home.incident("INC-1")).steps["draft"].versions[-1].digest
        await home.do("INC-1", c.Reject("agree", digest, "shorter"), by="ben")
        await home.do("INC-1", c.SubmitDraft("draft", texts={"default": "We know."}), by="dee")

        assert (await _rows(home, "INC-1"))["agree"].people == ("ben", "cho")


async def test_an_added_task_is_on_a_list_with_its_own_title(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        incident = await home.do("INC-1", c.AddTask("Call the mayor", "press"))

        (added,) = incident.added
        assert (await _rows(home, "INC-1"))[added].title == "Call the mayor"


async def test_nothing_that_is_read_depends_on_the_organisation_file(tmp_path: Path) -> None:
    async with house(tmp_path, playbook(WORK)) as home:
        await home.declare()
        before = await home.handler.look("INC-1", person("ana"))
        (home.folder / "organisation.yaml").write_text("firebreak_organisation: 1\nname: Other\n")
        await home.library.load()
        after = await home.handler.look("INC-1", person("ana"))

        assert before is not None
        assert after is not None
        assert projected(before.world, before.incident) == projected(after.world, after.incident)


@pytest.mark.parametrize(
    ("command", "fewest"),
    [
        (c.Note("x"), 2),
        (c.CompleteStep("facts"), 1),
        (c.AssignStep("facts", "cho"), 1),
        (c.AddTask("Call the mayor", "press"), 0),
        (c.NameRole("press", "eve"), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, c.Command) else str(value),
)
def test_steps_that_a_comparison_leaves_out_have_the_same_rows(command: c.AnyCommand, fewest: int) -> None:
    run = trial("\n  - {id: facts, role: incident_lead, task: Find out}\n  - {id: calls, role: press, task: Call}\n")
    before = run.incident
    run.do(command)
    left_out = unchanged(before, run.incident)
    rows = [{row.step: row for row in projected(run.world, each).steps if row.step in left_out} for each in (before, run.incident)]

    assert rows[0] == rows[1]
    assert len(left_out) >= fewest


def test_a_key_holds_its_number() -> None:
    assert number_of(key_of(42)) == 42
