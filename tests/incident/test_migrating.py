"""Moving a run to another version of its playbook: what happened stands, or the move is refused."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from tests.incident.given import HEAD, Run, trial, trial_world

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: one, decision: One?, role: incident_lead, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
  - {id: rest, task: Rest, role: press, needs: [facts]}
  - {id: gone, task: Gone, role: press}
"""
NEWER = STEPS.replace("{id: gone, task: Gone, role: press}", "{id: fresh, task: Fresh, role: press, needs: [facts]}")


def moved(run: Run, steps: str = NEWER, *, more: str = "") -> Run:
    run.world = trial_world(steps, head=HEAD + more, version="2.0.0")
    return run


def migrate(run: Run) -> c.Migrate:
    return c.Migrate("2.0.0", run.world.plan.digest)


def test_steps_appear_and_vanish_and_the_rest_stands() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    moved(run).do(migrate(run))

    assert run.states("facts", "rest", "fresh") == {"facts": "done", "rest": "ready", "fresh": "ready"}
    assert "gone" not in run.incident.steps
    assert (run.incident.playbook.version, run.events(e.PlaybookMigrated)[0].vanished) == ("2.0.0", ("gone",))


def test_a_version_without_a_step_in_which_something_happened_is_refused() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("gone"), by="dee")

    assert "'gone'" in moved(run).refused(migrate(run)).reason


def test_a_version_that_made_another_kind_of_what_happened_is_refused() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    other = STEPS.replace("task: Find out, role: press", "evidence: Find out, role: press, collect: [screenshot]")

    assert moved(run, other).code(migrate(run)) == "in_use"


def test_a_version_without_the_answer_that_was_given_is_refused() -> None:
    run = trial(STEPS)
    run.do(c.Answer("one", "no"))

    assert moved(run, STEPS.replace("no: {label: N", "later: {label: L")).code(migrate(run)) == "in_use"


@pytest.mark.parametrize(
    "policy",
    [
        "rule: before, first: rest, then: facts",
        "rule: never_both, steps: [facts, gone]",
        "rule: different_people, steps: [facts, gone]",
        "rule: requires, step: gone, needs: [one]",
    ],
)
def test_a_version_whose_policy_history_has_broken_is_refused_naming_it(policy: str) -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.CompleteStep("gone"), by="dee")
    others = STEPS.replace("{id: gone, task: Gone, role: press", "{id: gone, task: Gone, role: comms_lead")
    moved(run, others, more=f"policies: [{{id: stricter, {policy}}}]\n")

    assert run.refused(migrate(run)).policy == "stricter"


def test_a_version_whose_policies_were_kept_is_adopted() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.CompleteStep("rest"), by="dee")
    moved(run, STEPS, more="policies: [{id: stricter, rule: before, first: facts, then: rest}]\n")

    assert run.do(migrate(run))


def test_only_the_lead_moves_a_run() -> None:
    run = trial(STEPS)

    assert moved(run).code(migrate(run), by="dee") == "not_you"


def test_a_new_need_of_an_open_step_is_waited_for() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    moved(run, NEWER.replace("rest, task: Rest, role: press, needs: [facts]", "rest, task: Rest, role: press, needs: [fresh]"))
    run.do(migrate(run))

    assert run.states("fresh", "rest") == {"fresh": "ready", "rest": "waiting"}


def test_the_same_version_changes_nothing() -> None:
    run = trial(STEPS)

    assert run.do(c.Migrate("1.0.0", run.world.plan.digest)) == ()
