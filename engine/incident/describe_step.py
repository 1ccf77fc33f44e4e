"""One step as a reader may see it: its state, its people, its times, and what its kind adds.

A private step shows its content to those who may read it; to everyone else only its title, state, people
and times, with `masked: true` and empty content, so that every answer has the same shape.
"""

from datetime import datetime
from typing import Any

from engine.incident.actor import Actor
from engine.incident.allowed import allowed
from engine.incident.card_facts import person_of, role_title
from engine.incident.describe_kinds import kind_facts
from engine.incident.describe_values import MASK, instant_text, shown
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import OPEN, SETTLED, Incident, StepState
from engine.incident.visibility import may_read, takes_part
from engine.language.playbook import Approval, Step


def step_ids(world: World, incident: Incident) -> tuple[str, ...]:
    """List the steps of a run in the playbook's order, then follow-ups, then tasks added during it."""
    planned = (name for name in world.plan.steps if name in incident.steps)
    return (*planned, *(name for name in incident.added if name in incident.steps))


def step_facts(world: World, incident: Incident, step_id: str, *, viewer: Actor, now: datetime) -> dict[str, Any]:
    """Describe one step to a viewer who may see the incident; raise KeyError when the run has no such step."""
    step = world.step(incident, step_id)
    if step is None or step_id not in incident.steps:
        raise KeyError(step_id)
    state = incident.steps[step_id]
    reads = may_read(world, incident, step_id, viewer)
    clear = takes_part(world, incident, viewer)
    return {
        "id": step_id,
        "kind": step.kind,
        "title": _title(incident, step, clear=clear),
        "incident": incident.key,
        "state": state.state,
        **_people(world, incident, step, state),
        **_times(state, now),
        **_place(world, incident, step, state),
        "private": step.private,
        "masked": not reads,
        **_content(step, state, reads=reads, clear=clear),
        **kind_facts(world, incident, step, viewer=viewer, now=now),
        "allowed": list(allowed(world, incident, step_id, viewer)),
    }


def is_late(state: StepState, now: datetime) -> bool:
    """Say whether a step is open and past its deadline."""
    return state.state in OPEN and state.due_at is not None and state.due_at < now


def _title(incident: Incident, step: Step, *, clear: bool) -> str:
    added = incident.added.get(step.id)
    if added is None:
        return step.title
    return str(shown(added.title, clear=clear)) or MASK


def _people(world: World, incident: Incident, step: Step, state: StepState) -> dict[str, Any]:
    role = incident.roles.get(step.role) if step.role else None
    assignee = person_of(incident, step, state)
    return {
        "role": step.role,
        "role_title": role_title(world, step.role),
        "helpers": list(step.helpers),
        "people": list(role.people) if role else [],
        "assignee": assignee,
        "assignee_name": person_name(world.organisation, assignee) if assignee else None,
        "taken": state.assignee is not None,
        "done_by": state.done_by,
    }


def _times(state: StepState, now: datetime) -> dict[str, Any]:
    return {
        "due_at": instant_text(state.due_at),
        "late": is_late(state, now),
        "ready_at": instant_text(state.ready_at),
        "started_at": instant_text(state.started_at),
        "settled_at": instant_text(state.settled_at),
        "starts_at": instant_text(state.starts_at),
        "ends_at": instant_text(state.ends_at),
        "acts_at": instant_text(state.act_at),
        "snoozed_until": instant_text(state.snoozed_until),
    }


def _place(world: World, incident: Incident, step: Step, state: StepState) -> dict[str, Any]:
    parents = world.plan.graph.parents.get(step.id, ())
    waits = [name for name in parents if name in incident.steps and incident.steps[name].state not in SETTLED]
    return {
        "needs": list(parents),
        "waiting_for": waits if state.state == "waiting" else [],
        "follow_up": step.id in world.plan.follow_ups,
        "added": step.id in incident.added,
        "min_severity": step.min_severity,
        "sets": step.sets,
        "round": state.round,
        "void": state.void,
        "skip_cause": state.skip_cause,
        "block_cause": state.block_cause,
        "tags": list(step.tags),
        "privileged": step.privileged,
    }


def _content(step: Step, state: StepState, *, reads: bool, clear: bool) -> dict[str, Any]:
    if not reads:
        return {"do": "", "reason": None, "checklist": [], "links": [], "result": None, "note": None, "reference": None}
    return {
        "do": step.do,
        "reason": shown(state.reason, clear=clear),
        "checklist": _checklist(step, state),
        "links": [link.model_dump() for link in step.links],
        "result": shown(state.result, clear=clear),
        "note": shown(state.note, clear=clear),
        "reference": None if isinstance(step, Approval) else state.reference,
    }


def _checklist(step: Step, state: StepState) -> list[dict[str, Any]]:
    found = []
    for item in step.checklist:
        mark = state.ticks.get(item.item)
        found.append(
            {
                "item": item.item,
                "optional": item.optional,
                "done": mark is not None,
                "by": mark.by if mark else None,
                "at": instant_text(mark.at if mark else None),
            }
        )
    return found
