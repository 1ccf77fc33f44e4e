"""What can break a policy is not run for real: neither an author's slip nor a new policy of the organisation is found out in public."""

from dataclasses import replace
from typing import Literal

import pytest

from engine.incident import commands as c
from engine.incident.decide import decide
from engine.incident.events import Declared
from engine.incident.refusal import Refusal
from tests.incident.given import MONDAY, person, trial_world

STEPS = "  - {id: facts, task: Find out, role: press}\n"


def declared(mode: Literal["live", "rehearsal"], *unproved: str) -> object:
    world = replace(trial_world(STEPS), unproved=unproved)
    decided = decide(world, None, c.Declare(id="1" * 32, key="INC-1", mode=mode), actor=person("ana"), now=MONDAY)
    return decided if isinstance(decided, Refusal) else decided[0].event


def test_a_playbook_that_can_break_a_policy_is_not_started() -> None:
    refused = declared("live", "two_keys")

    assert isinstance(refused, Refusal)
    assert (refused.code, refused.policy) == ("not_startable", "two_keys")
    assert refused.reason == "playbook 'trial' can break the policy 'two_keys'; 'firebreak verify' tells how"


@pytest.mark.parametrize(("mode", "unproved"), [("rehearsal", ("two_keys",)), ("live", ())])
def test_it_can_be_rehearsed_and_what_is_proved_is_started(mode: Literal["live", "rehearsal"], unproved: tuple[str, ...]) -> None:
    assert isinstance(declared(mode, *unproved), Declared)
