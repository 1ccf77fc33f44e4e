"""The solver, plain enumeration and the real core hold the same view of what can happen, on playbooks made up by dice.

`make walks` runs the long form with 10,000 playbooks; WALKS says how many.
"""

import os
from collections import Counter
from random import Random
from typing import Final

import pytest

from engine.analysis.proving.reach import reachable
from engine.analysis.proving.verify import Verdict, Verification, verify
from engine.incident.events import StepReadied
from engine.incident.plan import Plan, World
from tests.analysis.proving.inventing import invent
from tests.analysis.proving.replaying import Replay
from tests.analysis.proving.watching import breaches
from tests.incident.given import Run
from tests.incident.walking import diligent_action, mischief, walk_to_the_end

PLAYBOOKS: Final = int(os.environ.get("WALKS", "500"))
AT_ONCE: Final = 25
BATCHES: Final = [range(first, min(first + AT_ONCE, PLAYBOOKS)) for first in range(0, PLAYBOOKS, AT_ONCE)]


def invented(seed: int, *, simple: bool = False) -> tuple[World, Random]:
    """Invent until the checker lets a playbook pass; the dice go on from there."""
    dice = Random(seed)
    while (world := invent(dice, simple=simple)) is None:
        continue
    return world, dice


def without_policies(world: World, verification: Verification) -> World:
    """A world in which the core enforces nothing but what the verifier says of hand skips, and the built-in policy."""
    playbook = world.plan.playbook.model_copy(update={"policies": []})
    protected = {name: verdict.obligation.policy.id for verdict in verification.verdicts for name in verdict.protected}
    return World(Plan.of(playbook, world.plan.digest), world.organisation, world.texts, protected)


def walked(world: World, dice: Random) -> Run:
    """Let people do what they should and what they should not, then let them come to an end."""
    unknown = ("hurt",) if dice.random() < 0.3 else ()
    inputs: dict[str, object] = {"kind": dice.choice(["aa", "bb", "cc"])} if dice.random() < 0.7 else {}
    if not unknown and dice.random() < 0.5:
        inputs["hurt"] = True
    run = Run.begin(world, inputs=inputs, unknown=unknown)
    for _ in range(dice.randint(10, 100)):
        if run.incident.status in ("complete", "cancelled"):
            break
        if dice.random() < 0.45:
            mischief(run, dice)
        elif not diligent_action(run, dice):
            run.forward(minutes=dice.choice([5, 60, 600]))
    walk_to_the_end(run, dice)
    return run


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_no_run_breaks_what_was_proved_nor_reaches_what_is_unreachable(seeds: range) -> None:
    proved = 0
    for seed in seeds:
        world, dice = invented(seed)
        verification = verify(world.plan, world.policies)
        run = walked(without_policies(world, verification), dice)
        proved += len(verification.verdicts) - len(verification.broken)
        opened = {entry.event.step for entry in run.entries if isinstance(entry.event, StepReadied)} & set(world.plan.graph.steps)

        assert list(breaches(verification, run.entries)) == [], seed
        assert opened <= reachable(verification.model), seed
    assert proved > len(seeds)


@pytest.mark.parametrize("seeds", BATCHES[: max(1, len(BATCHES) // 4)], ids=str)
def test_the_solver_and_enumeration_give_the_same_answer_and_the_same_example(seeds: range) -> None:
    for seed in seeds:
        world, _ = invented(seed)
        verification = verify(world.plan, world.policies)
        solved = verify(world.plan, world.policies, method="solver")
        listed = [verdict for verdict in verification.verdicts if verdict.method == "enumeration"]
        again = [other for other, verdict in zip(solved.verdicts, verification.verdicts, strict=True) if verdict.method == "enumeration"]

        assert listed, seed
        assert [(each.example, each.protected) for each in listed] == [(each.example, each.protected) for each in again], seed


def test_every_counter_example_of_decisions_approvals_and_start_inputs_happens_for_real(capsys: pytest.CaptureFixture[str]) -> None:
    happened = Counter[tuple[bool, bool]]()
    for seed in range(PLAYBOOKS // 5):
        world, _ = invented(seed, simple=True)
        verification = verify(world.plan, world.policies)
        for verdict in verification.broken:
            happened[is_straight(verdict), Replay.begin(world, verification, verdict).happens()] += 1
    others = happened[False, True] + happened[False, False]
    with capsys.disabled():
        print(f"\n{happened[False, True]} of {others} counter-examples that rest on what was otherwise before replay as written")  # noqa: T201

    assert happened[True, True] > PLAYBOOKS // 5
    assert happened[True, False] == 0


def is_straight(verdict: Verdict) -> bool:
    """Every input is known at the start, and nothing rests on a step that counted otherwise before than it does now."""
    crooked = {("known", "no"), ("stood", "yes"), *([("was", "yes")] if verdict.obligation.code == "FB403" else [])}
    return crooked.isdisjoint((key[0], value) for key, value in (verdict.example or {}).items())


def test_the_share_of_other_counter_examples_that_happens_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    happened = Counter[bool]()
    for seed in range(PLAYBOOKS // 10):
        world, _ = invented(seed)
        verification = verify(world.plan, world.policies)
        for verdict in verification.broken:
            happened[Replay.begin(world, verification, verdict).happens()] += 1
    with capsys.disabled():
        print(f"\n{happened[True]} of {happened.total()} counter-examples with skips, severity, metrics and times replay as written")  # noqa: T201

    assert happened[True] > 0
