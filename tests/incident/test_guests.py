"""Somebody from outside sees only what they take part in, and does only what is theirs; whom only Slack knows may start, at most."""

from functools import reduce

import pytest

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.decide import decide
from engine.incident.evolve import evolve
from engine.incident.people import is_guest
from engine.incident.refusal import Refusal
from engine.incident.visibility import can_see
from tests.channels.given import organisation
from tests.incident.given import MONDAY, ORGANISATION, person, trial, trial_world

STEPS = """
  - {id: facts, role: incident_lead, task: Find out}
  - {id: law, role: legal, task: Read the law}
"""
OUTSIDE = ORGANISATION.replace("dee: {", "dee: {guest: true, ")
"""Dee is from outside; Eve and Ben are counsel."""
COUNSEL = ORGANISATION.replace("ben: {", "ben: {slack: U0BEN, slack_team: T0LAW, ")
"""Ben, who holds the role of counsel, is from a law firm."""
UNKNOWN = Actor(via="slack", credential="slack:T1:U0ZOE", service="slack:U0ZOE")


@pytest.mark.parametrize(
    ("entry", "guest"),
    [
        ({}, False),
        ({"guest": True}, True),
        ({"slack": "U1", "slack_team": "T2"}, True),
        ({"slack": "U1", "slack_team": "T2", "guest": False}, False),
    ],
    ids=["ours", "said to be one", "of another workspace", "of a sister workspace"],
)
def test_who_is_a_guest(entry: dict[str, object], guest: bool) -> None:
    assert is_guest(organisation(people={"cy": {"name": "Cy", **entry}}), "cy") is guest


def test_nobody_and_a_stranger_are_no_guests() -> None:
    assert not is_guest(organisation(), None)
    assert not is_guest(organisation(), "cy@elsewhere.example")


def test_an_incident_exists_for_a_guest_only_while_they_take_part() -> None:
    run = trial(STEPS, organisation=OUTSIDE)
    before = can_see(run.world, run.incident, person("dee"))
    run.do(c.Invite("dee"))

    assert (before, can_see(run.world, run.incident, person("dee"))) == (False, True)
    assert can_see(run.world, run.incident, person("cho"))


def test_who_holds_a_role_takes_part_guest_or_not() -> None:
    run = trial(STEPS, organisation=COUNSEL)

    assert can_see(run.world, run.incident, person("ben"))


def test_a_service_that_acts_for_a_guest_sees_no_more_than_they_do() -> None:
    run = trial(STEPS, organisation=OUTSIDE)

    assert not can_see(run.world, run.incident, Actor(person="dee", via="rest", service="token:bridge"))


def test_a_guest_does_what_is_theirs() -> None:
    run = trial(STEPS, organisation=COUNSEL)
    run.do(c.CompleteStep("law"), by="ben")

    assert run.incident.steps["law"].state == "done"


def test_a_guest_does_not_do_what_is_open_to_everybody_taking_part() -> None:
    run = trial(STEPS, organisation=OUTSIDE)
    run.do(c.Invite("dee"))
    run.do(c.Invite("cho"))

    assert run.refused(c.CompleteStep("facts"), by="dee").code == "not_you"
    run.do(c.CompleteStep("facts"), by="cho")


def test_a_guest_does_what_was_given_to_them() -> None:
    run = trial(STEPS, organisation=OUTSIDE)
    run.do(c.AssignStep("facts", "dee"))
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.incident.steps["facts"].done_by == "dee"


def test_a_guest_brings_in_nobody_and_takes_no_role() -> None:
    run = trial(STEPS, organisation=OUTSIDE.replace("press: [dee]", "press: []"))
    run.do(c.Invite("dee"))

    assert run.refused(c.Invite("cho"), by="dee").code == "not_you"
    assert run.refused(c.NameRole("press", "dee"), by="dee").code == "not_you"


@pytest.mark.parametrize("actor", [person("dee"), UNKNOWN], ids=["a guest", "somebody unknown"])
def test_who_is_not_of_the_organisation_starts_only_what_everybody_may(actor: Actor) -> None:
    closed, opened = trial_world(STEPS, organisation=OUTSIDE), trial_world(STEPS, organisation=f"{OUTSIDE}anyone_may_start: [trial]\n")
    refused = decide(closed, None, c.Declare("1" * 32, "INC-1"), actor=actor, now=MONDAY)
    started = decide(opened, None, c.Declare("1" * 32, "INC-1"), actor=actor, now=MONDAY)

    assert isinstance(refused, Refusal)
    assert refused.reason == "only people of the organisation start 'trial'"
    assert not isinstance(started, Refusal)
    assert started[0].by == actor


def test_whom_only_slack_knows_sees_nothing_not_even_what_they_started() -> None:
    world = trial_world(STEPS, organisation=f"{ORGANISATION}anyone_may_start: [trial]\n")
    decided = decide(world, None, c.Declare("1" * 32, "INC-1"), actor=UNKNOWN, now=MONDAY)
    assert not isinstance(decided, Refusal)
    incident = reduce(evolve, decided, None)

    assert incident is not None
    assert incident.declared_by == "slack:U0ZOE"
    assert not can_see(world, incident, UNKNOWN)
