"""The last look before something leaves the house: hold, version and approvals are checked again."""

from engine.incident.effects import Delivery
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.incident.steps.publish import held, unsayable
from engine.incident.versions import subject_version
from engine.language.playbook import Publish


def may_send(world: World, incident: Incident, delivery: Delivery) -> str | None:
    """Return None when `delivery` may go now, else why it has to wait."""
    step = world.plan.steps.get(delivery.step or "")
    state = incident.steps.get(delivery.step or "", StepState())
    if delivery.receipt and step is not None and state.state != "doing":
        return f"'{step.id}' is {state.state}; it asks for this no more"
    if delivery.kind == "child" and delivery.id != f"{incident.key}:child:{delivery.step}:{state.round}":
        return f"'{delivery.step}' asked for another incident since"
    if not delivery.outside:
        return None
    if not isinstance(step, Publish):
        refused = held(world, incident)
        return refused.reason if refused is not None else None
    of_round = f"{incident.key}:publish:{step.id}:{state.round}:"
    if not delivery.id.startswith(of_round) or delivery.body.get("version") != state.frozen_version:
        return f"'{step.id}' says other words now"
    if subject_version(world, incident, step.of) != state.frozen_version:
        return f"'{step.of}' is no longer the version that was approved"
    refused = unsayable(world, incident, step, None)
    return refused.reason if refused is not None else None
