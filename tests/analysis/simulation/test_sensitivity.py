"""One more person: the same luck, nobody who was there is gone, and the chance of what waited for hands grows."""

from collections.abc import Iterator

import pytest

from engine.analysis.simulation.question import outcomes_of, roles_to_try
from engine.analysis.simulation.sensitivity import NEWCOMER, compared, with_one_more
from engine.analysis.simulation.summary import summarise
from engine.incident.people import candidates
from engine.incident.plan import World
from tests.analysis.simulation.given import MORNING, STEADY, few_steps, question_of
from tests.incident.given import HEAD, ORGANISATION, shipped_world, trial_world
from tests.test_playbooks import NAMES

TWO_AT_ONCE = """
  - {id: one, task: One, role: press, takes: 40m}
  - {id: two, task: Two, role: press, takes: 40m}
  - {id: post, task: Both done, role: incident_lead, needs: [one, two], takes: 1m, sets: closed}
"""


def holders(world: World, role: str) -> tuple[str, ...]:
    return candidates(world.organisation, world.plan.playbook, role, MORNING)[: world.plan.playbook.roles[role].min]


def gone(world: World, role: str) -> Iterator[tuple[str, str]]:
    """List who held a role and holds it no more, once `role` has one more person."""
    grown = with_one_more(world, role, MORNING)
    for each in world.plan.playbook.roles:
        yield from ((each, person) for person in holders(world, each) if person not in holders(grown, each))


@pytest.mark.parametrize("name", NAMES)
def test_one_more_person_takes_nobody_away(name: str) -> None:
    world = shipped_world(name)

    assert [found for role in world.plan.playbook.roles for found in gone(world, role)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_role_is_held_by_one_person_more(name: str) -> None:
    world = shipped_world(name)
    grown = {role: holders(with_one_more(world, role, MORNING), role) for role in world.plan.playbook.roles}

    assert grown == {role: (*holders(world, role)[: len(people) - 1], people[-1]) for role, people in grown.items()}
    assert [role for role, people in grown.items() if NEWCOMER not in people] == []


def test_an_address_outside_the_organisation_stays() -> None:
    head = HEAD.replace('assign: "group:press"', 'assign: "email:duty@press.example", skills: [speaking]')
    world = trial_world(TWO_AT_ONCE, head=head)

    assert holders(with_one_more(world, "press", MORNING), "press") == ("duty@press.example", NEWCOMER)


def test_who_is_next_in_line_stays_next_in_line() -> None:
    grown = with_one_more(few_steps(), "legal", MORNING)

    assert candidates(grown.organisation, grown.plan.playbook, "legal", MORNING) == ("ben", NEWCOMER, "eve")


def test_who_a_role_falls_back_to_stays_when_it_has_nobody_of_its_own() -> None:
    organisation = ORGANISATION.replace("press: [dee]", "press: []")
    head = HEAD.replace('assign: "group:press"', 'assign: "group:press", fallback: [comms_lead]')
    world = trial_world(TWO_AT_ONCE, head=head, organisation=organisation)

    assert holders(world, "press") == ("cho",)
    assert set(holders(with_one_more(world, "press", MORNING), "press")) == {"cho", NEWCOMER}


def test_two_people_do_at_once_what_one_did_in_turn() -> None:
    question = question_of(few_steps(TWO_AT_ONCE), assumed=STEADY)
    (alone,), (together,) = (outcomes_of(question.setting(role), [0]) for role in (None, "press"))
    (change, _) = compared("press", "Press officer", [alone], [together]).changes

    assert (change.milestone, change.before, change.after) == ("answered", 0.0, 1.0)


def test_no_role_is_tried_where_nothing_can_be_gained() -> None:
    setting = question_of(few_steps(), odds=["real=theirs:1"], assumed=STEADY).setting()

    assert roles_to_try(summarise(setting, outcomes_of(setting, range(3)))) == []
