"""Each kind of step offers what may be done with it where it stands, and nothing else."""

from typing import Any

import pytest

from engine.channels.blocks_task import task_blocks
from tests.channels.drawn import pressable, rows
from tests.channels.slack_facts import KEY, WORK, task

STEP = "INC-7|freeze"
ALWAYS = {"decline", "assign", "more:comment", "more:snooze"}
DIGEST = "d" * 64


def pressed(kind: str, **more: Any) -> dict[str, Any]:
    return pressable(task_blocks(task(kind, **more), address="https://firebreak.example.com"))


@pytest.mark.parametrize(
    ("kind", "state", "offered"),
    [
        ("task", "ready", {"start", "done", "more:skip", *ALWAYS}),
        ("task", "doing", {"done", "skip", *ALWAYS}),
        ("statement", "ready", {"start", "write", *ALWAYS}),
        ("evidence", "doing", {"evidence", "skip", *ALWAYS}),
        ("monitor", "ready", {"record", "more:start", "more:skip", *ALWAYS}),
        ("publish", "ready", {"start", "publish", "assign", "more:comment", "more:snooze"}),
        ("decision", "ready", {"answer:ours", "answer:not_us", "more:start", *ALWAYS}),
        ("approval", "ready", {"approve", "reject", "more:comment", "more:snooze"}),
    ],
)
def test_an_open_step_offers_what_its_kind_is_for(kind: str, state: str, offered: set[str]) -> None:
    can_skip = kind in ("task", "evidence", "monitor")

    assert set(pressed(kind, state=state, can_skip=can_skip)) == offered


@pytest.mark.parametrize("kind", ["task", "decision", "statement", "approval", "publish", "evidence", "monitor"])
@pytest.mark.parametrize("state", ["waiting", "skipped", "blocked"])
def test_a_step_that_is_not_open_offers_nothing(kind: str, state: str) -> None:
    assert pressed(kind, state=state) == {}


@pytest.mark.parametrize("kind", ["task", "decision", "statement", "approval", "publish", "evidence", "monitor"])
def test_nothing_is_offered_once_the_incident_is_over(kind: str) -> None:
    assert pressed(kind, over=True) == {}


@pytest.mark.parametrize(
    ("kind", "again", "offered"),
    [
        ("task", True, set()),
        ("publish", True, set()),
        ("monitor", True, set()),
        ("decision", True, {"more:revise", "more:comment"}),
        ("decision", False, set()),
        ("statement", True, {"write"}),
        ("statement", False, set()),
        ("evidence", True, {"evidence"}),
    ],
)
def test_a_done_step_keeps_only_what_may_still_be_changed(kind: str, again: bool, offered: set[str]) -> None:
    assert set(pressed(kind, state="done", again=again)) == offered


@pytest.mark.parametrize("kind", ["task", "decision", "statement", "approval", "publish", "evidence", "monitor"])
@pytest.mark.parametrize("state", ["ready", "doing"])
def test_a_row_has_five_elements_at_most(kind: str, state: str) -> None:
    metrics = [{"metric": "views", "title": "Views", "type": "number", "unit": None, "value": None, "at": None}]
    options = [{"id": f"o{number}", "label": f"Answer {number}", "note_required": False} for number in range(12)]
    blocks = task_blocks(task(kind, state=state, **({"options": options} if kind == "decision" else {"metrics": metrics})))

    assert all(len(row) <= 5 for row in rows(blocks))


def test_one_button_stands_out() -> None:
    blocks = task_blocks(task())

    assert [element["action_id"] for row in rows(blocks) for element in row if element.get("style") == "primary"] == ["done"]


def test_a_step_that_may_not_be_skipped_offers_no_skip() -> None:
    assert not {"skip", "more:skip"} & set(pressed("task", can_skip=False))


def test_a_follow_up_with_numbers_can_record_them() -> None:
    metrics = [{"metric": "trained", "title": "Staff trained", "type": "percent", "unit": "%", "value": 80, "at": None}]

    assert pressed("task", metrics=metrics)["record"]["value"] == STEP


def test_buttons_carry_the_incident_and_the_step() -> None:
    offered = pressed("task")

    assert {offered[name]["value"] for name in offered} == {STEP}


def test_what_is_not_posted_anywhere_can_be_given_back() -> None:
    assert "decline" in pressed("publish", receipts=[])


def test_a_screen_reader_hears_what_a_button_is_about() -> None:
    assert pressed("task")["done"]["accessibility_label"] == "Done: Pause scheduled posts"


def test_a_decision_asks_before_it_answers() -> None:
    ours = pressed("decision")["answer:ours"]

    assert ours["value"] == f"{STEP}|ours"
    assert ours["confirm"]["text"]["text"] == "“Pause scheduled posts”: you answer “Yes, real and us”."


def test_an_answer_that_needs_a_note_asks_nothing_first() -> None:
    assert "confirm" not in pressed("decision")["answer:not_us"]


def test_a_key_binds_to_the_version_that_is_shown() -> None:
    offered = pressed("approval")

    assert {offered[name]["value"] for name in ("approve", "reject")} == {f"{STEP}|{DIGEST}"}
    assert "version 2 of “Holding line” (dddddddddddd)" in offered["approve"]["confirm"]["text"]["text"]
    assert "confirm" not in offered["reject"]


def test_a_given_key_can_be_taken_back() -> None:
    given = [{**KEY, "decision": "approve", "stands": True}]

    assert pressed("approval", keys=given, can_withdraw=True)["withdraw"]["value"] == f"{STEP}|{DIGEST}"
    assert set(pressed("approval", state="done", keys=given, can_withdraw=True)) == {"withdraw"}


def test_work_is_approved_as_it_stands() -> None:
    ask = pressed("approval", texts={}, version=None, previous=None, work=WORK)["approve"]["confirm"]["text"]["text"]

    assert "“Holding line” as it stands (dddddddddddd)" in ask


def test_what_the_engine_publishes_is_started_after_a_question() -> None:
    offered = pressed("publish", confirm="api")

    assert "newsroom, brand_x" in offered["start"]["confirm"]["text"]["text"]
    assert offered["more:publish"]["value"] == STEP
