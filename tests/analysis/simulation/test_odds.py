"""How likely answers are: odds are honoured in every run, and what does not fit is refused with what to write instead."""

import pytest

from engine.analysis.simulation.odds import BadOdds, read_odds
from engine.analysis.simulation.outcome import run_once
from tests.analysis.simulation.given import few_steps, question_of


@pytest.mark.parametrize(("option", "done", "left_out"), [("ours", "post", "refer"), ("theirs", "refer", "post")])
def test_all_in_on_one_option_takes_its_branch_in_every_run(option: str, done: str, left_out: str) -> None:
    setting = question_of(few_steps(), odds=[f"real={option}:1"]).setting()
    ended = [run_once(setting, number).incident for number in range(15)]

    assert {(incident.steps[done].state, incident.steps[left_out].state) for incident in ended} == {("done", "skipped")}


def test_an_input_takes_odds_too() -> None:
    setting = question_of(few_steps(), odds=["hurt=yes:1"]).setting()

    assert {run_once(setting, number).lot.inputs["hurt"] for number in range(15)} == {True}


def test_a_share_is_about_what_is_drawn() -> None:
    setting = question_of(few_steps(), odds=["real=ours:0.8"]).setting()
    ours = sum(run_once(setting, number).lot.answers["real"] == "ours" for number in range(200))

    assert 140 < ours < 180


def test_without_odds_every_option_is_as_likely_as_the_next() -> None:
    assert read_odds(few_steps().plan.playbook) == {"hurt": {"yes": 0.5, "no": 0.5}, "real": {"ours": 0.5, "theirs": 0.5}}


def test_what_is_left_over_goes_to_the_options_that_are_not_named() -> None:
    assert read_odds(few_steps().plan.playbook, ["real=ours:0.75"])["real"] == {"ours": 0.75, "theirs": 0.25}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("reel=ours:1", "'reel' is neither a decision nor a yes or no or choice input; there are real, hurt"),
        ("real=mine:1", "'real' has no option 'mine'; write real=ours:0.5,theirs:0.5"),
        ("real=ours", "'real' has no option 'ours'; write real=ours:0.5,theirs:0.5"),
        ("real=ours:often", "'often' is not a share of one; write real=ours:0.7"),
        ("real=ours:1.5", "must lie between 0 and 1 and add up to 1 at most"),
        ("real=ours:nan", "must lie between 0 and 1 and add up to 1 at most"),
        ("real=ours:0.7,theirs:0.7", "must lie between 0 and 1 and add up to 1 at most"),
        ("real=ours:0.2,theirs:0.2", "add up to 0.4; make it 1, or leave an option out to take the rest"),
    ],
)
def test_odds_that_do_not_fit_are_refused_with_what_to_write(typed: str, said: str) -> None:
    with pytest.raises(BadOdds) as refused:
        read_odds(few_steps().plan.playbook, [typed])

    assert said in str(refused.value)
