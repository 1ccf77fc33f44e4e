"""Skips by hand: what may be skipped, what follows, and what a policy never counts."""

from dataclasses import replace

import pytest

from engine.incident import commands as c
from tests.incident.given import trial

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: keep, task: Never skip this, role: press, can_skip: false}
  - {id: finish, task: Finish, role: incident_lead, sets: closed}
  - {id: after, task: After, role: press, needs: [facts]}
  - {id: asks, task: Only if done, role: press, needs: [facts], when: done('facts')}
"""


@pytest.mark.parametrize("step", ["one", "draft", "keep", "finish"])
def test_decisions_statements_and_what_closes_or_says_so_are_never_skipped_by_hand(step: str) -> None:
    assert trial(STEPS).code(c.SkipStep(step, "no time")) == "cannot_skip"


def test_approvals_are_never_skipped_by_hand() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")

    assert run.code(c.SkipStep("agree", "no time"), by="ben") == "cannot_skip"


def test_publishes_are_never_skipped_by_hand() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")
    run.agree("agree", "draft", "ben")

    assert run.code(c.SkipStep("post", "no time"), by="dee") == "cannot_skip"


def test_a_hand_skip_needs_its_reason() -> None:
    assert trial(STEPS).code(c.SkipStep("facts", "  "), by="dee") == "note_required"


def test_a_hand_skip_keeps_its_reason_and_who_gave_it() -> None:
    run = trial(STEPS)
    run.do(c.SkipStep("facts", "known already"), by="dee")

    assert (run.step("facts").reason, run.step("facts").done_by) == ("known already", "dee")


def test_dependents_go_on_as_if_it_were_done() -> None:
    run = trial(STEPS)
    run.do(c.SkipStep("facts", "known already"), by="dee")

    assert run.step("after").state == "ready"


def test_a_guard_sees_that_it_was_skipped() -> None:
    run = trial(STEPS)
    run.do(c.SkipStep("facts", "known already"), by="dee")

    assert run.step("asks").skip_cause == "guard"


def test_what_is_not_ready_can_not_be_skipped() -> None:
    assert trial(STEPS).code(c.SkipStep("after", "no time"), by="dee") == "not_ready"


def test_a_hand_skip_never_counts_as_done_for_a_policy() -> None:
    run = trial(STEPS, more="policies: [{id: facts_first, rule: before, first: facts, then: after}]\n")
    refusal = run.refused(c.SkipStep("facts", "known already"), by="dee")

    assert (refusal.code, refusal.policy) == ("policy", "facts_first")


def test_what_comes_before_a_step_that_was_skipped_for_severity_can_not_be_skipped() -> None:
    run = trial(
        STEPS.replace("needs: [facts]}", "needs: [one], min_severity: sev1}"),
        more="policies: [{id: facts_first, rule: before, first: facts, then: after}]\n",
    )
    run.do(c.Answer("one", "yes"))

    assert run.step("after").skip_cause == "severity"
    assert run.refused(c.SkipStep("facts", "known already"), by="dee").policy == "facts_first"


def test_what_comes_before_a_step_that_was_skipped_by_hand_may_be_skipped() -> None:
    run = trial(
        STEPS.replace("needs: [facts]}", "needs: [one]}"), more="policies: [{id: facts_first, rule: before, first: facts, then: after}]\n"
    )
    run.do(c.Answer("one", "yes"))
    run.do(c.SkipStep("after", "nobody there"), by="dee")

    assert run.do(c.SkipStep("facts", "known already"), by="dee")


def test_a_step_that_always_happens_can_not_be_skipped() -> None:
    run = trial(STEPS, more="policies: [{id: learn, rule: always_happens, steps: [facts]}]\n")

    assert run.refused(c.SkipStep("facts", "known already"), by="dee").policy == "learn"


def test_an_approval_of_a_skipped_task_is_skipped_because_there_is_nothing_to_approve() -> None:
    run = trial(APPROVED_TASK)
    run.do(c.SkipStep("work", "not needed"), by="dee")

    assert (run.step("agree").state, run.step("agree").skip_cause) == ("skipped", "of")


def test_a_task_whose_approval_a_policy_leans_on_can_not_be_skipped() -> None:
    run = trial(APPROVED_TASK, more="policies: [{id: agreed_first, rule: before, first: agree, then: after}]\n")

    assert run.refused(c.SkipStep("work", "not needed"), by="dee").policy == "agreed_first"


def test_whoever_takes_part_may_skip_open_work() -> None:
    run = trial(STEPS)

    assert run.do(c.SkipStep("facts", "known already"), by="ana")
    assert trial(STEPS).code(c.SkipStep("facts", "known already"), by="eve") == "not_you"


APPROVED_TASK = """
  - {id: work, task: Work, role: press}
  - {id: agree, approval: Agree, of: work, approvers: [legal], on_reject: {rework: work}}
  - {id: after, task: After, role: press, needs: [agree]}
"""


def test_a_step_that_the_verifier_protects_can_not_be_skipped() -> None:
    run = trial(STEPS)
    run.world = replace(run.world, unskippable={"facts": "saved_first"})

    refused = run.refused(c.SkipStep("facts", "known already"), by="dee")
    assert (refused.code, refused.policy) == ("policy", "saved_first")
    assert refused.reason == "policy saved_first: 'facts' can't be skipped by hand"
