"""Branches: what there is to tell about a playbook, and what a run has told."""

from engine.analysis.stories.coverage import Branch, branches, covered, in_words
from tests.analysis.stories.given import call_world, staged, tell, told

HURT = "- {story: hurt, inputs: {site: Plant 4, hurt: true, links: [https://video.example/1]}}"


def went(does: str, more: str = "") -> frozenset[Branch]:
    return covered(staged(tell(does, more=more)))


def test_the_branches_are_every_option_every_step_and_every_guard_both_ways() -> None:
    words = [in_words(call_world().plan, branch) for branch in branches(call_world().plan) if not branch.is_optional]

    assert words == [
        "listen is done",
        "save is done",
        "save runs by its guard (count(inputs.links | default([])) > 0)",
        "save is skipped by its guard (count(inputs.links | default([])) > 0)",
        "answer is answered yes",
        "answer is answered no",
        "draft is done",
        "agree is done",
        "send is done",
        "order is done",
        "brief is done",
        "brief runs at sev1 or above",
        "brief is skipped below sev1",
        "watch is done",
        "finish is done",
        "day_30 is done",
    ]


def test_rejections_and_rules_that_raise_need_not_be_told() -> None:
    words = [in_words(call_world().plan, branch) for branch in branches(call_world().plan) if branch.is_optional]

    assert words == ["agree is rejected", "severity rises by rule: inputs.hurt"]


def test_an_option_counts_whoever_chose_it() -> None:
    assert Branch("option", "answer", "no") in went("{at: 1m, complete: listen}, {at: 3h, start: watch}")
    assert Branch("option", "answer", "no") in went("{at: 1m, complete: listen}, {at: 2m, answer: {answer: no}, note: they rang off}")
    assert Branch("option", "answer", "yes") not in went("{at: 1m, complete: listen}, {at: 3h, start: watch}")


def test_a_revised_answer_counts_as_both() -> None:
    both = went("{at: 1m, complete: listen}, {at: 2m, answer: {answer: yes}}, {at: 3m, answer: {answer: no}, note: they rang off}")

    assert {Branch("option", "answer", "yes"), Branch("option", "answer", "no")} <= both


def test_a_guard_counts_the_way_that_it_was_read() -> None:
    assert Branch("guard", "save", "skipped") in went("{at: 1m, complete: listen}")
    assert Branch("guard", "save", "taken") not in went("{at: 1m, complete: listen}")
    assert Branch("guard", "save", "taken") in covered(staged(told(HURT)))


def test_severity_counts_the_way_that_it_was_then() -> None:
    below = went("{at: 1m, complete: listen}")
    raised = went("{at: 1m, complete: listen}, {at: 2m, raise: sev1}")

    assert Branch("severity", "brief", "skipped") in below
    assert Branch("severity", "brief", "taken") not in below
    assert {Branch("severity", "brief", "skipped"), Branch("severity", "brief", "taken")} <= raised


def test_a_step_that_was_skipped_by_hand_is_not_done() -> None:
    assert Branch("done", "listen") not in went("{at: 1m, skip: listen, reason: they rang off}")


def test_a_rule_that_raised_is_told() -> None:
    assert Branch("raised", "sev1", "inputs.hurt") in covered(staged(told(HURT)))
