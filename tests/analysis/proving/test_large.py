"""A playbook of 200 steps with 40 decisions and approvals is proved by the solver, well within what an author waits for."""

from time import process_time
from typing import Final

from engine.analysis.proving.verify import verify
from tests.analysis.proving.large import large_world

MOST_SECONDS: Final = 2.0


def test_two_hundred_steps_with_forty_decisions_and_approvals_are_proved_within_two_seconds() -> None:
    world = large_world()
    started = process_time()
    verification = verify(world.plan, world.policies)
    seconds = process_time() - started

    assert len(world.plan.graph.steps) == 202
    assert {verdict.method for verdict in verification.verdicts} >= {"solver"}
    assert [verdict.obligation.step for verdict in verification.broken] == []
    assert seconds < MOST_SECONDS


def test_one_hole_among_two_hundred_steps_is_found_and_told() -> None:
    world = large_world(hole=7)
    verification = verify(world.plan, world.policies)

    assert {verdict.obligation.step for verdict in verification.broken} == {"post_7"}
