"""One run: people with one pair of hands, absences that somebody makes good, the engine's own rules, an end."""

import pytest

from engine.analysis.simulation.assumptions import HOUR, MINUTE, Assumptions
from engine.analysis.simulation.outcome import outcome_of, run_once
from engine.analysis.simulation.question import outcomes_of
from engine.analysis.simulation.summary import summarise
from tests.analysis.simulation.given import STEADY, STEPS, few_steps, overlaps, question_of, run_without, sittings_of
from tests.incident.given import ORGANISATION, shipped_world
from tests.test_playbooks import NAMES

ROUGH = Assumptions(no_show=0.2, reject=0.3)

LONG_THOUGHT = """
  - {id: facts, task: Find out, role: incident_lead, takes: 10m}
  - id: sue
    decision: Do we sue?
    role: legal
    takes: 5h
    due: 3h from declared
    if_no_answer: keep
    options: {keep: {label: No, then: []}, go: {label: Yes, then: []}}
  - {id: read, task: Read it, role: legal, needs: [facts], takes: 2h, due: 10h from declared}
  - {id: study, task: Study it, role: legal, needs: [facts], takes: 2h, due: 11h from declared}
  - {id: file, task: File it, role: legal, needs: [facts], takes: 30m, due: 12h from declared}
  - {id: close, task: Close, role: incident_lead, needs: [sue, read, study, file], takes: 1m, sets: closed}
"""

TWO_TASKS = """
  - {id: call, task: Call them, role: legal, takes: 10m, due: 20m from declared}
  - {id: press_desk, task: Tell the press desk, role: press, takes: 10m, due: 20m from declared}
  - {id: close, task: Close, role: incident_lead, needs: [call, press_desk], takes: 1m, sets: closed}
"""


def test_the_same_seed_and_number_give_the_same_run() -> None:
    first = outcomes_of(question_of(few_steps(), seed=5).setting(), range(20))
    again = [outcome_of(question_of(few_steps(), seed=5).setting(), number) for number in reversed(range(20))]

    assert list(reversed(again)) == first


def test_another_seed_gives_other_runs() -> None:
    first = outcomes_of(question_of(few_steps(), seed=5).setting(), range(20))

    assert outcomes_of(question_of(few_steps(), seed=6).setting(), range(20)) != first


@pytest.mark.parametrize("name", NAMES)
def test_a_person_does_one_thing_at_a_time(name: str) -> None:
    setting = question_of(shipped_world(name), assumed=ROUGH).setting()

    assert [pair for number in range(3) for pair in overlaps(run_once(setting, number))] == []


def test_work_that_is_taken_away_frees_nobody_from_what_they_are_at_by_then() -> None:
    course = run_once(question_of(few_steps(LONG_THOUGHT), assumed=STEADY).setting(), 0)
    (thought,), (study,), (file,) = (sittings_of(course, step) for step in ("sue", "study", "file"))

    assert study.begun_at is not None
    assert study.begun_at < thought.done_at < study.free_at
    assert overlaps(course) == []
    assert file.begun_at == study.free_at


@pytest.mark.parametrize("name", NAMES)
def test_a_run_comes_to_an_end_or_something_was_refused_on_the_way(name: str) -> None:
    setting = question_of(shipped_world(name), assumed=ROUGH).setting()
    runs = [run_once(setting, number) for number in range(3)]

    assert [run.lot.key for run in runs if not run.is_over and not run.refused] == []


def test_a_run_ends_when_the_incident_is_closed() -> None:
    runs = [run_once(question_of(few_steps()).setting(), number) for number in range(20)]

    assert {run.incident.closed_at is not None for run in runs} == {True}
    assert max(run.now for run in runs) < 3 * 24 * HOUR


def test_the_core_accepts_all_that_people_do_where_each_role_has_its_own_people() -> None:
    outcomes = outcomes_of(question_of(few_steps(), assumed=ROUGH).setting(), range(30))

    assert [outcome.refused for outcome in outcomes if outcome.refused] == []


def test_what_the_core_refuses_is_counted_by_code() -> None:
    words = STEPS.replace("role: press, audience", "role: comms_lead, audience").replace(
        "approvers: [legal, comms_lead]", "approvers: [legal]"
    )
    alone = ORGANISATION.replace("lawyers: [ben, eve]", "lawyers: [cho]")
    setting = question_of(few_steps(words, organisation=alone), odds=["real=ours:1"], assumed=STEADY).setting()
    figures = summarise(setting, outcomes_of(setting, range(4)))

    assert figures.refusals == {"own_work": 4}
    assert figures.unfinished == 1.0


def test_who_has_turned_one_key_does_not_try_the_other_for_ever() -> None:
    one_for_both = ORGANISATION.replace("comms: [cho]", "comms: [ben]").replace("lawyers: [ben, eve]", "lawyers: [ben]")
    course = run_once(question_of(few_steps(organisation=one_for_both), odds=["real=ours:1"], assumed=STEADY).setting(), 0)

    assert len(sittings_of(course, "agree")) == 2
    assert not course.is_over


def test_who_does_not_answer_is_replaced_by_the_next_in_line() -> None:
    setting = question_of(few_steps(TWO_TASKS), assumed=STEADY).setting()
    (usual,), (instead,) = sittings_of(run_without(setting), "call"), sittings_of(run_without(setting, "ben"), "call")

    assert (usual.person, instead.person) == ("ben", "eve")
    assert usual.begun_at == STEADY.first_look
    assert instead.begun_at is not None
    assert instead.begun_at >= 10 * MINUTE  # the role's `ack`


def test_the_lead_takes_what_the_ladder_says_is_late_when_nobody_else_is_there() -> None:
    setting = question_of(few_steps(TWO_TASKS), assumed=STEADY).setting()
    (rescue,) = sittings_of(run_without(setting, "dee"), "press_desk")

    assert (rescue.person, rescue.is_rescue) == ("ana", True)
    assert rescue.begun_at is not None
    assert rescue.begun_at >= (20 + 30) * MINUTE  # due, and the rung after it


def test_a_no_show_ends_the_next_morning() -> None:
    setting = question_of(few_steps(TWO_TASKS), assumed=STEADY).setting()
    (late,) = sittings_of(run_without(setting, "ana", "dee"), "press_desk")

    assert late.person == "dee"
    assert late.begun_at is not None
    assert setting.staff.hours["dee"].next_morning(0) <= late.begun_at < setting.staff.hours["dee"].next_morning(0) + HOUR


def test_words_that_are_always_sent_back_come_to_an_end() -> None:
    course = run_once(question_of(few_steps(), odds=["real=ours:1"], assumed=Assumptions(no_show=0, reject=1)).setting(), 0)

    assert course.is_over
    assert len(sittings_of(course, "draft")) > 1
