"""Figures: percentiles, chances and culprits are those that are worked out by hand."""

import msgspec
import pytest

from engine.analysis.simulation.figures import Spread
from engine.analysis.simulation.outcome import Effort, Mark, RunOutcome, outcome_of
from engine.analysis.simulation.summary import chance_of, margin_of, spread, summarise
from engine.analysis.simulation.typical import typical_number
from tests.analysis.simulation.given import few_steps, question_of


def ended(number: int, after: int | None, *, fate: str = "met", blame: str | None = None) -> RunOutcome:
    mark = msgspec.convert((fate, after, blame), Mark)
    effort = Effort("press", response=10 * number, queued=20, attention=60)
    return RunOutcome(number, "closed", after or 0, {"answered": mark}, {}, [effort], [])


def test_percentiles_are_the_nearest_rank() -> None:
    assert spread([100, 90, 80, 70, 60, 50, 40, 30, 20, 10], 10) == Spread(50, 90, 100)


def test_runs_that_never_get_there_count_as_later_than_all_others() -> None:
    assert spread([10, 20, 30, 40, 50, 60], 10) == Spread(50, None, None)


def test_of_one_run_every_percentile_is_that_run() -> None:
    assert spread([7], 1) == Spread(7, 7, 7)


def test_a_chance_is_counted_over_the_runs_that_need_it() -> None:
    assert chance_of([Mark("met", 5), Mark("late", 9), Mark("never"), Mark("met", 5), Mark("not_needed")]) == 0.5


def test_what_no_run_needs_is_never_missed() -> None:
    assert chance_of([Mark("not_needed")]) == 1.0


def test_four_times_the_runs_halve_the_margin() -> None:
    assert margin_of(0.5, 100) == pytest.approx(0.098)
    assert margin_of(0.5, 400) == pytest.approx(0.049)


def test_a_milestone_is_put_into_figures() -> None:
    setting = question_of(few_steps()).setting()
    late = [
        ended(3, 4_000, fate="late", blame="draft"),
        ended(4, None, fate="never", blame="draft"),
        ended(5, 5_000, fate="late", blame="agree"),
    ]
    figures = summarise(setting, [ended(1, 1_000), ended(2, 2_000), *late, ended(6, None, fate="not_needed")])
    (answered,) = figures.milestones

    assert answered.chance == pytest.approx(2 / 5)
    assert answered.needed == pytest.approx(5 / 6)
    assert answered.after == Spread(4_000, None, None)
    assert [(culprit.step, round(culprit.share, 2)) for culprit in answered.culprits] == [("draft", 0.67), ("agree", 0.33)]
    assert figures.all_met == pytest.approx(3 / 6)


def test_response_times_are_told_by_role() -> None:
    (press,) = summarise(question_of(few_steps()).setting(), [ended(number, 100) for number in range(1, 11)]).roles

    assert (press.role, press.title, press.attention, press.queued) == ("press", "Press officer", 60, 20)
    assert press.response == Spread(50, 90, 100)


def test_neither_outcomes_nor_figures_know_a_person() -> None:
    world = few_steps()
    setting = question_of(world).setting()
    outcomes = [outcome_of(setting, number) for number in range(10)]
    kept = msgspec.json.encode([outcomes, summarise(setting, outcomes)]).decode()
    names = {text for key, person in world.organisation.people.items() for text in (f'"{key}"', person.name)}

    assert {name for name in names if name in kept} == set()


def test_the_typical_run_is_the_middle_one_of_those_that_ended_as_most_did() -> None:
    outcomes = [ended(1, 300), ended(2, 9_000, fate="late"), ended(3, 100), ended(4, 200), ended(5, 9_500, fate="late")]

    assert typical_number(outcomes) == 4
