"""The last look before something leaves the house: hold, version and approvals are checked again."""

from engine.incident.effects import Delivery, person_of
from engine.incident.plan import World
from engine.incident.state import NEW_STEP, Incident
from engine.incident.steps.publish import held, unsayable
from engine.incident.versions import subject_version
from engine.language.playbook import Publish


def _is_call(delivery: Delivery) -> bool:
    return delivery.body.get("reason") == "called"


def _is_needless_call(incident: Incident, delivery: Delivery) -> bool:
    """Whether a call is still on its way although its person has answered since, or gave the role away."""
    person = person_of(delivery.target)
    if person is None or not _is_call(delivery):
        return False
    return not any(role.awaits and person in role.people for role in incident.roles.values())


def is_looked_at(delivery: Delivery) -> bool:
    """Whether anything in its incident could hold a delivery back; what is said inside the house always goes."""
    return delivery.receipt or delivery.outside or delivery.kind == "child" or _is_call(delivery)


def may_send(world: World, incident: Incident, delivery: Delivery) -> str | None:
    """Return None when `delivery` may go now, else why it has to wait."""
    if not is_looked_at(delivery):
        return None
    step = world.plan.steps.get(delivery.step or "")
    state = incident.steps.get(delivery.step or "", NEW_STEP)
    if delivery.receipt and step is not None and state.state != "doing":
        return f"'{step.id}' is {state.state}; it asks for this no more"
    if delivery.kind == "child" and delivery.id != f"{incident.key}:child:{delivery.step}:{state.round}":
        return f"'{delivery.step}' asked for another incident since"
    if _is_needless_call(incident, delivery):
        return "they have answered; nobody needs to be called"
    return _outside(world, incident, delivery) if delivery.outside else None


def _outside(world: World, incident: Incident, delivery: Delivery) -> str | None:
    """Ask hold, version and approvals about what leaves the house."""
    step = world.plan.steps.get(delivery.step or "")
    state = incident.steps.get(delivery.step or "", NEW_STEP)
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
