"""What holds in every run, however people behave: of the shipped playbooks, of one with everything in it, and of playbooks at random."""

from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import get_args

import msgspec
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import SYSTEM, TIMER, Actor
from engine.incident.advance import advance
from engine.incident.codec import decode_entry, decode_incident, encode_actor, encode_event, encode_incident
from engine.incident.draft import Draft
from engine.incident.evolve import replay
from engine.incident.plan import World, roles_of
from engine.incident.policy import forbids_act
from engine.incident.react import react
from engine.incident.refusal import Refusal
from engine.incident.state import OPEN
from engine.incident.story import sentence
from engine.language.playbook import OUTSIDE, Approval, Publish, Statement
from tests.incident.given import Run, shipped_world
from tests.incident.inventing import everything, invent
from tests.incident.walking import walk_to_the_end, wander

PLAYBOOKS = ("filmed_workplace_argument", "deepfake_impersonation", "employee_doxxing")
INPUTS = {
    "filmed_workplace_argument": {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["fred", "john"]},
    "deepfake_impersonation": {"urls": ["https://video.example/1"]},
    "employee_doxxing": {"people": ["fred"]},
}
KINDS = (*PLAYBOOKS, "everything", "invented")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed says it all: there is nothing to shrink."""
SEEDS = st.integers(0, 10**6)
RARE = {e.PlaybookMigrated, e.IncidentMerged}
"""Events that a walk may well miss; they have tests of their own."""


def times(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
    )


def begun(name: str, dice: Random) -> Run | None:
    """A run of a shipped playbook, of the one with everything, or of one that the dice make up (None: not a sound one)."""
    if name == "everything":
        return Run.begin(everything(), inputs={"people": ["fred"]}, unknown=("site",))
    if name == "invented":
        world = invent(dice)
        return Run.begin(world) if world else None
    return Run.begin(shipped_world(name), inputs=INPUTS[name])


def walked(name: str, seed: int, *, steps: int = 120) -> Run | None:
    """A run of diligent work, mischief and passing time, mixed."""
    dice = Random(seed)
    run = begun(name, dice)
    if run is not None:
        wander(run, dice, steps=steps)
    return run


class Doubted(Run):
    """A run in which after every command everything is asked once more, whether or not it can have been concerned."""

    def attempt(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> tuple[e.Entry, ...] | Refusal:
        decided = super().attempt(command, by=by)
        draft = Draft(self.world, self.incident, actor=SYSTEM, now=self.now, thorough=True)
        advance(draft)
        assert draft.entries == [], command
        return decided


@lru_cache(maxsize=512)
def wild(name: str, seed: int) -> Run:
    """A wild run that nobody changes any more, for several properties to look at."""
    run = walked(name, seed)
    return run if run is not None else wild(name, seed + 1)


wild_runs = st.builds(wild, st.sampled_from(KINDS), st.integers(0, 25))


@times(100)
@given(wild_runs)
def test_replay_equals_live(run: Run) -> None:
    assert replay(run.entries) == run.incident


@times(40)
@given(wild_runs)
def test_entries_and_snapshots_survive_the_codec(run: Run) -> None:
    stored = [(entry.at, encode_actor(entry.by), *encode_event(entry)) for entry in run.entries]
    text = msgspec.json.encode([payload for _, _, _, payload in stored])
    again = [
        decode_entry(at=at, actor=actor, type=kind, payload=payload)
        for (at, actor, kind, _), payload in zip(stored, msgspec.json.decode(text), strict=True)
    ]

    assert again == run.entries
    assert decode_incident(msgspec.json.decode(msgspec.json.encode(encode_incident(run.incident)))) == run.incident


@times(40)
@given(st.sampled_from(KINDS), SEEDS)
def test_nothing_is_left_over_that_was_not_asked_about(name: str, seed: int) -> None:
    dice = Random(seed)
    run = begun(name, dice)
    assume(run is not None)
    assert run is not None

    wander(Doubted(run.world, run.incident, run.now), dice, steps=60)


@times(100)
@given(wild_runs)
def test_no_run_breaks_a_policy(run: Run) -> None:
    assert broken_policies(run) == []


@times(30)
@given(wild_runs)
def test_every_entry_has_a_sentence_and_its_deliveries(run: Run) -> None:
    deliveries = react(run.world, None, run.incident, run.entries)
    ids = [delivery.id for delivery in deliveries if delivery.kind not in ("publish", "child")]

    assert all(sentence(run.world, run.incident, entry) for entry in run.entries)
    assert len(ids) == len(set(ids))


def test_walks_reach_every_kind_of_event() -> None:
    walks = [*((name, seed) for name in KINDS for seed in range(26)), *(("everything", seed) for seed in range(26, 60))]
    seen = {type(entry.event) for name, seed in walks for entry in wild(name, seed).entries}

    assert {kind.__name__ for kind in set(get_args(e.AnyEvent)) - seen - RARE} == set()


@times(40)
@given(st.sampled_from(PLAYBOOKS), SEEDS)
def test_runs_in_which_people_answer_reach_complete(name: str, seed: int) -> None:
    dice = Random(seed)
    run = begun(name, dice)
    assert run is not None
    walk_to_the_end(run, dice)

    assert run.incident.status == "complete", {key: state.state for key, state in run.incident.steps.items() if state.state != "done"}


@times(120)
@given(SEEDS)
def test_playbooks_at_random_end_or_wait_only_for_what_a_policy_refuses(seed: int) -> None:
    dice = Random(seed)
    run = begun("invented", dice)
    assume(run is not None)
    assert run is not None
    walk_to_the_end(run, dice)

    assert list(stuck(run)) == []


@times(120)
@given(SEEDS)
def test_after_mischief_people_who_answer_still_come_to_an_end(seed: int) -> None:
    run = walked("invented", seed, steps=40)
    assume(run is not None)
    assert run is not None
    walk_to_the_end(run, Random(seed))

    assert list(stuck(run)) == []


@times(20)
@given(st.sampled_from(KINDS), SEEDS)
def test_ticking_twice_at_one_instant_changes_nothing_more(name: str, seed: int) -> None:
    run = walked(name, seed, steps=40)
    assume(run is not None)
    assert run is not None
    run.attempt(c.Tick(), by=TIMER)

    assert run.attempt(c.Tick(), by=TIMER) == ()


def stuck(run: Run) -> Iterator[str]:
    """What is left for no reason: not refused by a policy, nor waiting for what is; a hold needs a second key-holder to end."""
    if run.incident.status in ("complete", "cancelled") or run.incident.hold:
        return
    refused = {name for name, state in run.incident.steps.items() if state.state in OPEN and is_held_up(run, name)}
    for name, state in run.incident.steps.items():
        waits = run.world.plan.graph.ancestors(name) if name in run.world.plan.graph.steps else frozenset()
        if state.state in (*OPEN, "waiting") and name not in refused and not waits & refused:
            yield f"{name} is {state.state}"
    if not refused:
        yield f"the incident is {run.incident.status}"


def is_held_up(run: Run, name: str) -> bool:
    """A policy refuses it, or everybody who could hold its key is recused and the lead was told."""
    step = run.world.step(run.incident, name)
    unfilled = [role for role, state in run.incident.roles.items() if state.unfilled and step and role in roles_of(step)]
    return bool(unfilled) or forbids_act(run.world, run.incident, name, None) is not None


def broken_policies(run: Run) -> list[str]:
    """Read the bare history, knowing nothing of how `decide` enforces policies."""
    broken: list[str] = []
    keys: dict[tuple[str, str], set[str]] = {}
    done: set[str] = set()
    authors: dict[str, str] = {}
    for entry in run.entries:
        match entry.event:
            case e.DraftSubmitted(step=step):
                authors[step] = entry.by.name
                done.add(step)
            case e.KeyTurned(step=step, key=key) if key.decision == "approve":
                subject = _subject(run.world, step)
                keys.setdefault((subject, key.version), set()).add(key.role)
                broken += [f"{step}: author approves"] if authors.get(subject) == key.person else []
            case e.PublishStarted(step=step, version=version):
                broken += _unapproved(run.world, step, keys, version)
                broken += _too_early(run.world, step, done)
            case e.StepCompleted(step=step):
                broken += _too_early(run.world, step, done)
                done.add(step)
                broken += _both(run.world, done)
            case e.DecisionAnswered(step=step) | e.ApprovalGranted(step=step):
                done.add(step)
    return broken


def _subject(world: World, approval: str) -> str:
    step = world.plan.steps[approval]
    return step.of if isinstance(step, Approval) else ""


def _unapproved(world: World, name: str, keys: dict[tuple[str, str], set[str]], version: str) -> list[str]:
    step = world.plan.steps[name]
    assert isinstance(step, Publish)
    statement = world.plan.steps[step.of]
    assert isinstance(statement, Statement)
    given = keys.get((step.of, version), set())
    wanted = [
        role
        for policy in world.policies
        if policy.rule == "approved_before_publish" and statement.audience in policy.audience
        for role in policy.approvers
    ]
    missing = [role for role in wanted if role not in given]
    nobody = statement.audience in OUTSIDE and not given
    return [f"{name}: not approved by {missing}"] if missing or nobody else []


def _too_early(world: World, name: str, done: set[str]) -> list[str]:
    firsts = [policy.first for policy in world.policies if policy.rule == "before" and name in policy.thens]
    return [f"{name}: before {first}" for first in firsts if first not in done]


def _both(world: World, done: set[str]) -> list[str]:
    return [f"both {policy.steps}" for policy in world.policies if policy.rule == "never_both" and set(policy.steps) <= done]
