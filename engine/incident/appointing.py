"""Commands about people: name somebody for a role, acknowledge, hand over."""

from typing import Literal

from engine.incident import commands as c
from engine.incident.calling import calls_of
from engine.incident.draft import Draft
from engine.incident.events import RoleHeld
from engine.incident.holding import ack_by, acknowledge_all, holders, holds_a_key, is_lead, may_be_named, recused_from
from engine.incident.people import is_guest
from engine.incident.personal import Text
from engine.incident.policy import forbids_holder
from engine.incident.refusal import Refusal
from engine.incident.rights import not_own
from engine.language.suggest import listed


def name_role(draft: Draft, command: c.NameRole) -> Refusal | None:
    """The lead (or a service, for roles without a key) gives a role to somebody."""
    refused = _unknown(draft, command.role, command.person) or _may_not_appoint(draft, command.role, command.person)
    refused = refused or _unfit(draft, command.role, command.person)
    if refused:
        return refused
    return _give(draft, command.role, command.person, cause="named", note=None)


def acknowledge(draft: Draft, command: c.Acknowledge) -> Refusal | None:
    if command.role not in draft.world.plan.playbook.roles:
        return _unknown(draft, command.role, "")
    person = draft.actor.person
    if person is None or person not in holders(draft.incident, [command.role]):
        return Refusal("not_you", f"you don't hold '{command.role}'")
    acknowledge_all(draft, person)
    return None


def hand_over(draft: Draft, command: c.HandOver) -> Refusal | None:
    """Its holder (or the lead) passes a role on, with a note to whoever takes it."""
    refused = _unknown(draft, command.role, command.to)
    if refused:
        return refused
    is_holder = draft.actor.person in holders(draft.incident, [command.role])
    refused = _keyed(draft, command.role, command.to) if is_holder else _may_not_appoint(draft, command.role, command.to)
    refused = refused or _unfit(draft, command.role, command.to)
    if refused:
        return refused
    note = draft.mark(command.note) if command.note else None
    return _give(draft, command.role, command.to, cause="handed_over", note=note)


def _give(draft: Draft, role: str, person: str, *, cause: Literal["named", "handed_over"], note: Text | None) -> Refusal | None:
    if holders(draft.incident, [role]) == (person,):
        return None
    is_own = person == draft.actor.person
    until, calls = (None, ()) if is_own else (ack_by(draft, role), calls_of(draft, role))
    draft.add(RoleHeld(role, (person,), cause, ack_by=until, note=note, calls=calls))
    return None


def _unknown(draft: Draft, role: str, person: str) -> Refusal | None:
    roles = draft.world.plan.playbook.roles
    if role not in roles:
        return Refusal("unknown_role", f"there is no role '{role}'; there are {listed(roles, like=role)}", field="role")
    if person and person not in draft.world.organisation.people and not may_be_named(draft, role, person):
        known = listed(draft.world.organisation.people, like=person)
        return Refusal("unknown_person", f"there is no {person!r} in the organisation file; there are {known}", field="person")
    return None


def _may_not_appoint(draft: Draft, role: str, person: str) -> Refusal | None:
    refused = _keyed(draft, role, person)
    if refused:
        return refused
    if draft.actor.person is None or is_lead(draft.world, draft.incident, draft.actor):
        return None
    if is_guest(draft.world.organisation, draft.actor.person):
        return Refusal("not_you", "a guest is named for roles by others")
    if not holders(draft.incident, [draft.world.plan.lead_role]) or (person == draft.actor.person and not holders(draft.incident, [role])):
        return None
    return Refusal("not_you", "the incident lead names people for roles; a holder hands over", allowed=("hand-over",))


def _keyed(draft: Draft, role: str, person: str) -> Refusal | None:
    """A role that holds a key changes hands by a person's own credential, and never by their own hand."""
    if not holds_a_key(draft.world, draft.incident, role):
        return None
    refused = not_own(draft.actor, f"giving '{role}', which holds a key,")
    if refused:
        return refused
    if person == draft.actor.person:
        return Refusal("not_eligible", f"'{role}' holds a key; nobody takes it by their own hand")
    return None


def _unfit(draft: Draft, role: str, person: str) -> Refusal | None:
    if person in recused_from(draft, role):
        return Refusal("recused", f"{person} is part of what happened and can't hold '{role}'")
    if not may_be_named(draft, role, person):
        return Refusal("not_eligible", f"'{role}' holds a key; it goes only to people of its assign or fallback")
    return forbids_holder(draft.world, draft.incident, role, person)
