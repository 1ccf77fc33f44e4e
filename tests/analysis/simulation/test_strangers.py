"""Roles that somebody is named for when it starts are held by somebody, so that a plan without an organisation's names runs too."""

from dataclasses import replace

from engine.analysis.simulation.question import outcomes_of
from engine.analysis.simulation.summary import summarise
from engine.incident.plan import Plan, World
from tests.analysis.simulation.given import STEADY, few_steps, question_of


def asked(*roles: str) -> World:
    """A world in which these roles are found by nobody's entry in a file."""
    world = few_steps()
    found = {name: role.model_copy(update={"assign": "ask"}) if name in roles else role for name, role in world.plan.playbook.roles.items()}
    return replace(world, plan=Plan.of(world.plan.playbook.model_copy(update={"roles": found}), world.plan.digest))


def test_a_role_that_is_asked_for_has_somebody_and_every_run_comes_to_an_end() -> None:
    setting = question_of(asked("press", "legal"), assumed=STEADY).setting()
    outcomes = outcomes_of(setting, range(10))

    assert [outcome.ended for outcome in outcomes] == ["closed"] * 10
    assert [outcome.refused for outcome in outcomes] == [[]] * 10


def test_the_figures_say_for_whom_somebody_was_assumed() -> None:
    setting = question_of(asked("press"), assumed=STEADY).setting()

    assert summarise(setting, outcomes_of(setting, range(2))).named_at_start == ["press"]


def test_where_everybody_is_found_nobody_is_added() -> None:
    world = few_steps()

    assert question_of(world).setting().world.organisation.people == world.organisation.people
