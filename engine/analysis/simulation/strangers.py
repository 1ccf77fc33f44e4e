"""People for roles that somebody is named for when an incident starts (`assign: ask`): one stranger each.

Without them a plan that names its people on the day could not be run ahead at all: every run would wait for a name.
"""

from engine.incident.plan import Plan, World
from engine.language.organisation import Person
from engine.language.playbook import Playbook, Role


def with_strangers(world: World) -> World:
    """A world in which every role that is asked for has somebody, with every skill that it wants."""
    playbook, organisation = world.plan.playbook, world.organisation
    asked = {name: role for name, role in playbook.roles.items() if role.assign == "ask"}
    if not asked:
        return world
    people = {_stranger(name): Person(name=role.title, skills=role.skills) for name, role in asked.items()}
    roles = {**playbook.roles, **{name: _held(name, role) for name, role in asked.items()}}
    grown = organisation.model_copy(
        update={
            "people": {**organisation.people, **people},
            "groups": {**organisation.groups, **{person: [person] for person in people}},
        }
    )
    return World(Plan.of(playbook.model_copy(update={"roles": roles}), world.plan.digest), grown, world.texts)


def strangers_in(playbook: Playbook) -> list[str]:
    """List the roles that a stranger was put into."""
    return [name for name, role in playbook.roles.items() if role.assign == f"group:{_stranger(name)}"]


def _held(name: str, role: Role) -> Role:
    return role.model_copy(update={"assign": f"group:{_stranger(name)}"})


def _stranger(role: str) -> str:
    return f"named-for-{role}".replace("_", "-")
