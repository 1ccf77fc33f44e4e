"""Severity: raising re-opens what was skipped only for it, lowering re-opens nothing, rules fire when they turn true."""

from engine.incident import commands as c
from engine.incident import events as e
from tests.incident.given import HEAD, Run, trial, trial_world

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: brief, task: Brief the board, role: incident_lead, min_severity: sev1}
  - {id: board, task: Hear the board, role: incident_lead, needs: [brief]}
  - {id: both, task: Write up, role: press, needs: [facts, brief]}
  - {id: guarded, task: Guarded, role: press, when: inputs.hurt}
"""
RULE = HEAD.replace("  start: sev2", "  start: sev2\n  raise: [{to: sev1, when: metrics.views > 100}]")
RULE += "metrics: {views: {title: Views, type: number, source: manual}}\n"


def test_below_its_level_a_step_is_skipped_with_the_reason() -> None:
    assert trial(STEPS).step("brief").reason == "only from severity sev1 on; this is sev2"


def test_raising_reopens_what_was_skipped_for_severity() -> None:
    run = trial(STEPS)
    run.do(c.Raise("sev1", "press call"))

    assert run.step("brief").state == "ready"


def test_raising_reopens_what_was_skipped_because_of_that() -> None:
    run = trial(STEPS)
    assert run.step("board").skip_cause == "path"
    run.do(c.Raise("sev1", "press call"))

    assert run.step("board").state == "waiting"


def test_raising_reopens_nothing_else() -> None:
    run = trial(STEPS)
    run.do(c.Raise("sev1", "press call"))

    assert run.step("guarded").skip_cause == "guard"


def test_what_needs_it_and_nobody_started_falls_back_to_waiting() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    assert run.step("both").state == "ready"
    run.do(c.Raise("sev1", "press call"))

    assert run.step("both").state == "waiting"


def test_what_somebody_started_goes_on() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.StartStep("both"), by="dee")
    run.do(c.Raise("sev1", "press call"))

    assert run.step("both").state == "doing"


def test_what_is_done_stands() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.CompleteStep("both"), by="dee")
    run.do(c.Raise("sev1", "press call"))

    assert run.step("both").state == "done"


def test_lowering_reopens_and_skips_nothing() -> None:
    run = trial(STEPS, severity="sev1")
    before = run.incident.steps
    run.do(c.Lower("sev2", "it calmed down"))

    assert run.incident.severity == "sev2"
    assert run.incident.steps == before


def test_anybody_may_raise_with_a_reason() -> None:
    assert trial(STEPS).do(c.Raise("sev1", "threats"), by="eve")
    assert trial(STEPS).code(c.Raise("sev1", " "), by="eve") == "note_required"


def test_only_the_lead_lowers_where_nobody_else_is_named() -> None:
    run = trial(STEPS, severity="sev1")

    assert run.code(c.Lower("sev2", "calm"), by="dee") == "not_you"
    assert run.do(c.Lower("sev2", "calm"), by="ana")


def test_lower_by_names_who_lowers() -> None:
    world = trial_world(STEPS, head=HEAD.replace("  start: sev2", "  start: sev2\n  lower_by: press"))
    run = Run.begin(world, severity="sev1")

    assert run.code(c.Lower("sev2", "calm"), by="ana") == "not_you"
    assert run.do(c.Lower("sev2", "calm"), by="dee")


def test_raising_to_a_lower_level_is_refused_and_lowering_to_a_higher_one() -> None:
    assert trial(STEPS, severity="sev1").code(c.Raise("sev2", "why")) == "not_raised"
    assert trial(STEPS).code(c.Lower("sev1", "why")) == "not_lowered"


def test_an_unknown_level_is_refused_with_those_there_are() -> None:
    assert "sev1" in trial(STEPS).refused(c.Raise("sev0", "why")).reason


def test_the_same_level_changes_nothing() -> None:
    assert trial(STEPS).do(c.Raise("sev2", "why")) == ()


def test_a_rule_raises_when_it_turns_true() -> None:
    run = Run.begin(trial_world(STEPS, head=RULE))
    run.do(c.RecordMetrics({"views": 200}))

    assert run.incident.severity == "sev1"
    assert run.step("brief").state == "ready"


def test_a_rule_that_is_true_at_the_start_raises_at_once() -> None:
    head = HEAD.replace("  start: sev2", "  start: sev2\n  raise: [{to: sev1, when: inputs.hurt}]")

    assert Run.begin(trial_world(STEPS, head=head), inputs={"hurt": True}).incident.severity == "sev1"


def test_a_rule_that_stays_true_does_not_undo_a_lowering() -> None:
    run = Run.begin(trial_world(STEPS, head=RULE))
    run.do(c.RecordMetrics({"views": 200}))
    run.do(c.Lower("sev2", "bots"))
    run.do(c.RecordMetrics({"views": 300}))

    assert run.incident.severity == "sev2"


def test_a_rule_that_turns_true_again_raises_again() -> None:
    run = Run.begin(trial_world(STEPS, head=RULE))
    run.do(c.RecordMetrics({"views": 200}))
    run.do(c.Lower("sev2", "bots"))
    run.do(c.RecordMetrics({"views": 50}))
    run.do(c.RecordMetrics({"views": 300}))

    assert run.incident.severity == "sev1"


def test_after_closing_severity_is_raised_only_once_reopened() -> None:
    run = trial(STEPS)
    run.do(c.Close())

    assert run.refused(c.Raise("sev1", "again")).allowed == ("reopen",)


def test_after_closing_no_rule_raises() -> None:
    run = Run.begin(trial_world(STEPS, head=RULE))
    run.do(c.Close())
    run.do(c.RecordMetrics({"views": 200}))

    assert run.incident.severity == "sev2"


def test_a_rule_raises_in_the_engines_name() -> None:
    run = Run.begin(trial_world(STEPS, head=RULE))
    entries = run.do(c.RecordMetrics({"views": 200}))

    assert [entry.by.name for entry in entries if isinstance(entry.event, e.SeverityRaised)] == ["firebreak"]


def test_a_rule_over_elapsed_time_raises_without_anybody_doing_anything() -> None:
    head = HEAD.replace("  start: sev2", "  start: sev2\n  raise: [{to: sev1, when: elapsed('declared') > duration('2h')}]")
    run = Run.begin(trial_world(STEPS, head=head))
    run.forward(hours=2)
    assert run.incident.severity == "sev2"
    run.forward(minutes=5)

    assert run.incident.severity == "sev1"
