"""What follows from the state of things, until nothing more does.

Each pass opens, skips or blocks waiting steps in order, performs automatic ones, finds people for the
work that opened, and stamps milestones. Passes repeat until one adds nothing; since every step settles
at most once per round, that is soon.
"""

from collections.abc import Callable
from typing import Final

from engine.incident.deadlines import ready_event, set_late_anchors
from engine.incident.declaring import set_milestones
from engine.incident.draft import Draft
from engine.incident.events import MilestoneReached, StepBlocked, StepCompleted, StepSkipped
from engine.incident.holding import fill_role, recuse_holders
from engine.incident.judge import Block, Ready, Skip, judge, waits_for_all
from engine.incident.lifecycle import complete_incident, schedule_follow_ups, stamp
from engine.incident.plan import roles_of
from engine.incident.reopening import restate
from engine.incident.scope import is_done
from engine.incident.severity import apply_raise_rules
from engine.incident.state import NEW_ROLE, OPEN
from engine.incident.steps.approval import void_keys
from engine.incident.steps.automatic import perform_ready
from engine.incident.steps.evidence import complete_saved, follow_sources, sources_of
from engine.incident.steps.monitor import end_by_rule
from engine.language.playbook import Evidence

MOST_PASSES: Final = 1_000
"""Far above what any playbook needs; a bound all the same, because `decide` always ends."""


def advance(draft: Draft) -> None:
    """Let everything follow that follows now; a rule is not asked again while nothing has happened since it found nothing to do."""
    idle_at: dict[Callable[[Draft], None], int] = {}
    for _ in range(MOST_PASSES):
        before = draft.incident.version
        if draft.incident.status in ("cancelled", "complete"):
            return
        for rule in PASS:
            version = draft.incident.version
            if idle_at.get(rule) != version:
                rule(draft)
                idle_at[rule] = version
        if draft.incident.version == before:
            return


def _settle_waiting(draft: Draft) -> None:
    for name in draft.world.plan.graph.order:
        if name in draft.concerned and _is_waiting(draft, name) and not waits_for_all(draft.world, draft.incident, name):
            _settle(draft, name)
    for name in (*draft.world.plan.follow_ups, *draft.incident.added):
        if _is_waiting(draft, name) and (name in draft.incident.added or _has_its_instant(draft, name)):
            _settle(draft, name)


def _is_waiting(draft: Draft, name: str) -> bool:
    return name in draft.incident.steps and draft.incident.steps[name].state == "waiting"


def _has_its_instant(draft: Draft, follow_up: str) -> bool:
    at = draft.incident.steps[follow_up].starts_at
    return at is not None and at <= draft.now


def _settle(draft: Draft, name: str) -> None:
    step = draft.step(name)
    if step is None:
        return
    verdict = judge(draft.scope, name)
    match verdict:
        case Ready():
            for role in roles_of(step):
                fill_role(draft, role)
            sources = sources_of(draft, step) if isinstance(step, Evidence) else ()
            draft.follow(ready_event(draft, step, sources))
        case Skip(cause, reason):
            draft.follow(StepSkipped(name, cause, reason))
            _carry_on(draft, name)
        case Block(cause, reason):
            draft.follow(StepBlocked(name, cause, reason))
            _carry_on(draft, name)
        case None:
            return


def _carry_on(draft: Draft, name: str) -> None:
    """Let what hangs on a step that re-opened and ended otherwise count accordingly, as after a revised answer."""
    if draft.state(name).round:
        restate(draft, [name], f"{name} ended otherwise")


def _fill_roles(draft: Draft) -> None:
    if draft.world.plan.lead_role not in draft.incident.roles:
        fill_role(draft, draft.world.plan.lead_role)
    for name in [name for name, state in draft.incident.steps.items() if state.state in OPEN]:
        step = draft.step(name)
        for role in roles_of(step) if step is not None else ():
            if not draft.incident.roles.get(role, NEW_ROLE).people:
                fill_role(draft, role)


def _settle_filled(draft: Draft) -> None:
    """The task to find out an input is done once the input is known."""
    for name, task in draft.incident.added.items():
        if task.fills and draft.state(name).state in OPEN and task.fills not in draft.incident.unknown:
            draft.follow(StepCompleted(name))


def _reach_milestones(draft: Draft) -> None:
    for name, milestone in draft.world.plan.playbook.milestones.items():
        known = draft.incident.milestones.get(name)
        if known is not None and known.reached_at is not None:
            continue
        reached = next((step for step in milestone.reached_by if is_done(draft.state(step))), None)
        if reached is not None:
            draft.follow(MilestoneReached(name, reached))


PASS: Final[tuple[Callable[[Draft], None], ...]] = (
    stamp,
    apply_raise_rules,
    void_keys,
    recuse_holders,
    follow_sources,
    _settle_waiting,
    _settle_filled,
    complete_saved,
    perform_ready,
    end_by_rule,
    _fill_roles,
    _reach_milestones,
    set_milestones,
    set_late_anchors,
    schedule_follow_ups,
    complete_incident,
)
"""One pass, in order."""
