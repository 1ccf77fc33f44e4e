"""Policies on the actual history: each act that would break one is refused, naming it."""

from collections.abc import Iterable
from typing import Any

import pytest

from engine.incident import commands as c
from engine.incident.actor import DELIVERY
from engine.incident.plan import Plan, World
from engine.incident.policy import BUILT_IN
from tests.incident.given import HEAD, Run, trial, trial_world

TASKS = """
  - {id: first, task: First, role: press}
  - {id: then, task: Then, role: press}
  - {id: free, task: Free, role: press}
"""
WORDS = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: sign, approval: Sign, of: draft, approvers: [comms_lead, incident_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree, sign], channels: [site]}
"""
UNAPPROVED = """
  - {id: draft, statement: Say it, role: press, audience: media, template: line}
  - {id: post, publish: Post it, of: draft, role: press, channels: [site]}
"""
LINK = "https://example.com/1"


def policy(text: str) -> str:
    return f"policies: [{{id: rule_one, {text}}}]\n"


def with_steps(world: World, changes: dict[str, dict[str, Any]]) -> World:
    """The same world with some steps changed as no checker would let them pass."""
    steps: Iterable[Any] = (step.model_copy(update=changes.get(step.id, {})) for step in world.plan.playbook.steps)
    playbook = world.plan.playbook.model_copy(update={"steps": list(steps)})
    return World(Plan.of(playbook, world.plan.digest), world.organisation, world.texts)


def test_before_is_refused_until_the_first_was_done() -> None:
    run = trial(TASKS, more=policy("rule: before, first: first, then: [then]"))
    refusal = run.refused(c.CompleteStep("then"), by="dee")
    run.do(c.CompleteStep("first"), by="dee")

    assert (refusal.code, refusal.policy, refusal.reason) == ("policy", "rule_one", "policy rule_one: 'first' has to be done first")
    assert run.do(c.CompleteStep("then"), by="dee")


def test_what_was_done_earlier_stays_done_earlier_when_it_reopens() -> None:
    run = trial(
        """
  - {id: save, evidence: Save, role: press, from: inputs.links, collect: [screenshot]}
  - {id: remove, task: Remove, role: press, needs: [save]}
""",
        more=policy("rule: before, first: save, then: remove"),
        inputs={"links": ["https://a.example/1"]},
    )
    run.do(c.AddEvidence("save", "https://a.example/1", "ab" * 32), by="dee")
    run.do(c.StartStep("remove"), by="dee")
    run.do(c.Add({"links": ["https://a.example/2"]}))
    assert run.step("save").state == "ready"

    assert run.do(c.CompleteStep("remove"), by="dee")


def test_what_was_done_under_an_answer_that_was_revised_is_not_done_earlier() -> None:
    run = trial(
        """
  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: [first]}, no: {label: N, then: []}}}
  - {id: first, task: First, role: press}
  - {id: then, task: Then, role: press}
""",
        more=policy("rule: before, first: first, then: then"),
    )
    run.do(c.Answer("one", "yes"))
    run.do(c.CompleteStep("first"), by="dee")
    run.do(c.Answer("one", "no", note="we learnt more"))

    assert run.refused(c.CompleteStep("then"), by="dee").policy == "rule_one"


def test_requires_asks_for_several() -> None:
    run = trial(TASKS, more=policy("rule: requires, step: then, needs: [first, free]"))
    run.do(c.CompleteStep("first"), by="dee")

    assert run.refused(c.CompleteStep("then"), by="dee").reason == "policy rule_one: 'free' has to be done first"


def test_never_both_refuses_the_second() -> None:
    run = trial(TASKS, more=policy("rule: never_both, steps: [first, then]"))
    run.do(c.CompleteStep("first"), by="dee")

    assert run.refused(c.CompleteStep("then"), by="dee").reason == "policy rule_one: 'first' has happened already"


def test_always_happens_is_not_skipped_by_hand() -> None:
    assert (
        trial(TASKS, more=policy("rule: always_happens, steps: [first]")).refused(c.SkipStep("first", "no"), by="dee").policy == "rule_one"
    )


def test_different_people_refuses_the_same_one() -> None:
    others = TASKS.replace("task: Then, role: press", "task: Then, role: legal")
    run = trial(others, more=policy("rule: different_people, steps: [first, then]"), organisation=ONE_FOR_BOTH)
    run.do(c.CompleteStep("first"), by="dee")

    assert run.code(c.CompleteStep("then"), by="dee") == "same_person"
    assert run.do(c.CompleteStep("then"), by="ana")


def test_different_people_refuses_giving_the_role_to_the_same_one() -> None:
    run = trial(
        TASKS.replace("task: Then, role: press", "task: Then, role: comms_lead"),
        more=policy("rule: different_people, steps: [first, then]"),
    )
    run.do(c.CompleteStep("first"), by="dee")

    assert run.refused(c.NameRole("comms_lead", "dee"), by="ana").policy == "rule_one"


def test_different_people_refuses_a_revision_by_the_same_one() -> None:
    run = trial(
        "  - {id: one, decision: One?, role: press, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}\n"
        + TASKS.replace("task: First, role: press", "task: First, role: legal"),
        more=policy("rule: different_people, steps: [one, first]"),
        organisation=ONE_FOR_BOTH,
    )
    run.do(c.Answer("one", "yes"), by="ana")
    run.do(c.CompleteStep("first"), by="dee")

    assert run.code(c.Answer("one", "no", note="why"), by="dee") == "same_person"


def test_whoever_saved_evidence_had_a_hand_in_it() -> None:
    run = trial(
        """
  - {id: save, evidence: Save, role: press, collect: [screenshot]}
  - {id: agree, approval: Agree, of: save, approvers: [legal], on_reject: {rework: save}}
""",
        organisation=ONE_FOR_BOTH,
    )
    run.do(c.AddEvidence("save", "here", "ab" * 32), by="dee")

    assert run.code(c.Approve("agree", run.version("save")), by="dee") == "own_work"


@pytest.mark.parametrize("words", ["Fred was there", "ask FRED, please"])
def test_no_personal_data_is_said_to_its_audience(words: str) -> None:
    run = trial(WORDS, more=policy("rule: no_personal_data, audience: [public]"), inputs={"people": ["Fred"]})

    assert run.refused(c.SubmitDraft("draft", words), by="dee").policy == "rule_one"
    assert run.do(c.SubmitDraft("draft", "A Frederick was there"), by="dee")


def test_no_personal_data_covers_what_came_of_steps() -> None:
    run = trial(
        "  - {id: who, task: Who was it?, role: press, result: {type: person}}\n" + WORDS,
        more=policy("rule: no_personal_data, audience: [public]"),
    )
    run.do(c.CompleteStep("who", result="Zoe Quill"), by="dee")

    assert run.refused(c.SubmitDraft("draft", "It was Zoe Quill."), by="dee").policy == "rule_one"


def test_a_personal_yes_is_not_looked_for_in_texts() -> None:
    head = "policies: [{id: rule_one, rule: no_personal_data, audience: [public]}]\n"
    world = trial_world(WORDS, head=_with_input("minor: {type: yes_no, personal: true, default: true}") + head)

    assert Run.begin(world).do(c.SubmitDraft("draft", "That is true."), by="dee")


def test_forbidden_words_are_refused_when_a_draft_is_saved() -> None:
    run = trial(WORDS, more=policy("rule: forbid_words, audience: [public], words: [you may not speak]"))

    assert run.refused(c.SubmitDraft("draft", "You may not SPEAK."), by="dee").policy == "rule_one"


def test_forbidden_words_are_free_for_other_audiences() -> None:
    run = trial(WORDS, more=policy("rule: forbid_words, audience: [media], words: [you may not speak]"))

    assert run.do(c.SubmitDraft("draft", "You may not speak."), by="dee")


def test_approved_before_publish_wants_each_role_on_exactly_these_words() -> None:
    world = with_steps(
        trial_world(WORDS, head=_head(policy("rule: approved_before_publish, audience: [public], approvers: [legal, comms_lead]"))),
        {"post": {"needs": ["agree"]}},
    )
    run = Run.begin(world)
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben")

    assert run.refused(c.StartStep("post"), by="dee").reason == "policy rule_one: 'comms_lead' has not approved exactly these words"


def test_a_key_counts_only_in_an_approval_that_was_given() -> None:
    world = with_steps(trial_world(WORDS), {"post": {"needs": []}})
    run = Run.begin(world)
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("sign", "draft", "cho")
    assert run.step("sign").state == "ready"

    assert run.refused(c.StartStep("post"), by="dee").policy == BUILT_IN


def test_nothing_goes_outside_without_an_approval_whatever_the_playbook_says() -> None:
    run = trial(UNAPPROVED)
    run.do(c.SubmitDraft("draft"), by="dee")

    assert run.refused(c.Confirm("post", "site", LINK), by="dee").policy == BUILT_IN


def test_inside_the_organisation_no_approval_is_asked_for_by_itself() -> None:
    run = trial(UNAPPROVED.replace("audience: media", "audience: employees"))
    run.do(c.SubmitDraft("draft"), by="dee")

    assert run.do(c.Confirm("post", "site", LINK), by="dee")


def test_a_message_to_outsiders_counts_as_publishing_what_nobody_approved() -> None:
    world = with_steps(
        trial_world('  - {id: tell, message: Tell, to: ["email:press@x.example"], text: Hello}\n'), {"tell": {"audience": "media"}}
    )
    run = Run.begin(world)

    assert (run.step("tell").state, run.step("tell").reason) == (
        "blocked",
        "nothing goes to media without an approval of exactly these words",
    )


def test_what_the_engine_does_is_refused_too_and_shown_as_blocked() -> None:
    run = trial(
        "  - {id: first, task: First, role: press}\n  - {id: tell, message: Tell, to: [war_room], text: Hello}\n",
        more=policy("rule: before, first: first, then: tell"),
    )

    assert run.step("tell").state == "blocked"
    assert "rule_one" in str(run.step("tell").reason)


def test_time_ends_no_wait_that_a_policy_holds_back() -> None:
    run = trial(
        "  - {id: first, task: First, role: press}\n  - {id: pause, wait: Wait, for: 10m}\n",
        more=policy("rule: before, first: first, then: pause"),
    )
    run.forward(hours=1)
    assert run.step("pause").state == "ready"
    run.do(c.CompleteStep("first"), by="dee")
    run.forward(minutes=0)

    assert run.step("pause").state == "done"


def test_an_until_that_is_true_waits_for_what_a_policy_wants_done_first() -> None:
    run = trial(
        "  - {id: first, task: First, role: press}\n  - {id: pause, wait: Wait, until: inputs.hurt, for_at_most: 1d}\n",
        more=policy("rule: before, first: first, then: pause"),
        inputs={"hurt": True},
    )
    assert run.step("pause").state == "ready"
    run.do(c.CompleteStep("first"), by="dee")

    assert run.step("pause").state == "done"


def test_a_warning_refuses_nothing() -> None:
    run = trial(TASKS, more=policy("rule: before, first: first, then: then, level: warning"))

    assert run.do(c.CompleteStep("then"), by="dee")


def test_what_the_organisation_requires_holds_in_every_playbook() -> None:
    required = "required_policies: [{id: ours, rule: never_both, steps: [first, then]}]\n"
    run = trial(TASKS, organisation=ONE_FOR_BOTH + required)
    run.do(c.CompleteStep("first"), by="dee")

    assert run.refused(c.CompleteStep("then"), by="dee").policy == "ours"


def test_a_second_outcome_of_a_request_is_no_second_act() -> None:
    run = trial(
        '  - {id: count, http: Count, url: "https://api.example.com/v"}\n  - {id: other, task: Other, role: press}\n',
        more=policy("rule: never_both, steps: [count, other]"),
    )
    run.sent("count", status=200)

    assert run.refused(c.CompleteStep("other"), by="dee").policy == "rule_one"
    assert run.do(c.RecordDelivery("d", "count", "sent", {"status": 200}), by=DELIVERY) == ()


def _head(more: str) -> str:
    return HEAD + more


def _with_input(text: str) -> str:
    return _head("").replace("inputs:\n", f"inputs:\n  {text}\n")


ONE_FOR_BOTH = """
firebreak_organisation: 1
name: Small
people: {ana: {name: Ana Ruiz}, dee: {name: Dee Lund}}
groups: {leads: [ana], lawyers: [dee], comms: [dee], press: [dee]}
"""
