"""People at work: when they begin, what they take up first, how long it takes, and what the engine makes of it."""

import pytest

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.course import Course
from engine.analysis.simulation.setting import NotStartable
from tests.analysis.simulation.posting import MONDAY, NIGHT, NOBODY, SURE, courses, question
from tests.incident.given import shipped_world
from tests.test_playbooks import NAMES


def minutes(course: Course, step: str) -> float:
    at = course.incident.steps[step].settled_at
    assert at is not None
    return course.seconds(at) / 60


@pytest.mark.parametrize("name", NAMES)
def test_every_run_of_a_shipped_playbook_keeps_to_what_the_engine_accepts(name: str) -> None:
    asked = question(of=shipped_world(name), assumed=SURE)

    assert [refusal for run in courses(asked, 5) for refusal in run.refused] == []


def test_nobody_begins_before_work_came_to_them() -> None:
    sittings = [each for run in courses(question(), 30) for each in run.sittings]

    assert all(each.came_at <= (each.begun_at or 0) <= each.free_at <= each.done_at for each in sittings)


def test_an_input_that_a_guard_reads_is_drawn() -> None:
    steps = """
  - {id: care, task: Care, role: incident_lead, when: inputs.hurt}
  - {id: close, task: Close, role: incident_lead, needs: [care], even_if_blocked: true, sets: closed}
  - {id: look, task: Look, role: incident_lead}
"""
    states = [run.incident.steps["care"].state for run in courses(question(steps, more="", odds=("hurt=yes:1",)), 5)]

    assert set(states) == {"done"}


def test_words_are_sent_back_and_written_again() -> None:
    run = courses(question(odds=("speak=post:1",), assumed=Assumptions(no_show=0.0, reject=0.4)), 30)

    assert any(len(each.incident.steps["draft"].versions) > 1 for each in run)
    assert all(each.incident.closed_at for each in run)


def test_somebody_who_does_not_answer_is_replaced_by_who_comes_next() -> None:
    runs = courses(question(assumed=Assumptions(no_show=0.5, reject=0.0)), 60)
    late = [run for run in runs if "ben" in run.lot.absent and not {"eve", "ana", "dee"} & run.lot.absent]

    assert late
    assert all({each.person for each in run.sittings if each.role == "legal"} == {"eve"} for run in late)


def test_an_unanswered_decision_takes_its_default() -> None:
    steps = """
  - id: speak
    decision: Speak?
    role: press
    due: 30m from declared
    if_no_answer: no
    options: {yes: {label: "Yes", then: []}, no: {label: "No", then: []}}
  - {id: close, task: Close, role: incident_lead, needs: [speak], sets: closed}
"""
    runs = courses(question(steps, more="", assumed=NOBODY, odds=("speak=yes:1",)), 10)

    assert {run.incident.steps["speak"].answer for run in runs} == {"no"}


def test_who_does_not_answer_begins_on_their_next_working_morning() -> None:
    runs = courses(question(assumed=NOBODY), 5)

    assert all(minutes(run, "facts") > 60 * 20 for run in runs)


def test_work_takes_about_as_long_as_its_author_says() -> None:
    times = sorted(each.done_at - (each.begun_at or 0) for run in courses(question(), 200) for each in run.sittings if each.step == "facts")

    assert 8 * 60 < times[len(times) // 2] < 12 * 60


def test_a_night_is_slower_than_a_day() -> None:
    by_day = [minutes(run, "facts") for run in courses(question(start=MONDAY), 40)]
    by_night = [minutes(run, "facts") for run in courses(question(start=NIGHT), 40)]

    assert sorted(by_night)[20] > 1.5 * sorted(by_day)[20]


def test_what_is_due_first_is_done_first() -> None:
    steps = """
  - {id: later, task: Later, role: incident_lead, due: 5h from declared, takes: 10m}
  - {id: sooner, task: Sooner, role: incident_lead, due: 1h from declared, takes: 10m}
  - {id: close, task: Close, role: incident_lead, needs: [later, sooner], sets: closed}
"""
    runs = courses(question(steps, more=""), 20)

    assert all(minutes(run, "sooner") < minutes(run, "later") for run in runs)


def test_a_monitor_and_a_linked_playbook_come_to_their_end() -> None:
    runs = courses(question(of=shipped_world("filmed_workplace_argument"), odds=("real=doctored:1",)), 5)

    assert {run.incident.steps["watch"].state for run in runs} == {"done"}
    assert {run.incident.steps["run_deepfake"].state for run in runs} == {"done"}


def test_a_playbook_that_can_not_start_says_why() -> None:
    asked = question()
    retired = asked.setting()
    object.__setattr__(retired.world.plan.playbook, "status", "retired")

    with pytest.raises(NotStartable, match="retired"):
        retired.declared({})
