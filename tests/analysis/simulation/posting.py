"""Sentences to begin a test of simulated people with: a statement that is agreed and posted, from a Monday morning."""

from datetime import UTC, datetime

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.course import Course
from engine.analysis.simulation.odds import read_odds
from engine.analysis.simulation.outcome import RunOutcome, run_once
from engine.analysis.simulation.question import Question, outcomes_of
from engine.incident.plan import World
from tests.incident.given import HEAD, trial_world

MONDAY = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
"""Monday, 10:00 in Vancouver."""
NIGHT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""Tuesday, 02:00 in Vancouver."""

SURE = Assumptions(no_show=0.0, reject=0.0)
"""Everybody answers, and nothing is sent back."""
NOBODY = Assumptions(no_show=1.0, reject=0.0)

STEPS = """
  - {id: facts, task: Find the facts, role: incident_lead, due: 20m from declared, takes: 10m}
  - {id: draft, statement: Draft, role: press, needs: [facts], audience: public, template: line, takes: 5m}
  - id: ok
    approval: Agree
    of: draft
    approvers: [legal, comms_lead]
    due: 40m from declared
    takes: 5m
    on_reject: {rework: draft, max: 3, then: escalate}
  - id: speak
    decision: Post it?
    role: comms_lead
    needs: [facts]
    takes: 2m
    options: {post: {label: Post, then: [post]}, wait: {label: Wait, then: []}}
  - {id: post, publish: Post, of: draft, role: press, needs: [ok], channels: [site]}
  - {id: close, task: Close, role: incident_lead, needs: [post, ok, speak], sets: closed}
"""
MILESTONES = "milestones:\n  posted: {title: Posted, reached_by: [post], within: 60m}\n"


def world(steps: str = STEPS, *, more: str = MILESTONES) -> World:
    return trial_world(steps, head=HEAD + more)


def question(
    steps: str = STEPS,
    *,
    odds: tuple[str, ...] = (),
    more: str = MILESTONES,
    assumed: Assumptions = SURE,
    start: datetime = MONDAY,
    seed: int = 7,
    of: World | None = None,
) -> Question:
    found = of or world(steps, more=more)
    return Question(found, read_odds(found.plan.playbook, odds), start, seed, assumed)


def outcomes(asked: Question, runs: int) -> list[RunOutcome]:
    return outcomes_of(asked.setting(), range(runs))


def courses(asked: Question, runs: int) -> list[Course]:
    setting = asked.setting()
    return [run_once(setting, number) for number in range(runs)]
