"""Whom an entry concerns directly, and what they are told: one message a person, able to stand alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.incident import events as e
from engine.incident.holding import holders, roles_of
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.story import sentence
from engine.incident.task_cards import task_card
from engine.language.playbook import AUTOMATIC_KINDS


@dataclass(frozen=True)
class Told:
    """A message to one person; `body` holds why, how to reach them and, for a task, its card."""

    person: str
    text: str
    step: str | None = None
    body: dict[str, Any] = field(default_factory=dict)


def tells(world: World, incident: Incident, entry: e.Entry) -> Iterator[Told]:
    """Messages to people because of one entry; nobody is told what they have just done themselves."""
    people, reason, step = _concerned(world, incident, entry)
    text = f"{incident.key} {world.plan.playbook.title}: {sentence(world, incident, entry)}"
    by = entry.event.by if isinstance(entry.event, e.Escalated) else "slack"
    for person in dict.fromkeys(people):
        if person != entry.by.person:
            card = {"task": task_card(world, incident, step, shared=False)} if step and reason == "asked" else {}
            yield Told(person, text, step, {"reason": reason, "by": by, **card})


def workers(world: World, incident: Incident, step: str) -> tuple[str, ...]:
    """Who is asked to do a step: who took it, else everybody who holds one of its roles."""
    definition, state = world.step(incident, step), incident.steps.get(step)
    if definition is None or state is None or definition.kind in AUTOMATIC_KINDS:
        return ()
    return (state.assignee,) if state.assignee else holders(incident, roles_of(definition))


def _concerned(world: World, incident: Incident, entry: e.Entry) -> tuple[Iterable[str], str, str | None]:
    lead = holders(incident, [world.plan.lead_role])
    match entry.event:
        case e.StepReadied(step=step) | e.CheckDue(step=step):
            return workers(world, incident, step), "asked", step
        case e.StepAssigned(step=step, person=person):
            return (person,), "asked", step
        case e.StepDeclined(step=step):
            return lead, "declined", step
        case e.Reminded(step=step):
            return workers(world, incident, step), "reminded", step
        case e.Escalated(step=step, people=people):
            return people or lead, "late", step
        case e.ApprovalEscalated(step=step, role=role):
            return holders(incident, [role]), "asked", step
        case e.ChannelConfirmed(step=step, differs=True):
            return holders(incident, world.plan.key_roles), "differs", step
        case _:
            return _of_people(world, incident, entry.event, lead)


def _of_people(world: World, incident: Incident, event: e.AnyEvent, lead: tuple[str, ...]) -> tuple[Iterable[str], str, str | None]:
    match event:
        case e.DeliveryFailed(step=step):
            return lead, "failed", step
        case e.RoleHeld(role=role, people=people, cause=cause):
            is_key_change = role in world.plan.key_roles and cause != "assigned"
            others = holders(incident, [world.plan.lead_role, *world.plan.key_roles]) if is_key_change else ()
            return (*people, *others), "role", None
        case e.RoleUnfilled() | e.RoleUnanswered():
            return lead, "nobody", None
        case e.MilestoneMissed(tell=tell):
            return tell, "late", None
        case e.HoldPlaced() | e.HoldReleased():
            return holders(incident, [*world.plan.key_roles, world.plan.lead_role]), "hold", None
        case e.NearMatchNoticed():
            return lead, "question", None
        case _:
            return (), "", None
