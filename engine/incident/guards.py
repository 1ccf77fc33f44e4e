"""The last look before something leaves the house: hold, version and approvals are checked again."""

from engine.incident.effects import Delivery
from engine.incident.plan import World
from engine.incident.policy import forbids_act
from engine.incident.state import Incident, StepState
from engine.incident.steps.publish import held
from engine.incident.versions import subject_version
from engine.language.playbook import Publish


def may_send(world: World, incident: Incident, delivery: Delivery) -> str | None:
    """Return None when `delivery` may go now, else why it has to wait."""
    if not delivery.outside:
        return None
    refused = held(incident)
    if refused is not None:
        return refused.reason
    step = world.plan.steps.get(delivery.step or "")
    if not isinstance(step, Publish):
        return None
    state = incident.steps.get(step.id, StepState())
    if state.state != "doing" or state.frozen_version is None:
        return f"'{step.id}' is {state.state}; it is not being published"
    if subject_version(world, incident, step.of) != state.frozen_version:
        return f"'{step.of}' is no longer the version that was approved"
    refused = forbids_act(world, incident, step.id, None)
    return refused.reason if refused is not None else None
