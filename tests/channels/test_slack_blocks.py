"""Whatever the facts of a step hold, Slack takes the message, nobody can inject markup, and a screen reader hears everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channels.blocks_task import MOST_CHARACTERS, task_blocks
from tests.channels.drawn import HOSTILE, injected, pressable, refused, text_of
from tests.channels.slack_facts import DUE, KEY, WORK, private_task, task

ADDRESS = "https://firebreak.example.com"
KINDS = ("task", "decision", "statement", "approval", "publish", "evidence", "monitor", "wait", "message", "ticket", "http", "playbook")
STATES = ("waiting", "ready", "doing", "done", "skipped", "blocked")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_slack_takes_every_task_message(kind: str, state: str) -> None:
    checklist = [{"item": f"Item {n}", "optional": n == 2, "done": n < 2, "by": "ana" if n < 2 else None} for n in range(13)]
    blocks = task_blocks(task(kind, state=state, do="How.", checklist=checklist, links=[{"title": "Guide", "url": "https://x.example"}]))

    assert refused(blocks) == []


@pytest.mark.parametrize("state", STATES)
def test_a_private_step_shows_its_title_role_and_due_time_only(state: str) -> None:
    blocks = task_blocks(private_task(state=state))

    assert refused(blocks) == []
    assert "U0ANA" not in text_of(blocks)
    assert all(word in text_of(blocks) for word in ("Speak to everyone", "Social media manager", "Private"))
    assert pressable(blocks) == {}


def test_whoever_works_on_a_private_step_can_press_its_buttons() -> None:
    assert "done" in pressable(task_blocks(task(private=True, do="Ask nothing.")))


def test_times_are_in_the_readers_zone() -> None:
    assert "<!date^1772443800^{date_short_pretty} {time}|2026-03-02 09:30 UTC>" in text_of(task_blocks(task(due_at=DUE)))


def test_a_rehearsal_says_so_first() -> None:
    small_print = task_blocks(task(rehearsal=True))[1]["elements"][0]["text"]

    assert small_print.startswith("*Rehearsal*")


def test_a_result_is_shown_when_the_task_is_done() -> None:
    assert "*Result:* Nobody hurt" in text_of(task_blocks(task(state="done", written="Nobody hurt")))


def test_evidence_says_how_much_is_saved() -> None:
    assert "Sources: 1 of 2 saved" in text_of(task_blocks(task("evidence")))


def test_a_checklist_is_ticked_by_number() -> None:
    items = [
        {"item": "Ads paused", "optional": False, "done": True, "by": "ana"},
        {"item": "Told", "optional": True, "done": False, "by": None},
    ]
    boxes = task_blocks(task(checklist=items))[-2]["elements"][0]

    assert [(option["value"], option["text"]["text"]) for option in boxes["options"]] == [("1", "Ads paused"), ("2", "Told (optional)")]
    assert [option["value"] for option in boxes["initial_options"]] == ["1"]


def test_an_item_that_a_checkbox_would_cut_stands_whole_above() -> None:
    item = "Time away only if no lesser step works and counsel has agreed to it in writing, with the date"
    blocks = task_blocks(task(checklist=[{"item": item, "optional": False, "done": False, "by": None}]))

    assert f"1: {item}" in text_of(blocks)


def test_a_decision_with_too_many_answers_is_linked_to() -> None:
    options = [{"id": f"option_{number}", "label": "x" * 60, "note_required": False} for number in range(80)]
    blocks = task_blocks(task("decision", options=options), address=ADDRESS)

    assert refused(blocks) == []
    assert set(pressable(blocks)) == {"web_room"}


@given(st.sampled_from(KINDS), st.sampled_from(STATES), HOSTILE, HOSTILE, HOSTILE)
def test_no_text_breaks_a_task_message(kind: str, state: str, title: str, do: str, person: str) -> None:
    people = {"ana": {"name": person, "slack": None}, "ben": {"name": person, "slack": "U0ANA"}}
    checklist = [{"item": title, "optional": False, "done": True, "by": "ana"}]
    facts = task(kind, state=state, title=title, do=do, reason=do, role_title=person, people=people, checklist=checklist)
    blocks = task_blocks(facts, address=ADDRESS)

    assert refused(blocks) == []
    assert not injected(blocks)


@given(st.sampled_from(("statement", "approval", "publish")), HOSTILE, HOSTILE, HOSTILE)
def test_no_words_break_a_message(kind: str, now: str, before: str, comment: str) -> None:
    spoken = [{**KEY, "comment": comment}]
    previous = {"version": 1, "texts": {"en": before, "fr": now}}
    facts = task(kind, texts={"en": now, "de": before}, of_title=comment, previous=previous, keys=spoken, sent_back=spoken)
    blocks = task_blocks(facts, address=ADDRESS)

    assert refused(blocks) == []
    assert not injected(blocks)
    assert len(text_of(blocks)) <= MOST_CHARACTERS


@given(HOSTILE, HOSTILE)
def test_no_work_breaks_an_approval(result: str, item: str) -> None:
    work = {**WORK, "result": result, "ticked": [item] * 5}
    blocks = task_blocks(task("approval", texts={}, version=None, previous=None, work=work), address=ADDRESS)

    assert refused(blocks) == []
    assert not injected(blocks)
