"""Whatever the facts hold, Slack takes the blocks, nobody can inject markup, and a screen reader hears everything."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channels.blocks import MAX_CHARACTERS, card_blocks
from engine.channels.blocks_task import task_blocks
from tests.block_kit import faults_of
from tests.channels.slack_facts import AT, DUE, card, private_task, task

KINDS = ("task", "decision", "statement", "approval", "publish", "evidence", "monitor", "wait", "message", "ticket", "http", "playbook")
STATES = ("waiting", "ready", "doing", "done", "skipped", "blocked")
WEIRD = st.one_of(
    st.sampled_from(["<!channel> & <@U0ANA>", "&amp;" * 200, "*_~`" * 500, "é" * 5_000, "<" * 3_000, "|>", "a"]),
    st.text(min_size=1).filter(str.strip),
)
_MARK = re.compile(r"<(?!!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9 :-]+ UTC>|@U0ANA>)[^>]*>")


def _text(blocks: list[dict[str, Any]]) -> str:
    return json.dumps(blocks, ensure_ascii=False)


def _marked_up(value: Any) -> str:
    """Everything that Slack reads as markup."""
    if isinstance(value, list):
        return " ".join(map(_marked_up, value))
    if not isinstance(value, dict):
        return ""
    own = value["text"] if value.get("type") == "mrkdwn" else ""
    return own + " ".join(map(_marked_up, value.values()))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_slack_takes_every_task_message(kind: str, state: str) -> None:
    checklist = [{"item": f"Item {n}", "optional": n == 2, "done": n < 2, "by": "ana" if n < 2 else None} for n in range(13)]
    blocks = task_blocks(task(kind, state=state, do="How.", checklist=checklist, links=[{"title": "Guide", "url": "https://x.example"}]))

    assert faults_of(blocks) == []


@pytest.mark.parametrize("state", STATES)
def test_a_private_step_shows_its_title_role_and_due_time_only(state: str) -> None:
    blocks = task_blocks(private_task(state=state))

    assert faults_of(blocks) == []
    assert "U0ANA" not in _text(blocks)
    assert all(word in _text(blocks) for word in ("Speak to everyone", "Social media manager", "Private"))
    assert "Done" not in [element.get("action_id") for block in blocks for element in block.get("elements", [])]


def test_slack_takes_the_card() -> None:
    hold = {"by": "ben", "at": AT, "reason": "Counsel has doubts"}
    blocks = card_blocks(card(hold=hold, rehearsal=True, merged_into="INC-3"))

    assert faults_of(blocks) == []


def test_a_card_says_the_severity_in_words() -> None:
    assert "SEV2: Spreading" in _text(card_blocks(card()))


def test_a_card_says_what_was_reached_and_what_was_missed() -> None:
    text = _text(card_blocks(card()))

    assert "Everyone contacted: reached" in text
    assert "Staff told by us: missed" in text
    assert "Fixed: not needed any more" in text


def test_nobody_eligible_is_said_aloud() -> None:
    assert "Counsel: *nobody eligible*" in _text(card_blocks(card()))


def test_times_are_in_the_readers_zone() -> None:
    assert "<!date^1772443800^{date_short_pretty} {time}|2026-03-02 09:30 UTC>" in _text(task_blocks(task(due_at=DUE)))


def test_words_to_approve_stand_exactly_as_they_are() -> None:
    blocks = task_blocks(task("approval"))

    exact = [block["text"] for block in blocks if block["type"] == "section" and block["text"]["type"] == "plain_text"]
    assert exact == [{"type": "plain_text", "text": "We know about a video & <more>.", "emoji": False}]
    assert "*Version 2* (`dddddddddddd`)" in _text(blocks)


def test_words_that_do_not_fit_are_not_shown_in_part() -> None:
    blocks = task_blocks(task("approval", texts={"en": "word " * 2_000}))

    assert "word word" not in _text(blocks)
    assert "too long to show here" in _text(blocks)


def test_long_words_that_fit_are_shown_whole() -> None:
    text = "".join(str(number % 10) for number in range(5_900))
    blocks = task_blocks(task("approval", texts={"en": text}))

    assert "".join(block["text"]["text"] for block in blocks if block.get("text", {}).get("type") == "plain_text") == text
    assert faults_of(blocks) == []


def test_a_decision_asks_before_it_answers() -> None:
    buttons = task_blocks(task("decision"))[-1]["elements"]

    assert [button["value"] for button in buttons] == ["INC-7|freeze|ours", "INC-7|freeze|not_us"]
    assert all(button["confirm"]["text"]["text"].startswith("Pause scheduled posts") for button in buttons)
    assert buttons[0]["accessibility_label"] == "Answer: Yes, real and us"


@pytest.mark.parametrize("kind", ["task", "decision"])
@pytest.mark.parametrize("state", ["waiting", "done", "skipped", "blocked"])
def test_a_step_that_is_not_open_has_no_buttons(kind: str, state: str) -> None:
    assert not [block for block in task_blocks(task(kind, state=state)) if block["type"] == "actions"]


def test_a_checklist_is_ticked_by_number() -> None:
    items = [
        {"item": "Ads paused", "optional": False, "done": True, "by": "ana"},
        {"item": "Told", "optional": True, "done": False, "by": None},
    ]
    boxes = task_blocks(task(checklist=items))[-2]["elements"][0]

    assert [(option["value"], option["text"]["text"]) for option in boxes["options"]] == [("1", "Ads paused"), ("2", "Told (optional)")]
    assert [option["value"] for option in boxes["initial_options"]] == ["1"]


@given(st.sampled_from(KINDS), st.sampled_from(STATES), WEIRD, WEIRD, WEIRD)
def test_no_text_breaks_a_task_message(kind: str, state: str, title: str, do: str, person: str) -> None:
    people = {"ana": {"name": person, "slack": None}, "ben": {"name": person, "slack": "U0ANA"}}
    checklist = [{"item": title, "optional": False, "done": True, "by": "ana"}]
    blocks = task_blocks(task(kind, state=state, title=title, do=do, reason=do, role_title=person, people=people, checklist=checklist))

    assert faults_of(blocks) == []
    assert not _MARK.search(_marked_up(blocks))


@given(WEIRD, WEIRD, WEIRD)
def test_no_text_breaks_the_card(title: str, role: str, person: str) -> None:
    facts = card(title=title, playbook=title, severity_title=role, people={"ana": {"name": person, "slack": None}})
    step, milestone, holder = facts["now"][0], facts["milestones"][0], facts["roles"][0]
    facts["now"] = [{**step, "title": title, "role_title": role}] * 8
    facts["milestones"] = [{**milestone, "title": title}] * 30
    facts["roles"] = [{**holder, "title": role}] * 30
    facts["hold"] = {"by": "ana", "at": AT, "reason": title}
    blocks = card_blocks(facts)

    assert faults_of(blocks) == []
    assert len(_text(blocks)) <= MAX_CHARACTERS
    assert not _MARK.search(_marked_up(blocks))
