"""Who can be called: everybody's numbers, who is on call now and after them, and who would hold each role of a plan now."""

from datetime import datetime
from typing import Any, Final

from engine.incident.describe_values import instant_text
from engine.incident.people import candidates, is_present, on_call, on_call_until, person_name
from engine.incident.plan import World
from engine.language.organisation import Oncall, Organisation

Facts = dict[str, Any]

_IN_LINE: Final = 3
"""People who are named for a role: the one to call, and two more."""


def contact(organisation: Organisation, person: str | None) -> Facts:
    """Say how somebody is reached; somebody outside the organisation is an address."""
    known = organisation.people.get(person) if person else None
    return {
        "id": person,
        "name": person_name(organisation, person) if person else "nobody yet",
        "phone": known.phone if known else None,
        "email": known.email if known else person if person and "@" in person else None,
        "timezone": known.timezone if known else None,
    }


def everybody(organisation: Organisation, now: datetime) -> list[Facts]:
    """List all people by name, with their groups; who is absent today is marked."""
    groups: dict[str, list[str]] = {}
    for group, people in organisation.groups.items():
        for person in people:
            groups.setdefault(person, []).append(group)
    found = [
        {**contact(organisation, person), "groups": groups.get(person, []), "absent": not is_present(organisation, person, now)}
        for person in organisation.people
    ]
    return sorted(found, key=lambda each: (each["name"].casefold(), each["id"]))


def rotations(organisation: Organisation, now: datetime) -> list[Facts]:
    """Say for each rotation who is on call, until when, and who comes after."""
    return [_rotation(organisation, name, oncall, now) for name, oncall in organisation.oncall.items()]


def roles_now(world: World, organisation: Organisation, now: datetime) -> list[Facts]:
    """Say for each role of a plan who would be asked if it began now, first choice first."""
    playbook = world.plan.playbook
    return [
        {
            "title": role.title,
            "people": [contact(organisation, each) for each in candidates(organisation, playbook, name, now)[:_IN_LINE]],
            "holds_key": name in world.plan.key_roles,
        }
        for name, role in playbook.roles.items()
    ]


def _rotation(organisation: Organisation, name: str, oncall: Oncall, now: datetime) -> Facts:
    until = on_call_until(oncall, now, organisation.timezone)
    after = on_call(oncall, until, organisation.timezone) if until else None
    return {
        "name": name,
        "person": contact(organisation, on_call(oncall, now, organisation.timezone)),
        "until": instant_text(until),
        "next": contact(organisation, after) if after else None,
    }
