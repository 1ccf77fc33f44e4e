"""Playbooks and words at the edge of what Slack takes: everything can still be started, seen and pressed."""

import json
from typing import Any

import pytest

from api.slack.forms.entered import answer_of
from api.slack.forms.fields import element_of
from api.slack.payloads import State, View
from api.slack.start_form import Wanted, choose_form
from engine.channels.blocks_task import task_blocks
from engine.language.playbook import Input
from tests.api.slack.given import Desk
from tests.api.slack.given_events import elements, home_of
from tests.block_kit import faults_of
from tests.channels.drawn import refused
from tests.channels.slack_facts import task

BIG = """
firebreak: 1
id: big
title: A big one
version: 1.0.0
owner: lead
summary: For tests of sizes.
inputs:
{inputs}
roles:
  lead: {{title: Lead, assign: "group:leads"}}
steps:
{steps}
  - {{id: finish, task: Look back, role: lead, sets: closed}}
"""


async def _started(desk: Desk, *, inputs: int, steps: int) -> dict[str, Any]:
    """Start a playbook of this size as Ana, who knows none of its answers; gives the form that it asked for."""
    text = BIG.format(
        inputs="\n".join(f"  q{n}: {{type: text, required: {str(n % 2 == 0).lower()}, label: Question {n}}}" for n in range(inputs)),
        steps="\n".join(f"  - {{id: step{n}, task: Do number {n} {'<&>' * 60}, role: lead, due: 20m}}" for n in range(steps)),
    )
    (desk.house.parts.settings.playbooks / "big.yaml").write_text(text, encoding="utf-8")
    await desk.house.parts.library.refresh()
    await desk.types("ana", "start big Much to do")
    form = desk.slack.views[-1]
    boxes = {each["block_id"]: each["element"]["options"] for each in form["blocks"] if each.get("block_id", "").startswith("unknown:")}
    said = await desk.submits("ana", form, **{block: [option["value"] for option in options] for block, options in boxes.items()})
    assert said["response_action"] == "update", said
    return form


async def test_a_form_asks_for_what_is_required_first_and_the_rest_becomes_tasks(desk: Desk) -> None:
    form = await _started(desk, inputs=180, steps=1)
    asked = [block["block_id"] for block in form["blocks"] if block.get("block_id", "").startswith("in:")]
    tasks = await desk.types("ana", "tasks INC-1 all")

    assert asked == [f"in:q{number}" for number in range(0, 160, 2)]
    assert "and " in tasks, "what was not asked is found out as a task, like what is not known"
    assert (await desk.step("fill_q178"))["title"] == "Find out: Question 178"


async def test_a_hundred_steps_fit_into_every_answer(desk: Desk) -> None:
    await _started(desk, inputs=1, steps=100)
    for text in ("", "INC-1", "status", "tasks", "tasks INC-1 all", "timeline", "roles", "list", "help"):
        answer = (await desk.slash("ana", text)).json()

        assert faults_of(answer.get("blocks", [])) == [], text
        assert len(answer["text"]) <= 4_000, text
        assert len(json.dumps(answer.get("blocks", []), ensure_ascii=False)) <= 13_000, text


async def test_a_hundred_steps_fit_into_the_home(desk: Desk) -> None:
    await _started(desk, inputs=1, steps=100)
    home = await home_of(desk, "ana")

    assert len([each for each in elements(home["blocks"]) if each["action_id"].startswith("done")]) >= 10


@pytest.mark.parametrize("size", [10, 25, 45])
def test_every_answer_can_be_chosen(size: int) -> None:
    options = [{"id": f"option_{number}", "label": f"Answer {number}", "note_required": False} for number in range(size)]
    blocks = task_blocks(task("decision", title="x" * 300, options=options))
    drawn = elements(blocks)
    chosen = {option["value"] for each in drawn if each["type"] == "static_select" for option in each["options"]}
    buttons = {each["value"] for each in drawn if each["action_id"].startswith("answer:")}

    assert refused(blocks) == []
    assert len(chosen | buttons) == size


async def test_an_answer_that_is_chosen_from_a_list_counts_once(desk: Desk) -> None:
    options = ", ".join(f"o{number}: {{label: Answer {number}, then: []}}" for number in range(25))
    steps = f"  - id: many\n    decision: Which of them?\n    role: lead\n    options: {{{options}}}"
    (desk.house.parts.settings.playbooks / "big.yaml").write_text(BIG.format(inputs="  q0: {type: text}", steps=steps), encoding="utf-8")
    await desk.house.parts.library.refresh()
    await desk.house.declared("big", inputs={})
    await desk.works()
    message = desk.message("inc-inc-1", "many")
    answers = next(each for each in elements(message["blocks"]) if each["type"] == "static_select")
    pressed = answers | {"selected_option": answers["options"][17]}
    said = [await desk.press("ana", "inc-inc-1", message["ts"], pressed) for _ in range(2)]

    assert said == ["", ""]
    assert (await desk.step("many"))["answer"] == "o17"


@pytest.mark.parametrize("letter", ["x", "😀", '"', "\\", "é"])
def test_a_title_and_links_of_any_letters_are_kept_while_a_playbook_is_chosen(letter: str) -> None:
    links = tuple(f"https://video.example/{number}/{letter * 90}" for number in range(40))
    kept = Wanted.kept(json.loads((form := choose_form([], Wanted(letter * 300, links)))["private_metadata"]))

    assert len(form["private_metadata"]) <= 3_000
    assert set(kept.links) < set(links), "a link is kept whole or not at all"
    assert kept.title == letter * 200


def test_a_choice_of_more_than_slack_lists_is_written_and_read() -> None:
    asked = Input(type="choice", options=[f"Option {number}" for number in range(150)])
    drawn = element_of(asked)
    view = View(state=State({"in:it": {"in:it": {"type": drawn["type"], "value": "Option 149"}}}))

    assert drawn["type"] == "plain_text_input"
    assert answer_of(view, "in:it", asked) == "Option 149"
