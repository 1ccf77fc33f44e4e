"""What every card says alike: people, times, roles, and what a shared room may know of a step."""

from collections.abc import Iterable
from typing import Any

from engine.incident.describe_values import instant_text, shown
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.language.organisation import Organisation
from engine.language.playbook import PEOPLE_KINDS, Step

Facts = dict[str, Any]


def outline(world: World, incident: Incident, step: Step, state: StepState, *, shared: bool) -> Facts:
    """Gather what everybody in the room may know about any step."""
    added = incident.added.get(step.id)
    return {
        "key": incident.key,
        "playbook": world.plan.playbook.title,
        "step": step.id,
        "kind": step.kind,
        "title": shown(added.title, clear=not shared) if added else step.title,
        "state": state.state,
        "role": step.role,
        "role_title": role_title(world, step.role),
        "due_at": instant_text(state.due_at),
        "private": step.private,
        "privileged": step.privileged,
        "by_people": step.kind in PEOPLE_KINDS or step.kind == "approval",
        "rehearsal": incident.mode == "rehearsal",
        "people": {},
    }


def holder(incident: Incident, role: str | None) -> str | None:
    """Find who holds a role now, the first of them."""
    held = incident.roles.get(role) if role else None
    return held.people[0] if held and held.people else None


def person_of(incident: Incident, step: Step, state: StepState) -> str | None:
    """Find who works on a step: whoever took it, else whoever holds its role."""
    return state.assignee or holder(incident, step.role)


def role_title(world: World, role: str | None) -> str | None:
    """Give a role's title, or its name where the playbook has none."""
    known = world.plan.playbook.roles.get(role) if role else None
    return known.title if known else role


def severity_title(world: World, level: str) -> str:
    """Give a level's title, or its name where the playbook has none."""
    severity = world.plan.playbook.severity
    return severity.levels[level].title if severity and level in severity.levels else level


def contacts(organisation: Organisation, ids: Iterable[str | None]) -> dict[str, Facts]:
    """Look up how to name and reach people; somebody outside the organisation is an address."""
    return {each: _contact(organisation, each) for each in dict.fromkeys(ids) if each}


def _contact(organisation: Organisation, person: str) -> Facts:
    known = organisation.people.get(person)
    return {"name": person_name(organisation, person), "slack": known.slack if known else None, "email": known.email if known else None}
