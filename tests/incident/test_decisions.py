"""Decisions: one answer, a default when nobody gives it, and what an answer that is revised changes."""

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY
from tests.incident.given import Run, trial

STEPS = """
  - id: speak
    decision: Do we speak?
    role: incident_lead
    due: 1h
    options:
      post: {label: Post it, raise: sev1, then: [prepare, both]}
      wait: {label: Wait, then: [listen, both]}
      never: {label: Never, note_required: true, then: []}
  - {id: prepare, task: Prepare, role: press}
  - {id: review, task: Review, role: press, needs: [prepare]}
  - {id: listen, task: Listen, role: press}
  - {id: both, task: Log it, role: press}
  - {id: other, task: Something else, role: press}
  - {id: after, task: After, role: press, needs: [prepare, other]}
"""
WORDS = """
  - {id: speak, decision: Speak?, role: incident_lead, options: {post: {label: P, then: [post]}, wait: {label: W, then: [listen]}}}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site, newsroom]}
  - {id: listen, task: Listen, role: press}
"""
LINK = "https://example.com/1"


def revise(run: Run, option: str) -> None:
    run.do(c.Answer("speak", option, note="we learnt more"))


def answered(option: str = "post", steps: str = STEPS, more: str = "") -> Run:
    run = trial(steps, more=more)
    run.do(c.Answer("speak", option))
    return run


def publishing() -> Run:
    run = answered("post", WORDS)
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben")
    return run


def test_an_answer_opens_its_branch() -> None:
    assert answered().states("prepare", "both", "listen") == {"prepare": "ready", "both": "ready", "listen": "skipped"}


def test_an_option_that_raises_severity_raises_it() -> None:
    run = answered()

    assert run.incident.severity == "sev1"
    assert run.events(e.SeverityRaised)[0].reason == "speak=post"


def test_an_option_never_lowers_severity() -> None:
    run = trial(STEPS.replace("raise: sev1", "raise: sev2"), severity="sev1")
    run.do(c.Answer("speak", "post"))

    assert run.incident.severity == "sev1"


def test_an_option_may_ask_for_a_note() -> None:
    run = trial(STEPS)

    assert run.code(c.Answer("speak", "never")) == "note_required"
    assert run.do(c.Answer("speak", "never", note="counsel said so"))


def test_an_unknown_option_is_refused_with_those_there_are() -> None:
    assert "post" in trial(STEPS).refused(c.Answer("speak", "pots")).reason


def test_nobody_answered_in_time() -> None:
    run = trial(STEPS.replace("due: 1h", "due: 1h, if_no_answer: wait").replace("due: 1h, ", "due: 1h\n    "))
    run.forward(minutes=59)
    assert run.step("speak").state == "ready"
    run.forward(minutes=1)

    assert (run.step("speak").answer, run.step("listen").state) == ("wait", "ready")
    assert run.events(e.DecisionAnswered)[0].by_default


def test_without_a_default_a_late_decision_only_escalates() -> None:
    run = trial(STEPS)
    run.forward(days=3)

    assert run.step("speak").state == "ready"
    assert len(run.events(e.Escalated)) == 1


def test_a_decision_that_is_late_when_it_is_born_still_gets_its_time() -> None:
    run = trial(
        """
  - {id: facts, task: Find out, role: press}
  - id: one
    decision: One?
    role: press
    needs: [facts]
    due: 10m from declared
    grace: 20m
    if_no_answer: no
    options: {yes: {label: Y, then: []}, no: {label: N, then: []}}
"""
    )
    run.forward(hours=2)
    run.do(c.CompleteStep("facts"), by="dee")
    run.forward(minutes=19)
    assert run.step("one").state == "ready"
    run.forward(minutes=1)

    assert run.step("one").answer == "no"


def test_a_default_waits_for_what_a_policy_wants_done_first() -> None:
    run = trial(
        """
  - {id: facts, task: Find out, role: press}
  - {id: one, decision: One?, role: press, due: 10m, if_no_answer: no, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
""",
        more="policies: [{id: facts_first, rule: before, first: facts, then: one}]\n",
    )
    run.forward(hours=1)
    assert run.step("one").state == "ready"
    run.do(c.CompleteStep("facts"), by="dee")
    run.forward(minutes=0)

    assert run.step("one").answer == "no"


def test_revising_needs_a_reason() -> None:
    assert answered().code(c.Answer("speak", "wait")) == "note_required"


def test_unfinished_steps_of_the_old_branch_are_skipped() -> None:
    run = answered()
    run.do(c.StartStep("prepare"), by="dee")
    revise(run, "wait")

    assert (run.step("prepare").skip_cause, run.step("prepare").reason) == ("revised", "answer revised")


def test_the_new_branch_opens_with_what_was_skipped_because_of_it() -> None:
    run = answered("wait")
    assert run.states("prepare", "review") == {"prepare": "skipped", "review": "skipped"}
    revise(run, "post")

    assert run.states("prepare", "review", "listen") == {"prepare": "ready", "review": "waiting", "listen": "skipped"}


def test_what_both_answers_lead_to_goes_on() -> None:
    run = answered()
    run.do(c.StartStep("both"), by="dee")
    revise(run, "wait")

    assert run.step("both").state == "doing"


def test_finished_steps_stand_as_history_but_count_as_skipped() -> None:
    run = answered()
    run.do(c.CompleteStep("prepare"), by="dee")
    revise(run, "wait")

    assert (run.step("prepare").state, run.step("prepare").void) == ("done", True)
    assert run.step("review").state == "skipped"


def test_what_has_another_done_need_goes_on_without_the_old_branch() -> None:
    run = answered()
    run.do(c.CompleteStep("prepare"), by="dee")
    revise(run, "wait")
    run.do(c.CompleteStep("other"), by="dee")

    assert run.step("after").state == "ready"


def test_what_was_skipped_by_hand_on_the_old_branch_counts_as_skipped() -> None:
    run = answered()
    run.do(c.SkipStep("prepare", "no time"), by="dee")
    assert run.step("review").state == "ready"
    revise(run, "wait")

    assert (run.step("prepare").void, run.step("prepare").reason) == (True, "no time")
    assert run.step("review").state == "skipped"


def test_what_failed_on_the_old_branch_blocks_nothing_any_more() -> None:
    run = trial(
        STEPS.replace("{id: prepare, task: Prepare, role: press}", '{id: prepare, http: Prepare, url: "https://api.example.com/v"}')
    )
    run.do(c.Answer("speak", "post"))
    run.do(c.RecordDelivery("d", "prepare", "failed", error="503"), by=DELIVERY)
    run.do(c.CompleteStep("other"), by="dee")
    assert run.step("after").state == "blocked"
    revise(run, "wait")

    assert run.step("after").state == "ready"


def test_what_was_done_counts_again_when_the_answer_comes_back() -> None:
    run = answered()
    run.do(c.CompleteStep("prepare"), by="dee")
    revise(run, "wait")
    revise(run, "post")

    assert (run.step("prepare").void, run.step("review").state) == (False, "ready")
    assert len(run.events(e.StepUnvoided)) == 1


def test_decisions_on_the_old_branch_end_with_it() -> None:
    run = trial(
        """
  - {id: speak, decision: Speak?, role: incident_lead, options: {yes: {label: Y, then: [how]}, no: {label: N, then: []}}}
  - {id: how, decision: How?, role: incident_lead, options: {post: {label: P, then: [post]}, call: {label: C, then: []}}}
  - {id: post, task: Post, role: press}
"""
    )
    run.do(c.Answer("speak", "yes"))
    run.do(c.Answer("how", "post"))
    run.do(c.CompleteStep("post"), by="dee")
    revise(run, "no")

    assert (run.step("how").void, run.step("post").void) == (True, True)


def test_an_answer_on_an_old_branch_is_not_changed() -> None:
    run = trial(
        """
  - {id: speak, decision: Speak?, role: incident_lead, options: {yes: {label: Y, then: [how]}, no: {label: N, then: []}}}
  - {id: how, decision: How?, role: incident_lead, options: {post: {label: P, then: []}, call: {label: C, then: []}}}
"""
    )
    run.do(c.Answer("speak", "yes"))
    run.do(c.Answer("how", "post"))
    revise(run, "no")

    assert run.code(c.Answer("how", "call", note="why")) == "already_settled"


def test_nothing_published_is_undone() -> None:
    run = publishing()
    for channel in ("site", "newsroom"):
        run.do(c.Confirm("post", channel, LINK), by="dee")
    revise(run, "wait")

    assert (run.step("post").state, run.step("post").void) == ("done", True)
    assert run.code(c.SubmitDraft("draft", "Other."), by="dee") == "in_use"


def test_words_that_nobody_has_confirmed_are_given_back_with_the_branch() -> None:
    run = publishing()
    run.do(c.StartStep("post"), by="dee")
    revise(run, "wait")

    assert run.step("post").skip_cause == "revised"
    assert run.do(c.SubmitDraft("draft", "Other."), by="dee")


def test_a_publish_that_comes_back_remembers_where_it_was_said() -> None:
    run = publishing()
    run.do(c.Confirm("post", "site", LINK), by="dee")
    revise(run, "wait")
    revise(run, "post")
    assert (run.step("post").state, set(run.step("post").receipts)) == ("ready", {"site"})
    run.do(c.Confirm("post", "newsroom", LINK), by="dee")

    assert run.step("post").state == "done"


def test_an_answer_is_revised_until_close() -> None:
    run = answered()
    run.do(c.Close())

    assert run.code(c.Answer("speak", "wait", note="too late")) == "closed"


def test_the_same_answer_again_changes_nothing() -> None:
    assert answered().do(c.Answer("speak", "post")) == ()


def test_a_revision_after_which_both_could_happen_is_refused_naming_the_policy() -> None:
    run = answered(more="policies: [{id: one_route, rule: never_both, steps: [prepare, listen]}]\n")
    run.do(c.CompleteStep("prepare"), by="dee")
    refusal = run.refused(c.Answer("speak", "wait", note="changed our mind"))

    assert (refusal.code, refusal.policy) == ("policy", "one_route")


def test_a_revision_is_refused_while_the_words_of_the_other_route_are_on_their_way() -> None:
    run = trial(WORDS, more="policies: [{id: one_route, rule: never_both, steps: [post, listen]}]\n")
    run.do(c.Answer("speak", "post"))
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben")
    run.do(c.StartStep("post"), by="dee")

    assert run.refused(c.Answer("speak", "wait", note="stop")).policy == "one_route"


def test_a_revision_before_anything_happened_is_free() -> None:
    run = answered(more="policies: [{id: one_route, rule: never_both, steps: [prepare, listen]}]\n")
    revise(run, "wait")

    assert run.step("listen").state == "ready"


def test_a_revision_to_a_route_whose_other_one_was_done_and_sent_back_is_refused() -> None:
    run = trial(
        """
  - id: speak
    decision: Do we speak?
    role: incident_lead
    options: {post: {label: P, then: [prepare, agree]}, wait: {label: W, then: [listen]}}
  - {id: prepare, task: Prepare, role: press}
  - {id: agree, approval: Agree, of: prepare, approvers: [legal], on_reject: {rework: prepare}}
  - {id: listen, task: Listen, role: press}
""",
        more="policies: [{id: one_route, rule: never_both, steps: [prepare, listen]}]\n",
    )
    run.do(c.Answer("speak", "post"))
    run.do(c.CompleteStep("prepare"), by="dee")
    run.do(c.Reject("agree", run.version("prepare"), "again"), by="ben")

    assert run.refused(c.Answer("speak", "wait", note="why")).policy == "one_route"


def test_after_closing_no_answer_raises_severity() -> None:
    run = trial(
        """
  - {id: finish, task: Finish, role: incident_lead, sets: closed}
  - id: worse
    decision: Worse?
    role: incident_lead
    needs: [finish]
    options: {yes: {label: Y, raise: sev1, then: []}, no: {label: N, then: []}}
"""
    )
    run.do(c.Close())

    assert run.refused(c.Answer("worse", "yes")).allowed == ("reopen",)
