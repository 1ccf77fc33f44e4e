"""Who may do what: work, decide, turn keys, steer. Each answers None (yes) or the Refusal to give."""

from engine.incident.actor import REACHED, Actor
from engine.incident.commands import Acknowledge, AnyCommand
from engine.incident.holding import holders, holds_key, is_lead
from engine.incident.people import is_guest
from engine.incident.plan import World, roles_of
from engine.incident.refusal import Refusal
from engine.incident.state import NEW_STEP, Incident
from engine.incident.visibility import participants
from engine.language.playbook import Step

_OPEN_TO_ALL = frozenset({"task", "evidence", "monitor", "wait", "ticket", "http", "playbook"})
"""Kinds that anybody taking part may do, unless the step is private."""


def takes_part(world: World, incident: Incident, person: str) -> bool:
    """Holds a role or a step, was invited, or declared it; a guest never, because only what is theirs is open to them."""
    return person in participants(world, incident) and not is_guest(world.organisation, person)


def no_work(world: World, incident: Incident, step: Step, actor: Actor) -> Refusal | None:
    """Refuse work on a step to who has no part in it."""
    if actor.person is None:
        return _no_service(step, actor)
    state = incident.steps.get(step.id, NEW_STEP)
    own = {*holders(incident, roles_of(step)), state.assignee}
    if actor.person in own or (is_lead(world, incident, actor) and not step.private):
        return None
    if step.kind in _OPEN_TO_ALL and not step.private and takes_part(world, incident, actor.person):
        return None
    return Refusal("not_you", f"'{step.id}' belongs to {_owner(world, step)}")


def not_own(actor: Actor, what: str) -> Refusal | None:
    """Refuse what needs the person's own credential: a service, an admin token or `act_as` holds no key."""
    if actor.own and actor.person is not None:
        return None
    return Refusal("own_credential", f"{what} needs the person's own credential: a press in Slack, a session or a personal token")


def only_acknowledges(actor: Actor, command: AnyCommand) -> Refusal | None:
    """Refuse everything but an acknowledgement to who answers on a way on which nobody proves who they are."""
    if actor.via not in REACHED or isinstance(command, Acknowledge):
        return None
    return Refusal("own_credential", f"by {actor.via} people only say that they were reached")


def no_steering(world: World, incident: Incident, actor: Actor) -> Refusal | None:
    """Refuse steering (cancel, reopen, merge, assign) to all but the lead and services without a person."""
    if actor.person is None or is_lead(world, incident, actor):
        return None
    return Refusal("not_you", f"only the {world.plan.playbook.roles[world.plan.lead_role].title} may do this")


def no_lowering(world: World, incident: Incident, actor: Actor) -> Refusal | None:
    """Refuse lowering the severity to all but `lower_by`."""
    severity = world.plan.playbook.severity
    role = (severity.lower_by if severity else None) or world.plan.lead_role
    if actor.person in holders(incident, [role]):
        return not_own(actor, "lowering the severity")
    return Refusal("not_you", f"only {role} may lower the severity")


def no_hold(world: World, incident: Incident, actor: Actor) -> Refusal | None:
    """Refuse a hold to all but key-holders and the lead."""
    if holds_key(world, incident, actor) or is_lead(world, incident, actor):
        return None
    return Refusal("not_you", "only a key-holder or the incident lead may hold what is said outside")


def no_release(world: World, incident: Incident, actor: Actor) -> Refusal | None:
    """Refuse a release to all but another key-holder, by their own credential."""
    hold = incident.hold
    if hold is None:
        return Refusal("not_on_hold", "nothing is on hold")
    refused = not_own(actor, "releasing a hold")
    if refused:
        return refused
    if not holds_key(world, incident, actor):
        return Refusal("not_you", "only a key-holder may release a hold")
    if actor.person == hold.by:
        return Refusal("second_key", f"{hold.by} placed the hold; another key-holder releases it")
    return None


def _no_service(step: Step, actor: Actor) -> Refusal | None:
    if step.private:
        return Refusal("not_you", f"'{step.id}' is private; a person of its role does it")
    if actor.via in ("timer", "delivery", "system") or actor.service or actor.admin:
        return None
    return Refusal("not_you", "nobody is named; say for whom this is done")


def _owner(world: World, step: Step) -> str:
    titles = [world.plan.playbook.roles[role].title for role in roles_of(step) if role in world.plan.playbook.roles]
    return ", ".join(titles) or "the engine"
