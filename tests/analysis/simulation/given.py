"""Sentences to begin a test of the simulator with: a few steps, their people, and one run of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from engine.analysis.simulation.assumptions import Assumptions
from engine.analysis.simulation.course import Course
from engine.analysis.simulation.lot import draw
from engine.analysis.simulation.odds import read_odds
from engine.analysis.simulation.question import Question
from engine.analysis.simulation.setting import Setting
from engine.analysis.simulation.sitting import Sitting
from engine.incident.plan import World
from tests.incident.given import HEAD, ORGANISATION, trial_world

MORNING = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
"""Monday, 10:00 in Vancouver."""

STEADY = Assumptions(no_show=0, reject=0, work_spread=0, look_spread=0, quiet_spread=0)
"""Everybody answers, and all takes exactly its usual time."""

MILESTONE = "milestones: {answered: {title: Answered, reached_by: [post], within: 60m}}\n"

STEPS = """
  - {id: facts, task: Find out, role: incident_lead, takes: 10m, due: 20m from declared}
  - id: real
    decision: Is it us?
    role: incident_lead
    needs: [facts]
    takes: 5m
    options: {ours: {label: Ours, then: [draft]}, theirs: {label: Theirs, then: [refer]}}
  - {id: draft, statement: Words, role: press, audience: public, template: line, takes: 10m}
  - {id: agree, approval: Agree, of: draft, approvers: [legal, comms_lead], takes: 10m, on_reject: {rework: draft, max: 3, then: escalate}}
  - {id: post, publish: Post, of: draft, role: press, needs: [agree], channels: [site], takes: 5m}
  - {id: refer, task: Tell whose it is, role: comms_lead, takes: 10m}
  - {id: close, task: Close, role: incident_lead, needs: [post, refer], takes: 1m, sets: closed}
"""


def few_steps(steps: str = STEPS, *, organisation: str = ORGANISATION) -> World:
    """A world of a few steps; with a milestone where one of them is `post`."""
    head = HEAD + (MILESTONE if "id: post" in steps else "")
    return trial_world(steps, head=head, organisation=organisation)


def question_of(
    world: World, *, odds: Sequence[str] = (), assumed: Assumptions | None = None, start: datetime = MORNING, seed: int = 1
) -> Question:
    return Question(world, read_odds(world.plan.playbook, odds), start, seed, assumed or Assumptions())


def run_without(setting: Setting, *absent: str) -> Course:
    """Run 0, in which exactly these people do not answer."""
    lot = draw(setting.world, setting.odds, setting.assumptions, people=setting.staff.hours, seed=setting.seed, number=0)
    return Course(setting, replace(lot, absent=frozenset(absent))).run()


def sittings_of(course: Course, step: str) -> list[Sitting]:
    return [sitting for sitting in course.sittings if sitting.step == step]


def overlaps(course: Course) -> list[tuple[str, str]]:
    """Pairs of pieces of work that had one person's attention at once."""
    found = []
    for person in dict.fromkeys(sitting.person for sitting in course.sittings):
        own = sorted((each.begun_at or 0, each.free_at, each.step) for each in course.sittings if each.person == person)
        found += [(before[2], after[2]) for before, after in pairwise(own) if after[0] < before[1]]
    return found
