"""What holds in every run, however people behave."""

from random import Random

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import TIMER
from engine.incident.codec import decode_entry, decode_incident, encode_actor, encode_event, encode_incident
from engine.incident.evolve import replay
from engine.incident.plan import World
from engine.incident.react import react
from engine.incident.story import sentence
from engine.incident.timers import next_alarm
from engine.language.playbook import OUTSIDE, Approval, Publish, Statement
from tests.incident.given import Run, shipped_world
from tests.incident.walking import diligent_action, mischief, walk_to_the_end

PLAYBOOKS = ("filmed_workplace_argument", "deepfake_impersonation", "employee_doxxing")
INPUTS = {
    "filmed_workplace_argument": {"video_urls": ["https://video.example/1"], "site": "Plant 4", "people": ["fred", "john"]},
    "deepfake_impersonation": {"urls": ["https://video.example/1"]},
    "employee_doxxing": {"people": ["fred"]},
}
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed says it all: there is nothing to shrink."""
BRIEF = settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])


def begun(name: str) -> Run:
    return Run.begin(shipped_world(name), inputs=INPUTS[name])


def wild(name: str, seed: int, *, steps: int = 120) -> Run:
    """A run of diligent work, mischief and passing time, mixed."""
    dice, run = Random(seed), begun(name)
    for _ in range(steps):
        roll = dice.random()
        if roll < 0.45:
            diligent_action(run, dice)
        elif roll < 0.85:
            mischief(run, dice)
        else:
            alarm = next_alarm(run.world, run.incident, run.now)
            run.now = max(run.now, alarm) if alarm else run.now
            run.attempt(c.Tick(), by=TIMER)
    return run


wild_runs = st.builds(wild, st.sampled_from(PLAYBOOKS), st.integers(0, 10**6))


@BRIEF
@given(wild_runs)
def test_replay_equals_live(run: Run) -> None:
    assert replay(run.entries) == run.incident


@BRIEF
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


@BRIEF
@given(wild_runs)
def test_no_run_breaks_a_policy(run: Run) -> None:
    assert broken_policies(run) == []


@BRIEF
@given(wild_runs)
def test_every_entry_has_a_sentence_and_its_deliveries(run: Run) -> None:
    before = replay(run.entries[:1])
    deliveries = react(run.world, None, run.incident, run.entries)
    ids = [delivery.id for delivery in deliveries]

    assert all(sentence(run.world, run.incident, entry) for entry in run.entries)
    assert len(ids) == len(set(ids))
    assert before.key == run.incident.key


@settings(max_examples=20, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLAYBOOKS), st.integers(0, 10**6))
def test_runs_in_which_people_answer_reach_complete(name: str, seed: int) -> None:
    run = begun(name)
    walk_to_the_end(run, Random(seed))

    assert run.incident.status == "complete", {key: state.state for key, state in run.incident.steps.items() if state.state != "done"}


@BRIEF
@given(st.sampled_from(PLAYBOOKS), st.integers(0, 10**6))
def test_ticking_twice_at_one_instant_changes_nothing_more(name: str, seed: int) -> None:
    run = wild(name, seed, steps=40)
    run.attempt(c.Tick(), by=TIMER)

    assert run.attempt(c.Tick(), by=TIMER) == ()


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
