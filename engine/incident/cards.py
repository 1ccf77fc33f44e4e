"""The facts that an incident's card and its task messages show, complete for whoever renders them.

Rules:
- Facts, not words: times are RFC 3339 UTC, people are ids looked up in `people`, nothing is marked up.
- No clock: whether something is late is read from `due_at` by whoever shows it.
- A card is for a shared room: personal values are masked, and a private step shows its title, role,
  state and due time only. `shared=False` is for the people who may read the step.
"""

from collections.abc import Iterator
from typing import Final, Literal

from engine.incident.calendar import LATEST
from engine.incident.card_facts import Facts, contacts, holder, outline, person_of, role_title, severity_title
from engine.incident.describe_values import instant_text, shown
from engine.incident.plan import World
from engine.incident.state import OPEN, Incident, StepState
from engine.incident.task_cards import task_card
from engine.language.playbook import PEOPLE_KINDS, Monitor, Step

MilestoneStanding = Literal["reached", "missed", "open", "not_applicable"]

_SHOWN_NOW: Final = 8
_SHOWN_OF_A_STEP: Final = ("step", "kind", "title", "state", "role", "role_title", "due_at", "private")
_STATES: Final = ("waiting", "ready", "doing", "done", "skipped", "blocked")

__all__ = ["Facts", "room_card", "task_card"]


def room_card(world: World, incident: Incident) -> Facts:
    """Gather what the one card of an incident's room shows: everything but what the clock alone knows."""
    roles = [_role(world, incident, name) for name in world.plan.playbook.roles]
    now = _now(world, incident)
    lead, hold = holder(incident, world.plan.lead_role), _hold(incident)
    named = [lead, *(role["person"] for role in roles), *(step["person"] for step in now), hold["by"] if hold else None]
    return {
        "key": incident.key,
        "title": incident.title,
        "playbook": world.plan.playbook.title,
        "status": incident.status,
        "mode": incident.mode,
        "rehearsal": incident.mode == "rehearsal",
        "severity": incident.severity,
        "severity_title": severity_title(world, incident.severity),
        "lead": lead,
        "roles": roles,
        "declared_at": instant_text(incident.declared_at),
        "contained_at": instant_text(incident.contained_at),
        "closed_at": instant_text(incident.closed_at),
        "milestones": [_milestone(world, incident, name) for name in world.plan.playbook.milestones],
        "now": now,
        "next_check_at": _next_check(world, incident),
        "counts": _counts(incident),
        "hold": hold,
        "merged_into": incident.merged_into,
        "version": incident.version,
        "people": contacts(world.organisation, named),
    }


def _now(world: World, incident: Incident) -> list[Facts]:
    """The open steps that people work on, the soonest due first, those without a due time last."""
    found = [(step, state) for step, state in _open_steps(world, incident) if step.kind in PEOPLE_KINDS or step.kind == "approval"]
    found.sort(key=lambda pair: pair[1].due_at or LATEST)
    return [_open_step(world, incident, step, state) for step, state in found[:_SHOWN_NOW]]


def _open_step(world: World, incident: Incident, step: Step, state: StepState) -> Facts:
    facts = outline(world, incident, step, state, shared=True)
    person = None if step.private else person_of(incident, step, state)
    return {**{name: facts[name] for name in _SHOWN_OF_A_STEP}, "person": person}


def _open_steps(world: World, incident: Incident) -> Iterator[tuple[Step, StepState]]:
    for name, state in incident.steps.items():
        step = world.step(incident, name) if state.state in OPEN else None
        if step is not None:
            yield step, state


def _next_check(world: World, incident: Incident) -> str | None:
    """When the next round of watching is due: whoever reads the card knows until when its numbers stand."""
    rounds = [state.next_at for step, state in _open_steps(world, incident) if isinstance(step, Monitor) and state.next_at]
    return instant_text(min(rounds, default=None))


def _role(world: World, incident: Incident, name: str) -> Facts:
    held = incident.roles.get(name)
    return {
        "role": name,
        "title": role_title(world, name),
        "person": holder(incident, name),
        "people": list(held.people) if held else [],
        "acknowledged": bool(held and held.acknowledged_at),
        "unfilled": bool(held and held.unfilled),
    }


def _milestone(world: World, incident: Incident, name: str) -> Facts:
    state = incident.milestones.get(name)
    due_at = instant_text(state.due_at) if state else None
    reached_at = instant_text(state.reached_at) if state else None
    title = world.plan.playbook.milestones[name].title
    return {"milestone": name, "title": title, "due_at": due_at, "reached_at": reached_at, "state": _standing(world, incident, name)}


def _standing(world: World, incident: Incident, name: str) -> MilestoneStanding:
    state = incident.milestones.get(name)
    if state and state.reached_at:
        return "reached"
    if state and state.missed_at:
        return "missed"
    steps = [incident.steps.get(step, StepState()) for step in world.plan.playbook.milestones[name].reached_by]
    return "not_applicable" if steps and all(step.state == "skipped" or step.void for step in steps) else "open"


def _counts(incident: Incident) -> dict[str, int]:
    states = [step.state for step in incident.steps.values()]
    return {state: states.count(state) for state in _STATES}


def _hold(incident: Incident) -> Facts | None:
    hold = incident.hold
    if hold is None:
        return None
    return {"by": hold.by, "at": instant_text(hold.at), "reason": shown(hold.reason, clear=False)}
