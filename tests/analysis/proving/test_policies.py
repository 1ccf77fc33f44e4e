"""What the verifier proves and what it does not, rule by rule, on playbooks small enough to see why."""

from collections.abc import Mapping

import pytest

from engine.analysis.proving.reach import reachable
from engine.analysis.proving.rules import advice, told_together
from engine.analysis.proving.states import Model
from engine.analysis.proving.telling import Teller
from engine.analysis.proving.verify import Verification, verify
from tests.incident.given import HEAD, trial_world

DRAFT = "{id: draft, statement: Say it, role: press, audience: public, template: line}"
AGREE = "{id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}"
POST = "{id: post, publish: Post, of: draft, role: comms_lead, needs: [agree], channels: [site]}"
KEYS = "{id: keys, rule: approved_before_publish, audience: [public], approvers: [legal]}"


def verified(*steps: str, policies: str = KEYS) -> Verification:
    world = trial_world("".join(f"  - {step}\n" for step in steps), head=f"{HEAD}policies: [{policies}]\n")
    return verify(world.plan, world.policies)


def with_field(step: str, field: str) -> str:
    return f"{step[:-1]}, {field}}}"


def broken(verification: Verification) -> list[tuple[str, str]]:
    return [(verdict.obligation.policy.id, verdict.obligation.step) for verdict in verification.broken]


def stories(verification: Verification) -> Mapping[str, str]:
    found = [(each.obligation, each.example) for each in verification.broken]
    return {one.step: Teller.of(verification.model, one, example).story().summary for one, example in found if example is not None}


def test_words_that_wait_for_their_approval_are_proved() -> None:
    assert broken(verified(DRAFT, AGREE, POST)) == []


def test_a_role_that_holds_no_key_at_all_is_missing() -> None:
    both = KEYS.replace("[legal]", "[legal, comms_lead]")

    assert [each.obligation.missing for each in verified(DRAFT, AGREE, POST, policies=both).broken] == ["comms_lead"]


def test_severity_on_the_approval_alone_is_a_hole_that_is_told_as_a_story() -> None:
    found = verified(DRAFT, with_field(AGREE, "min_severity: sev1"), POST)

    assert ("keys", "post") in broken(found)
    assert stories(found)["post"] == "severity=sev2, agree skipped because severity is below sev1"


@pytest.mark.parametrize("places", [("draft",), ("agree", "post"), ("draft", "agree", "post")], ids="+".join)
def test_the_same_severity_where_it_matters_raises_no_false_alarm(places: tuple[str, ...]) -> None:
    steps = {"draft": DRAFT, "agree": AGREE, "post": POST}
    written = [with_field(step, "min_severity: sev1") if name in places else step for name, step in steps.items()]

    assert broken(verified(*written)) == []


def test_a_key_that_the_quorum_does_not_make_necessary_counts_for_nothing() -> None:
    loose = AGREE.replace("[legal]", "[legal, comms_lead]").replace("of: draft", "of: draft, quorum: any")

    assert broken(verified(DRAFT, loose, POST.replace("role: comms_lead", "role: press"))) == [("keys", "post")]


def test_an_input_that_becomes_known_between_two_readings_is_thought_of() -> None:
    found = verified(
        DRAFT,
        "{id: wait_a_bit, task: Wait, role: press}",
        with_field(AGREE, "when: inputs.hurt"),
        with_field(POST.replace("[agree]", "[agree, wait_a_bit]"), "when: inputs.hurt"),
    )

    assert ("keys", "post") in broken(found)
    assert "not known yet" in stories(found)["post"]


def test_a_hand_skip_is_not_done_and_the_steps_that_need_protection_are_named() -> None:
    order = "{id: order, rule: before, first: save, then: delete}"
    found = verified(
        "{id: save, task: Save, role: press}",
        "{id: delete, task: Delete, role: press, needs: [save]}",
        "{id: other, task: Other, role: press}",
        policies=order,
    )

    assert broken(found) == []
    assert found.unskippable == {"save": "order"}


def test_an_approval_of_a_task_is_lost_with_a_hand_skip_of_the_task() -> None:
    checked = "{id: agree_on_it, approval: Agree, of: work, approvers: [legal], on_reject: {rework: work}}"
    order = "{id: order, rule: requires, step: act, needs: [agree_on_it]}"
    found = verified(
        "{id: work, task: Work, role: press}",
        checked,
        "{id: other, task: Other, role: press}",
        "{id: act, task: Act, role: press, needs: [agree_on_it, other]}",
        policies=order,
    )

    assert broken(found) == []
    assert found.unskippable == {"work": "order"}


def test_before_holds_only_where_somebody_waits() -> None:
    """`late` is skipped at once by the answer, while what it needs is still open."""
    found = verified(
        "{id: first, task: First, role: press}",
        "{id: choice, decision: Which, role: press, options: {aa: {label: A, then: [late]}, bb: {label: B, then: []}}}",
        "{id: late, task: Late, role: press, needs: [first]}",
        "{id: last, task: Last, role: press, needs: [choice, late]}",
        policies="{id: order, rule: before, first: first, then: last}",
    )
    obligation = found.broken[0].obligation
    story = Teller.of(found.model, obligation, found.broken[0].example or {}).story()

    assert "first still open" in story.summary
    assert advice(found, obligation, story) == "write needs: [first] in step 'last'"


def test_what_goes_on_although_something_was_blocked_is_accounted_for() -> None:
    stopped = AGREE.replace("{rework: draft}", "{rework: draft, then: stop}")
    review = "{id: review, task: Review, role: press, needs: [post]}"
    always = "{id: always, rule: always_happens, steps: [review]}"

    assert broken(verified(DRAFT, stopped, POST, review, policies=always)) == [("always", "review")]
    assert broken(verified(DRAFT, stopped, POST, with_field(review, "even_if_blocked: true"), policies=always)) == []


def test_an_approval_that_is_taken_back_was_given_all_the_same() -> None:
    """The task may be under way when the approval is taken back and stopped: it was done earlier, which is what `before` asks."""
    found = verified(
        DRAFT,
        AGREE,
        "{id: brief, task: Brief, role: press, needs: [agree]}",
        "{id: act, task: Act, role: press, needs: [brief]}",
        policies="{id: order, rule: before, first: agree, then: act}",
    )

    assert broken(found) == []


def test_steps_under_different_answers_are_never_both_done() -> None:
    choice = "{id: choice, decision: Which, role: press, options: {aa: {label: A, then: [one]}, bb: {label: B, then: [two]}}}"
    one, two = "{id: one, task: One, role: press}", "{id: two, task: Two, role: press}"
    apart = "{id: apart, rule: never_both, steps: [one, two]}"

    assert broken(verified(choice, one, two, policies=apart)) == []
    assert broken(verified(choice.replace("then: [two]", "then: [two, one]"), one, two, policies=apart)) == [("apart", "two")]


def test_two_guards_that_exclude_each_other_over_a_start_input_keep_steps_apart() -> None:
    apart = "{id: apart, rule: never_both, steps: [one, two]}"
    one, two = "{id: one, task: One, role: press, when: inputs.hurt}", "{id: two, task: Two, role: press, when: not inputs.hurt}"

    assert broken(verified(one, two, policies=apart)) == []


def test_a_guard_over_a_metric_may_be_true_and_then_false() -> None:
    policies = "policies: [{id: apart, rule: never_both, steps: [one, two]}]"
    head = f"{HEAD}{policies}\nmetrics: {{views: {{title: Views, type: number, source: press}}}}\n"
    guards = {"one": "metrics.views > 10", "two": "not metrics.views > 10"}
    steps = "".join(f'  - {{id: {name}, task: Act, role: press, when: "{guard}"}}\n' for name, guard in guards.items())
    world = trial_world(steps, head=head)

    assert broken(verify(world.plan, world.policies)) == [("apart", "two")]


def test_what_a_policy_of_level_warning_breaks_protects_nothing() -> None:
    always = "{id: always, rule: always_happens, steps: [only], level: warning}"

    assert verified("{id: only, task: Only, role: press}", policies=always).unskippable == {}


def test_the_built_in_policy_says_nothing_where_another_says_the_same() -> None:
    found = verified(DRAFT, with_field(AGREE, "min_severity: sev1"), POST)

    assert [verdict.obligation.policy.id for verdict in found.broken] == ["approved_outside", "keys"]
    assert [[each.obligation.policy.id for each in group] for group in told_together(found)] == [["keys"]]


def test_a_step_whose_guard_excludes_what_it_needs_is_unreachable() -> None:
    found = verified(
        "{id: one, task: One, role: press, when: inputs.hurt}",
        "{id: two, task: Two, role: press, needs: [one], when: not inputs.hurt}",
        "{id: three, task: Three, role: press, needs: [two]}",
    )

    assert reachable(Model.of(found.model.plan)) == {"one"}
