"""Approvals: keys that bind to one exact version, one person one key, rework, escalation and taking back."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from tests.incident.given import HEAD, Run, trial, trial_world

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: draft, statement: Say it, role: press, needs: [facts], audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal, comms_lead], due: 1h, on_reject: {rework: draft, max: 1}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: log, task: Log it, role: press, needs: [agree]}
"""
TWO_APPROVALS = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: ok_legal, approval: Counsel agrees, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: ok_comms, approval: Communications agree, of: draft, approvers: [comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [ok_legal, ok_comms], channels: [site]}
"""
TASK = """
  - {id: work, task: Work, role: press, checklist: [One]}
  - {id: ok_legal, approval: Counsel agrees, of: work, approvers: [legal], on_reject: {rework: work}}
  - {id: ok_comms, approval: Communications agree, of: work, approvers: [comms_lead], on_reject: {rework: work}}
"""


def drafted(steps: str = STEPS) -> Run:
    run = trial(steps)
    if "facts" in run.incident.steps:
        run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    return run


def rejected(run: Run, *, times: int) -> Run:
    for number in range(times):
        if run.step("draft").state == "ready":
            run.do(c.SubmitDraft("draft", f"We know, try {number}."), by="dee")
        run.do(c.Reject("agree", run.version("draft"), "not yet"), by="ben")
    return run


def test_done_means_that_every_key_was_turned_on_that_version() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben")
    assert run.step("agree").state == "ready"
    run.agree("agree", "draft", "cho")

    assert run.step("agree").state == "done"
    assert run.events(e.ApprovalGranted)[0].version == run.version("draft")


@pytest.mark.parametrize(("quorum", "people"), [("any", ["cho"]), ("1", ["ben"]), ("2", ["ben", "cho"])])
def test_a_quorum_says_how_many_keys_are_enough(quorum: str, people: list[str]) -> None:
    run = drafted(STEPS.replace("due: 1h", f"quorum: {quorum}"))
    run.agree("agree", "draft", *people[:-1])
    assert run.step("agree").state == "ready"
    run.agree("agree", "draft", people[-1])

    assert run.step("agree").state == "done"


def test_a_key_on_an_older_version_is_refused() -> None:
    run = drafted()
    old = run.version("draft")
    run.do(c.SubmitDraft("draft", "We know more."), by="dee")

    assert run.code(c.Approve("agree", old), by="ben") == "stale_version"


def test_an_edit_voids_the_keys_on_what_stood_before() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.SubmitDraft("draft", "We know more."), by="dee")

    assert (run.step("agree").state, run.step("agree").keys) == ("ready", ())
    assert run.step("post").state == "waiting"


def test_new_words_after_a_rejection_void_the_keys_of_every_other_approval() -> None:
    run = drafted(TWO_APPROVALS)
    run.agree("ok_legal", "draft", "ben")
    run.do(c.Reject("ok_comms", run.version("draft"), "warmer"), by="cho")
    run.do(c.SubmitDraft("draft", "We know, and we care."), by="dee")

    assert run.states("ok_legal", "ok_comms") == {"ok_legal": "ready", "ok_comms": "ready"}
    assert run.step("ok_legal").keys == ()


def test_the_same_words_after_a_rejection_keep_the_keys_of_other_approvals() -> None:
    run = drafted(TWO_APPROVALS)
    run.agree("ok_legal", "draft", "ben")
    run.do(c.Reject("ok_comms", run.version("draft"), "warmer"), by="cho")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")

    assert run.step("ok_legal").state == "done"


def test_redone_work_needs_new_keys_in_every_approval() -> None:
    run = trial(TASK)
    run.do(c.TickItem("work", "1"), by="dee")
    run.do(c.CompleteStep("work"), by="dee")
    run.agree("ok_legal", "work", "ben")
    run.do(c.Reject("ok_comms", run.version("work"), "check again"), by="cho")
    run.do(c.TickItem("work", "1"), by="dee")
    run.do(c.CompleteStep("work"), by="dee")

    assert run.step("ok_legal").state == "ready"


def test_a_revised_answer_needs_new_keys() -> None:
    run = trial(
        """
  - {id: one, decision: One?, role: press, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
  - {id: agree, approval: Agree, of: one, approvers: [legal], on_reject: {rework: one}}
"""
    )
    run.do(c.Answer("one", "yes", note="so"), by="dee")
    run.agree("agree", "one", "ben")
    run.do(c.Answer("one", "no", note="so"), by="dee")

    assert (run.step("agree").state, run.step("agree").keys) == ("ready", ())


def test_the_author_never_approves() -> None:
    run = trial(STEPS, organisation=ONE_PERSON_TWO_ROLES)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.SubmitDraft("draft"), by="dee")

    assert run.code(c.Approve("agree", run.version("draft")), by="dee") == "own_work"


def test_whoever_wrote_one_language_of_the_version_never_approves_it() -> None:
    steps = STEPS.replace("template: line", "template: letter, languages: [en, fr]")
    head = HEAD + "  letter: {text: We know., languages: {en: en.j2, fr: fr.j2}}\n"
    run = Run.begin(trial_world(steps, head=head, organisation=ONE_PERSON_TWO_ROLES))
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.SubmitDraft("draft", "We know.", language="en"), by="dee")
    run.do(c.SubmitDraft("draft", "Nous savons.", language="fr"), by="ana")

    assert run.code(c.Approve("agree", run.version("draft")), by="dee") == "own_work"


def test_one_person_turns_one_key() -> None:
    run = trial(STEPS, organisation=ONE_PERSON_TWO_ROLES)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.SubmitDraft("draft"), by="ana")
    run.do(c.Approve("agree", run.version("draft"), role="legal"), by="dee")

    assert run.code(c.Approve("agree", "0" * 64, role="comms_lead"), by="dee") == "stale_version"
    assert run.do(c.Approve("agree", run.version("draft"), role="comms_lead"), by="dee") == ()
    assert len(run.step("agree").keys) == 1


def test_only_who_holds_a_role_turns_its_key() -> None:
    run = drafted()

    assert run.code(c.Approve("agree", run.version("draft")), by="ana") == "not_you"
    assert run.code(c.Approve("agree", run.version("draft"), role="legal"), by="cho") == "not_you"


def test_a_rejection_says_what_has_to_change() -> None:
    run = drafted()

    assert run.code(c.Reject("agree", run.version("draft"), " "), by="ben") == "note_required"


def test_a_rejection_reopens_the_rework_and_what_lies_between() -> None:
    run = drafted(STEPS.replace("rework: draft", "rework: facts"))
    run.do(c.Reject("agree", run.version("draft"), "check the facts"), by="ben")

    assert run.states("facts", "draft", "agree") == {"facts": "ready", "draft": "waiting", "agree": "waiting"}


def test_after_the_last_rework_stop_blocks() -> None:
    run = rejected(drafted(STEPS.replace("max: 1", "max: 1, then: stop")), times=2)

    assert run.states("agree", "post") == {"agree": "blocked", "post": "blocked"}
    assert run.step("agree").block_cause == "rejected"


def test_rework_is_asked_at_most_max_times() -> None:
    run = rejected(drafted(STEPS.replace("max: 1", "max: 2")), times=3)

    assert [event.count for event in run.events(e.ReworkAsked)] == [1, 2]
    assert len(run.events(e.ApprovalEscalated)) == 1


def test_escalation_leaves_it_open_for_the_lead_who_approves() -> None:
    run = rejected(drafted(), times=2)
    assert run.step("agree").escalated_to == "incident_lead"
    run.do(c.Approve("agree", run.version("draft")), by="ana")

    assert run.step("agree").state == "done"


def test_whoever_it_was_escalated_to_may_stop_it() -> None:
    run = rejected(drafted(), times=2)
    run.do(c.Reject("agree", run.version("draft"), "enough"), by="ana")

    assert run.step("agree").state == "blocked"


def test_after_escalation_nobody_else_rejects() -> None:
    run = rejected(drafted(), times=2)

    assert run.code(c.Reject("agree", run.version("draft"), "still no"), by="ben") == "not_you"


def test_after_escalation_the_others_may_still_agree() -> None:
    run = rejected(drafted(), times=2)
    run.agree("agree", "draft", "ben", "cho")

    assert run.step("agree").state == "done"


def test_it_is_escalated_to_the_last_role_of_its_own_ladder() -> None:
    run = rejected(
        drafted(STEPS.replace("due: 1h", "due: 1h, escalate: [{late: 5m, to: incident_lead}, {late: 10m, to: comms_lead}]")), times=2
    )

    assert run.step("agree").escalated_to == "comms_lead"


def test_an_approver_it_was_escalated_to_decides_alone() -> None:
    run = drafted(STEPS.replace("due: 1h", "due: 1h, escalate: [{late: 5m, to: comms_lead}]"))
    run.agree("agree", "draft", "cho")
    rejected(run, times=2)
    run.do(c.Approve("agree", run.version("draft")), by="cho")

    assert run.step("agree").state == "done"


def test_nobodys_word_replaces_a_key_that_a_policy_asks_for() -> None:
    policy = "policies: [{id: two_keys, rule: approved_before_publish, audience: [public], approvers: [legal]}]\n"
    run = rejected(_begin(STEPS, policy), times=2)

    assert run.refused(c.Approve("agree", run.version("draft")), by="ana").policy == "two_keys"


def _begin(steps: str, more: str) -> Run:
    run = trial(steps, more=more)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    return run


def test_a_role_holds_a_key_while_an_approval_is_escalated_to_it() -> None:
    run = rejected(drafted(), times=2)

    assert run.code(c.NameRole("incident_lead", "cho"), by="ana") == "not_eligible"


def test_overdue_rejects_where_the_author_says_so() -> None:
    run = drafted(STEPS.replace("due: 1h", "due: 1h, on_overdue: reject"))
    run.forward(hours=1)

    assert run.states("draft", "agree") == {"draft": "ready", "agree": "waiting"}
    assert len(run.events(e.DefaultTaken)) == 1


def test_overdue_otherwise_only_escalates_its_ladder() -> None:
    run = drafted()
    run.forward(days=2)

    assert run.step("agree").state == "ready"
    assert [event.step for event in run.events(e.Escalated)] == ["agree"]


def test_a_key_is_withdrawn_until_it_has_been_used() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.Withdraw("agree", run.version("draft"), "the clip is altered"), by="ben")

    assert run.states("agree", "post", "log") == {"agree": "ready", "post": "waiting", "log": "waiting"}
    assert [key.role for key in run.step("agree").keys] == ["comms_lead"]


def test_withdrawing_turns_no_other_key_again() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.Withdraw("agree", run.version("draft"), "the clip is altered"), by="ben")

    assert len(run.events(e.KeyTurned)) == 2


def test_a_withdrawn_key_can_be_turned_again() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.Withdraw("agree", run.version("draft"), "the clip is altered"), by="ben")
    run.agree("agree", "draft", "ben")

    assert run.step("agree").state == "done"


def test_a_used_key_is_not_withdrawn() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben", "cho")
    run.do(c.StartStep("post"), by="dee")
    refusal = run.refused(c.Withdraw("agree", run.version("draft"), "too late"), by="ben")

    assert (refusal.code, refusal.allowed) == ("in_use", ("hold",))


def test_nobody_withdraws_somebody_elses_key_or_without_a_reason() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben")

    assert run.code(c.Withdraw("agree", run.version("draft"), "why"), by="cho") == "not_you"
    assert run.code(c.Withdraw("agree", run.version("draft"), " "), by="ben") == "note_required"


def test_the_same_key_again_changes_nothing() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben")

    assert run.do(c.Approve("agree", run.version("draft")), by="ben") == ()


def test_a_key_records_its_credential_and_what_was_shown() -> None:
    run = drafted()
    run.agree("agree", "draft", "ben")
    [turned] = run.events(e.KeyTurned)

    assert (turned.key.credential, turned.shown) == ("token-ben", run.version("draft"))


ONE_PERSON_TWO_ROLES = """
firebreak_organisation: 1
name: Small
people: {ana: {name: Ana Ruiz}, dee: {name: Dee Lund}}
groups: {leads: [ana], lawyers: [dee], comms: [dee], press: [dee]}
"""


def test_an_approver_it_was_escalated_to_replaces_no_other_key_that_a_policy_asks_for() -> None:
    policy = "policies: [{id: two_keys, rule: approved_before_publish, audience: [public], approvers: [comms_lead, legal]}]\n"
    run = rejected(_begin(STEPS.replace("due: 1h", "due: 1h, escalate: [{late: 5m, to: comms_lead}]"), policy), times=2)

    assert run.refused(c.Approve("agree", run.version("draft")), by="cho").policy == "two_keys"


def test_a_key_that_a_policy_asks_of_another_approval_does_not_hold_this_one_back() -> None:
    policy = "policies: [{id: two_keys, rule: approved_before_publish, audience: [public], approvers: [comms_lead]}]\n"
    run = trial(
        TWO_APPROVALS.replace("approvers: [legal], on_reject: {rework: draft}", "approvers: [legal], on_reject: {rework: draft, max: 0}"),
        more=policy,
    )
    run.do(c.SubmitDraft("draft"), by="dee")
    run.do(c.Reject("ok_legal", run.version("draft"), "no"), by="ben")
    run.do(c.Approve("ok_legal", run.version("draft")), by="ana")

    assert run.states("ok_legal", "ok_comms", "post") == {"ok_legal": "done", "ok_comms": "ready", "post": "waiting"}


def test_withdrawing_from_an_approval_that_was_escalated_asks_for_every_key_again() -> None:
    run = rejected(drafted(), times=2)
    run.do(c.Approve("agree", run.version("draft")), by="ana")
    run.do(c.Withdraw("agree", run.version("draft"), "I was too quick"), by="ana")

    assert (run.step("agree").state, run.step("agree").escalated_to) == ("ready", None)
