"""Which work waits for whom, read from an incident: one piece for each role that a step now needs."""

from collections.abc import Iterable, Iterator

from engine.incident.people import asks
from engine.incident.plan import World
from engine.incident.state import Incident, RoleState, StepState
from engine.language.playbook import AUTOMATIC_KINDS, Approval, Step

NAMING = "name:"
"""Begins the name of work that is no step: the lead names somebody for a role that nobody was found for."""

_NOBODY = RoleState()


def wanted(world: World, incident: Incident, standing: Iterable[tuple[str, StepState]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """List step, role and the people who may do it, in the order of `standing`, the open steps."""
    steps = world.plan.steps
    for name, state in standing:
        step = steps.get(name) or world.step(incident, name)
        if step is not None and step.kind not in AUTOMATIC_KINDS and not _by_engine(step):
            yield from _of_step(world, incident, step, state)


def _by_engine(step: Step) -> bool:
    return step.kind == "publish" and step.confirm == "api"


def _of_step(world: World, incident: Incident, step: Step, state: StepState) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for role in _roles(step, state):
        assigned = state.assignee if not isinstance(step, Approval) else None
        people = (assigned,) if assigned else incident.roles.get(role, _NOBODY).people
        if people:
            yield step.id, role, people
        else:
            yield from _naming(world, incident, role)


def _roles(step: Step, state: StepState) -> tuple[str, ...]:
    """Whose attention a step needs: of an approval, every role that has not turned its key."""
    if not isinstance(step, Approval):
        return (step.role,) if step.role else ()
    if state.escalated_to:
        return (state.escalated_to,)
    turned = {key.role for key in state.keys if key.decision == "approve"}
    return tuple(role for role in step.approvers if role not in turned)


def _naming(world: World, incident: Incident, role: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Nobody is found: the lead names somebody, except for a key that only the organisation file gives."""
    may = role not in world.plan.key_roles or asks(world.plan.playbook, role)
    lead = incident.roles.get(world.plan.lead_role, _NOBODY).people
    if may and lead:
        yield f"{NAMING}{role}", world.plan.lead_role, lead
