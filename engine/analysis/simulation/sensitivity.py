"""What one more person in a role would change: the same runs, with the same luck, in a world with that person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from engine.analysis.simulation.figures import Change, OneMore
from engine.analysis.simulation.outcome import RunOutcome
from engine.analysis.simulation.summary import chance_of
from engine.incident.people import candidates
from engine.incident.plan import Plan, World
from engine.language.organisation import Organisation, Person
from engine.language.playbook import Playbook

NEWCOMER: Final = "one-more"
"""Id of the person who is added; nobody in an organisation file has it."""


def with_one_more(world: World, role: str, start: datetime) -> World:
    """A world in which `role` is held by one person more from the start, with every skill that it asks for.

    Who would be found now stays first in line; people whom the role falls back to stay where they are.
    An address outside the organisation file becomes a person of it, because only those are in groups.
    """
    playbook, organisation = world.plan.playbook, world.organisation
    definition = playbook.roles[role]
    alone = definition.model_copy(update={"fallback": []})
    found = candidates(organisation, playbook.model_copy(update={"roles": {**playbook.roles, role: alone}}), role, start)
    holding = candidates(organisation, playbook, role, start)[: definition.min]
    group = f"{role}-and-{NEWCOMER}".replace("_", "-")[:64]
    people = [*found[: definition.min], NEWCOMER, *found[definition.min :]]
    changed = definition.model_copy(update={"assign": f"group:{group}", "min": len(holding) + 1})
    return World(
        Plan.of(playbook.model_copy(update={"roles": {**playbook.roles, role: changed}}), world.plan.digest),
        _grown(organisation, playbook, group=group, people=people),
        world.texts,
    )


def compared(role: str, title: str, before: Sequence[RunOutcome], after: Sequence[RunOutcome]) -> OneMore:
    """Compare the same runs without and with one more person."""
    names = list(before[0].milestones)
    changes = [Change(name, _met(before, name), _met(after, name)) for name in names]
    everything = Change(None, _all_met(before), _all_met(after))
    return OneMore(role, title, len(after), [*changes, everything])


def _grown(organisation: Organisation, playbook: Playbook, *, group: str, people: Sequence[str]) -> Organisation:
    skills = sorted({skill for role in playbook.roles.values() for skill in role.skills})
    strangers = {person: Person(name=person, skills=skills) for person in people if person not in organisation.people}
    groups: Mapping[str, Sequence[str]] = {**organisation.groups, group: people}
    return organisation.model_copy(update={"people": {**organisation.people, **strangers}, "groups": groups})


def _met(outcomes: Sequence[RunOutcome], milestone: str) -> float:
    return chance_of([outcome.milestones[milestone] for outcome in outcomes])


def _all_met(outcomes: Sequence[RunOutcome]) -> float:
    return sum(outcome.is_all_met for outcome in outcomes) / len(outcomes)
