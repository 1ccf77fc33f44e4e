"""Who holds a role: found late, when work for it opens; asked one after another; never a recused person.

A role that holds a key goes only to people that its `assign` or `fallback` yields, never by their own
hand. When nobody eligible is left, the incident lead is told and names somebody; the work waits, visibly.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from engine.incident.actor import REACHED, Actor
from engine.incident.calendar import add
from engine.incident.calling import calls_of, calls_of_lead
from engine.incident.draft import Draft
from engine.incident.events import RoleAcknowledged, RoleHeld, RoleUnanswered, RoleUnfilled, StepAssigned, StepDeclined
from engine.incident.people import asks, candidates, recused
from engine.incident.plan import World, roles_of
from engine.incident.scope import listed
from engine.incident.state import NEW_ROLE, OPEN, Incident
from engine.language.playbook import AUTOMATIC_KINDS, Approval, Step


def holders(incident: Incident, roles: Iterable[str]) -> tuple[str, ...]:
    """Everybody who holds one of `roles` now."""
    people = [person for role in roles if (held := incident.roles.get(role)) is not None for person in held.people]
    return tuple(dict.fromkeys(people)) if len(people) > 1 else tuple(people)


def is_lead(world: World, incident: Incident, actor: Actor) -> bool:
    return actor.person is not None and actor.person in holders(incident, [world.plan.lead_role])


def holds_key(world: World, incident: Incident, actor: Actor) -> bool:
    """Whether the actor holds a role that turns some key of this playbook."""
    return actor.person is not None and actor.person in holders(incident, world.plan.key_roles)


def holds_a_key(world: World, incident: Incident, role: str) -> bool:
    """Whether a role turns a key: of an approval, or because one was escalated to it."""
    return role in world.plan.key_roles or any(state.escalated_to == role and state.state in OPEN for state in incident.steps.values())


def recused_from(draft: Draft, role: str) -> frozenset[str]:
    """People who may not hold `role` as the incident stands now."""
    expression = draft.world.recusals.get(role)
    if expression is None:
        return frozenset()
    return recused(draft.world.organisation, listed(draft.scope, expression))


def eligible(draft: Draft, role: str) -> tuple[str, ...]:
    """Whom assign and fallback yield now, without the recused, first choice first."""
    barred = recused_from(draft, role)
    found = candidates(draft.world.organisation, draft.world.plan.playbook, role, draft.now)
    return tuple(person for person in found if person not in barred)


def fill_role(draft: Draft, role: str) -> None:
    """Find somebody for a role that nobody holds; tell once when there is nobody."""
    definition = draft.world.plan.playbook.roles.get(role)
    state = draft.incident.roles.get(role, NEW_ROLE)
    if definition is None or state.people:
        return
    found = _in_line(draft, role)[: definition.min]
    if found:
        _hold(draft, role, tuple(found), "assigned")
        return
    if not state.unfilled:
        draft.follow(RoleUnfilled(role, _why_nobody(draft, role), calls=calls_of_lead(draft, role)))


def ask_next(draft: Draft, role: str) -> None:
    """Its holder has not acknowledged in time: ask the next one, or leave it with them and say so."""
    state = draft.incident.roles[role]
    following = [person for person in eligible(draft, role) if person not in state.tried]
    if following:
        _hold(draft, role, (following[0],), "fallback")
        return
    draft.follow(RoleUnanswered(role, state.people[0], calls=calls_of_lead(draft, role)))


def recuse_holders(draft: Draft) -> None:
    """Take roles from people who were recused since, their open work with it."""
    for role in draft.world.recusals:
        barred = recused_from(draft, role)
        _return_work(draft, role, barred)
        state = draft.incident.roles.get(role, NEW_ROLE)
        if not barred & set(state.people):
            continue
        kept = tuple(person for person in state.people if person not in barred)
        following = [person for person in _in_line(draft, role) if person not in kept]
        people = (*kept, *following[: max(0, len(state.people) - len(kept))])
        if people:
            _hold(draft, role, people, "recused")
        else:
            draft.follow(RoleUnfilled(role, "everybody who could hold it is recused", calls=calls_of_lead(draft, role)))


def acknowledge_all(draft: Draft, person: str) -> None:
    """Whoever acts in the incident has been reached: all roles that they hold are acknowledged."""
    for role, state in list(draft.incident.roles.items()):
        if person in state.people and (state.ack_by is not None or state.awaits):
            draft.follow(RoleAcknowledged(role, person, via=draft.actor.via if draft.actor.via in REACHED else None))


def may_be_named(draft: Draft, role: str, person: str) -> bool:
    """Whether `person` may be given `role` by hand: for a key, only whom assign or fallback yield (or a lead's choice under `ask`)."""
    if person in recused_from(draft, role):
        return False
    if not holds_a_key(draft.world, draft.incident, role) or asks(draft.world.plan.playbook, role):
        return person in draft.world.organisation.people or person in eligible(draft, role)
    return person in eligible(draft, role)


def ack_by(draft: Draft, role: str) -> datetime:
    """Until when a new holder has to acknowledge."""
    return add(draft.now, draft.world.plan.playbook.roles[role].ack, draft.world.clockwork(draft.incident))


def _in_line(draft: Draft, role: str) -> list[str]:
    """Everybody eligible, those who were not asked yet first."""
    tried = draft.incident.roles.get(role, NEW_ROLE).tried
    return sorted(eligible(draft, role), key=lambda person: person in tried)


def pass_on(draft: Draft, step: Step, person: str) -> None:
    """Give what `person` declined to somebody else: the step to the next in line for its role, a key's role to its next holder."""
    others = set(draft.state(step.id).declined_by)
    for role in roles_of(step) if isinstance(step, Approval) else ():
        if holders(draft.incident, [role]) == (person,):
            tried = draft.incident.roles[role].tried
            following = [each for each in eligible(draft, role) if each not in others and each not in tried]
            if following:
                _hold(draft, role, (following[0],), "declined")
    if step.role and not isinstance(step, Approval):
        line = (*holders(draft.incident, [step.role]), *eligible(draft, step.role))
        following = [each for each in line if each not in others]
        if following:
            draft.follow(StepAssigned(step.id, following[0]))


def _hold(draft: Draft, role: str, people: tuple[str, ...], cause: Literal["assigned", "fallback", "recused", "declined"]) -> None:
    draft.follow(RoleHeld(role, people, cause, ack_by=ack_by(draft, role), calls=calls_of(draft, role)))


def _return_work(draft: Draft, role: str, barred: frozenset[str]) -> None:
    for name, state in list(draft.incident.steps.items()):
        step = draft.step(name) if state.state in OPEN and state.assignee in barred else None
        if step and step.kind not in AUTOMATIC_KINDS and role in roles_of(step):
            draft.follow(StepDeclined(name, str(state.assignee), "recused"))


def _why_nobody(draft: Draft, role: str) -> str:
    playbook, organisation = draft.world.plan.playbook, draft.world.organisation
    if candidates(organisation, playbook, role, draft.now):
        return "everybody who could hold it is recused"
    if asks(playbook, role):
        return "the playbook asks for a name"
    return f"nobody is found under {playbook.roles[role].assign} or its fallbacks"
