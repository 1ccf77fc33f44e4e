"""Who may know of an incident, and who may read what stands in a private step.

Rules:
- An incident for participants exists only for those who hold a role, have a step, were invited or
  declared it; an admin token sees it, and whoever lets it in writes that down.
- A private step's content is for its role, its helpers, its readers, whom it was given to, and those who
  hold a key on it, because nobody can agree to what they can't see. Everyone else, the incident lead and
  admin tokens included, sees its title, state and deadline.
- A service that acts for nobody takes part only in what it declared itself.
- For a guest every incident is one for participants. Somebody of the Slack workspace whom the organisation
  file doesn't know sees nothing at all, not even what they started.
"""

from collections.abc import Iterable

from engine.incident.actor import Actor
from engine.incident.holding import holders
from engine.incident.people import is_guest
from engine.incident.plan import World, roles_of
from engine.incident.state import Incident


def can_see(world: World, incident: Incident, actor: Actor) -> bool:
    """Say whether the incident exists as far as this actor may know."""
    if is_stranger(actor):
        return False
    is_open = incident.visibility == "organisation" and not is_guest(world.organisation, actor.person)
    return is_open or actor.admin or takes_part(world, incident, actor)


def is_stranger(actor: Actor) -> bool:
    """Say whether Slack named somebody whom the organisation file doesn't know."""
    return actor.via == "slack" and actor.person is None


def participants(world: World, incident: Incident) -> frozenset[str]:
    """List the ids of everyone who takes part; somebody named by an address is also listed by their id."""
    named = named_in(incident)
    return named | frozenset(_ids_of_addresses(world, named))


def named_in(incident: Incident) -> frozenset[str]:
    """List everyone who takes part as the events name them, by an id or an address."""
    assignees = [step.assignee for step in incident.steps.values() if step.assignee]
    return frozenset((incident.declared_by, *incident.invited, *holders(incident, incident.roles), *assignees))


def takes_part(world: World, incident: Incident, actor: Actor) -> bool:
    """Say whether the actor is a participant, in their own name or through a service that acts for them."""
    if actor.person is not None:
        return actor.person in participants(world, incident)
    return actor.service is not None and actor.service == incident.declared_by


def may_read(world: World, incident: Incident, step: str, actor: Actor) -> bool:
    """Say whether the actor may read what stands in a step, beyond its title, state and deadline."""
    found = world.step(incident, step)
    if found is None:
        return False
    if not found.private:
        return True
    if actor.person is None:
        return False
    approvers = (role for approval in world.plan.graph.approvals_of.get(step, ()) for role in approval.approvers)
    state = incident.steps.get(step)
    return actor.person in {*holders(incident, (*roles_of(found), *found.readers, *approvers)), state.assignee if state else None}


def _ids_of_addresses(world: World, people: Iterable[str]) -> Iterable[str]:
    addresses = {person.casefold() for person in people if "@" in person}
    if not addresses:
        return ()
    return (name for name, person in world.organisation.people.items() if person.email and person.email.casefold() in addresses)
