"""Differences in words: what matters most first, the same for a pair every time, and none between equals."""

import pytest

from engine.authoring.difference.compare import changes, moving
from engine.authoring.paper.book import Book
from engine.language.playbook import Playbook
from tests.authoring.given_books import SHIPPED, book, read, shipped

FILMED = "filmed_workplace_argument"


def changed(*replacements: tuple[str, str]) -> Book:
    text = read(f"{FILMED}.yaml")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return book(text)


def sentences(after: Book) -> list[str]:
    return [each.sentence for each in changes(book(read(f"{FILMED}.yaml")), after)]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_playbook_does_not_differ_from_itself(name: str) -> None:
    assert changes(shipped(name), shipped(name)) == ()


def test_a_weaker_quorum_is_said_in_the_words_of_the_file() -> None:
    assert sentences(changed(("quorum: all", "quorum: any"))) == ["approval ok_holding: quorum all -> any"]


def test_what_matters_most_comes_first() -> None:
    after = changed(
        ("version: 1.0.0", "version: 1.1.0"),
        ("title: HR director,", "title: Director of HR,"),
        ("Ads paused, ", ""),
        ("if_no_answer: answer_only", "if_no_answer: post"),
        ("Our first concern is the people involved.", "Our first concern is safety."),
        ("needs: [ok_update], channels: [newsroom, brand_linkedin]", "needs: [ok_update], channels: [newsroom]"),
        ("quorum: all", "quorum: any"),
        ("  - {id: save_before_takedown, rule: before, first: capture, then: help_takedown}\n", ""),
    )

    assert [each.split(":")[0] for each in sentences(after)] == [
        "policy save_before_takedown",
        "approval ok_holding",
        "publish post_update",
        "statement draft_holding",
        "decision speak",
        "task freeze",
        "role hr_director",
        "playbook",
    ]


def test_changed_words_are_shown_as_a_diff_of_sentences() -> None:
    (change,) = changes(
        book(read(f"{FILMED}.yaml")), changed(("Our first concern is the people involved.", "Our first concern is safety."))
    )

    assert change.sentence == "statement draft_holding: the words changed"
    assert "-Our first concern is the people involved." in change.lines
    assert "+Our first concern is safety." in change.lines


def test_a_list_says_what_it_gained_and_lost() -> None:
    assert sentences(changed(("Ads paused, ", ""))) == ['task freeze: checklist loses "Ads paused"']


def test_steps_that_appear_and_vanish_are_named_and_hold_back_runs() -> None:
    after = changed(("id: brief_shift,", "id: brief_crew,"), ("brief_shift,", "brief_crew,"))
    steps = moving(book(read(f"{FILMED}.yaml")), after)

    assert (steps.appear, steps.vanish, steps.held) == (("brief_crew",), ("brief_shift",), ("brief_shift",))


def test_a_step_of_another_kind_is_said_and_holds_back_runs() -> None:
    after = changed(
        ('{id: pause_discipline, task: "Tell', '{id: pause_discipline, message: "Tell'),
        ('agrees", role: hr, due: 30m}', 'agrees", to: [war_room], text: Wait}'),
    )

    assert "message pause_discipline: was task, is message" in sentences(after)
    assert moving(book(read(f"{FILMED}.yaml")), after).held == ("pause_discipline",)


MEANT = {
    "title": "Other",
    "version": "2.0.0",
    "status": "draft",
    "owner": "legal",
    "review_every": "90d",
    "summary": "Another",
    "triggers": ["new"],
    "tags": ["new"],
    "jurisdictions": ["CA"],
    "references": [{"title": "new"}],
    "settings": {"quiet_hours": "22:00-07:00"},
    "inputs": {},
    "roles": {"only": {"title": "Only"}},
    "ladders": {},
    "severity": None,
    "milestones": {},
    "metrics": {},
    "templates": {},
    "policies": [],
    "follow_ups": [],
    "id": "other",
}


@pytest.mark.parametrize("field", [name for name in Playbook.model_fields if name not in ("firebreak", "extends", "steps")])
def test_no_field_of_a_playbook_changes_unsaid(field: str) -> None:
    before = book(read(f"{FILMED}.yaml"))
    data = {**before.playbook.model_dump(by_alias=True), field: MEANT[field]}

    assert changes(before, Book(Playbook.model_validate(data), before.files))
