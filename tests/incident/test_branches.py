"""When a step starts, and when a branch, a need or a guard says that it never will."""

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY
from tests.incident.given import trial

BRANCHES = """
  - {id: facts, task: Find out, role: press}
  - id: real
    decision: Is it us?
    role: incident_lead
    options: {ours: {label: Ours, then: [answer, shared]}, theirs: {label: Theirs, then: [deny, shared]}}
  - {id: answer, task: Answer, role: press, needs: [facts]}
  - {id: deny, task: Deny, role: press, needs: [facts]}
  - {id: shared, task: Log it, role: press}
  - {id: after, task: Look back, role: press, needs: [answer, deny]}
  - {id: after_deny, task: Thank those who asked, role: press, needs: [deny]}
"""
TWO_DECISIONS = """
  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: [both]}, no: {label: N, then: []}}}
  - {id: two, decision: Two?, role: incident_lead, options: {yes: {label: Y, then: [both]}, no: {label: N, then: []}}}
  - {id: both, task: Both, role: press}
"""
WORDS = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
"""
FAILING = """
  - {id: count, http: Count, url: "https://api.example.com/v"}
  - {id: facts, task: Find out, role: press}
  - {id: hit, task: Needs both, role: press, needs: [count, facts]}
  - {id: tough, task: Goes on, role: press, needs: [count, facts], even_if_blocked: true}
  - {id: last, task: Needs the hit one, role: press, needs: [hit]}
"""


def test_a_step_without_needs_is_ready_at_once() -> None:
    assert trial(BRANCHES).states("facts", "real", "shared") == {"facts": "ready", "real": "ready", "shared": "waiting"}


def test_a_step_waits_until_everything_it_needs_is_settled() -> None:
    run = trial(BRANCHES)
    run.do(c.Answer("real", "ours"))

    assert run.states("answer", "shared") == {"answer": "waiting", "shared": "ready"}


def test_another_branch_is_skipped_at_once_with_the_answer_as_reason() -> None:
    run = trial(BRANCHES)
    run.do(c.Answer("real", "ours"))

    assert (run.step("deny").state, run.step("deny").skip_cause) == ("skipped", "branch")
    assert run.step("deny").reason == "real=ours does not lead here"


def test_one_done_need_is_enough_when_the_others_were_skipped() -> None:
    run = trial(BRANCHES)
    run.do(c.Answer("real", "ours"))
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.CompleteStep("answer"), by="dee")

    assert run.step("after").state == "ready"


def test_a_step_whose_needs_were_all_skipped_is_skipped_too() -> None:
    run = trial(BRANCHES)
    run.do(c.Answer("real", "ours"))

    assert (run.step("after_deny").state, run.step("after_deny").skip_cause) == ("skipped", "path")


def test_a_blocked_need_blocks() -> None:
    run = trial(FAILING)
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)
    run.do(c.CompleteStep("facts"), by="dee")

    assert (run.step("hit").state, run.step("hit").block_cause) == ("blocked", "need")
    assert (run.step("hit").reason, run.step("last").reason) == ("count blocked", "hit blocked")


def test_a_step_runs_even_if_blocked_when_it_says_so() -> None:
    run = trial(FAILING)
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.step("tough").state == "ready"


def test_even_if_blocked_still_waits_until_everything_is_settled() -> None:
    run = trial(FAILING)
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)

    assert run.step("tough").state == "waiting"


def test_a_step_listed_by_two_decisions_needs_both() -> None:
    run = trial(TWO_DECISIONS)
    run.do(c.Answer("one", "yes"))

    assert run.step("both").state == "waiting"
    run.do(c.Answer("two", "yes"))
    assert run.step("both").state == "ready"


def test_a_step_listed_by_two_decisions_is_skipped_by_either() -> None:
    run = trial(TWO_DECISIONS)
    run.do(c.Answer("two", "no"))

    assert run.step("both").reason == "two=no does not lead here"


def test_a_branch_wins_over_a_blocked_need() -> None:
    run = trial(
        """
  - {id: count, http: Count, url: "https://api.example.com/v"}
  - id: one
    decision: One?
    role: incident_lead
    options: {yes: {label: Y, then: [late]}, no: {label: N, then: []}}
  - {id: late, task: Late, role: press, needs: [count]}
"""
    )
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)
    run.do(c.Answer("one", "no"))

    assert run.step("late").skip_cause == "branch"


def test_a_step_of_a_skipped_decision_is_skipped() -> None:
    run = trial(
        """
  - {id: one, decision: One?, role: incident_lead, when: inputs.hurt, options: {yes: {label: Y, then: [after]}, no: {label: N, then: []}}}
  - {id: after, task: After, role: press}
"""
    )

    assert run.states("one", "after") == {"one": "skipped", "after": "skipped"}
    assert run.step("after").reason == "one was skipped"


def test_a_false_guard_skips_and_shows_itself() -> None:
    run = trial("  - {id: help, task: Help, role: press, when: inputs.hurt}\n")

    assert (run.step("help").skip_cause, run.step("help").reason) == ("guard", "not needed: inputs.hurt (it is false)")


def test_a_true_guard_lets_the_step_start() -> None:
    assert trial("  - {id: help, task: Help, role: press, when: inputs.hurt}\n", inputs={"hurt": True}).step("help").state == "ready"


def test_a_guard_is_read_only_when_everything_else_says_ready() -> None:
    run = trial(
        """
  - {id: facts, task: Find out, role: press}
  - {id: help, task: Help, role: press, needs: [facts], when: skipped('facts')}
"""
    )
    assert run.step("help").state == "waiting"
    run.do(c.SkipStep("facts", "known"), by="dee")

    assert run.step("help").state == "ready"


def test_a_guard_over_what_is_not_known_reads_as_false() -> None:
    head = "metrics: {views: {title: Views, type: number, source: manual}}\n"

    help_step = trial("  - {id: help, task: Help, role: press, when: metrics.views > 5}\n", more=head).step("help")

    assert (help_step.skip_cause, help_step.reason) == ("guard", "not needed: metrics.views > 5 (metrics.views is not known)")


def test_a_guard_is_not_read_again() -> None:
    run = trial(
        "  - {id: help, task: Help, role: press, when: metrics.views > 5}\n  - {id: rest, task: Rest, role: press}\n",
        more="metrics: {views: {title: Views, type: number, source: manual}}\n",
    )
    run.do(c.RecordMetrics({"views": 10}))

    assert run.step("help").state == "skipped"


def test_guards_over_a_decision_read_what_was_chosen() -> None:
    run = trial(
        """
  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
  - {id: if_yes, task: A, role: press, needs: [one], when: "chosen('one', 'yes')"}
  - {id: if_no, task: B, role: press, needs: [one], when: decisions.one == 'no'}
"""
    )
    run.do(c.Answer("one", "no"))

    assert run.states("if_yes", "if_no") == {"if_yes": "skipped", "if_no": "ready"}


def test_what_is_of_a_skipped_statement_is_skipped_at_once() -> None:
    run = trial(WORDS.replace("template: line", "template: line, when: inputs.hurt"))

    assert run.states("draft", "agree", "post") == dict.fromkeys(["draft", "agree", "post"], "skipped")
    assert run.step("agree").skip_cause == "of"


def test_what_is_of_a_blocked_step_is_blocked_even_if_it_runs_when_blocked() -> None:
    run = trial(
        """
  - {id: count, http: Count, url: "https://api.example.com/v"}
  - {id: agree, approval: Agree, of: count, approvers: [legal], even_if_blocked: true, on_reject: {rework: count}}
"""
    )
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)

    assert (run.step("agree").state, run.step("agree").block_cause) == ("blocked", "of")


def test_a_publish_never_outlives_a_blocked_approval() -> None:
    run = trial(
        WORDS.replace("channels: [site]", "channels: [site], even_if_blocked: true").replace(
            "rework: draft", "rework: draft, max: 0, then: stop"
        )
    )
    run.do(c.SubmitDraft("draft"), by="dee")
    run.do(c.Reject("agree", run.version("draft"), "no"), by="ben")

    assert run.states("agree", "post") == {"agree": "blocked", "post": "blocked"}


def test_a_declaration_says_who_and_when() -> None:
    run = trial(BRANCHES)

    assert (run.incident.declared_by, run.incident.declared_at) == ("ana", run.now)
    assert len(run.events(e.Declared)) == 1
