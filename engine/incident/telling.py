"""Whom an entry concerns directly, and what they are told: one message a person, able to stand alone.

Rules:
- `text` is the whole sentence. `preview` is what a locked phone may show: key, playbook and that something is
  to be done, but no title of an incident or a step and nobody's name.
- A step's card says itself that it is ready: `repeats_card` marks a sentence that says no more than that.
- Who is asked to work on a step gets its card whole; who only hears that it is late, as a shared room sees it.
- Whoever was asked for a key is asked again when the words change: their message shows the old ones.
- Who has just got a role, or is called because of one, gets that role's card.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.incident import events as e
from engine.incident.calling import page
from engine.incident.holding import holders
from engine.incident.plan import World, roles_of
from engine.incident.rehearsal import MARK
from engine.incident.role_cards import role_card
from engine.incident.state import NEW_STEP, OPEN, Incident
from engine.incident.story import sentence
from engine.incident.task_cards import task_card
from engine.language.playbook import AUTOMATIC_KINDS

_PREVIEWS: Final[Mapping[str, str]] = {
    "asked": "a step waits for you",
    "reminded": "a step still waits for you",
    "late": "something is late",
    "called": "you are needed; say that you are there",
    "declined": "somebody can't do a step",
    "failed": "a message did not arrive",
    "differs": "what was posted is not what was approved",
    "role": "a role has changed hands",
    "nobody": "a role has nobody",
    "hold": "what may be said outside has changed",
    "question": "a question waits for you",
}

_Concern = tuple[Iterable[str], str, str | None]
"""Who is concerned, why, and by which step."""

_WITH_A_CARD: Final = frozenset({"asked", "reminded", "late", "called"})


@dataclass(frozen=True)
class Told:
    """A message to one person; `body` holds why, how to reach them, its preview and the card of what it is about."""

    person: str
    text: str
    step: str | None = None
    body: dict[str, Any] = field(default_factory=dict)


def tells(world: World, incident: Incident, entry: e.Entry) -> Iterator[Told]:
    """Messages to people because of one entry; nobody is told what they have just done themselves."""
    concerned, reason, step = _concerned(world, incident, entry)
    people = [person for person in dict.fromkeys(concerned) if person != entry.by.person]
    if not people:
        return
    text = f"{incident.key} {world.plan.playbook.title}: {sentence(world, incident, entry)}"
    by = entry.event.by if isinstance(entry.event, e.Escalated | e.RoleCalled) else "slack"
    shown = {"reason": reason, "by": by, "preview": preview(world, incident, _PREVIEWS[reason])}
    for person in people:
        body = {**shown, "page": page(world, incident, person)}
        yield Told(person, text, step, body | _card(world, incident, entry, step=step, reason=reason, person=person))


def preview(world: World, incident: Incident, what: str) -> str:
    """Say that something is to be looked at, for a screen that others may see."""
    mark = f"{MARK} " if incident.mode == "rehearsal" else ""
    return f"{mark}{incident.key} {world.plan.playbook.title}: {what}."


def _card(world: World, incident: Incident, entry: e.Entry, *, step: str | None, reason: str, person: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    role = role_card(world, incident, entry.event, person)
    if role is not None:
        body["role"] = role
        if reason == "role":
            body["preview"] = preview(world, incident, "you have a role in it")
    if step and reason in _WITH_A_CARD:
        body["task"] = task_card(world, incident, step, shared=reason == "late")
        body["repeats_card"] = isinstance(entry.event, e.StepReadied)
    return body


def workers(world: World, incident: Incident, step: str) -> tuple[str, ...]:
    """Who is asked to do a step: who took it, else everybody who holds one of its roles."""
    definition, state = world.step(incident, step), incident.steps.get(step)
    if definition is None or state is None or definition.kind in AUTOMATIC_KINDS:
        return ()
    return (state.assignee,) if state.assignee else holders(incident, roles_of(definition))


def _concerned(world: World, incident: Incident, entry: e.Entry) -> _Concern:
    lead = holders(incident, [world.plan.lead_role])
    match entry.event:
        case e.StepReadied(step=step) | e.CheckDue(step=step) | e.StepAssigned(step=step) | e.ApprovalEscalated(step=step):
            return _asked(world, incident, entry.event, step), "asked", step
        case e.DraftSubmitted(step=step):
            return _asked_anew(world, incident, entry, step)
        case e.StepDeclined(step=step):
            return lead, "declined", step
        case e.Reminded(step=step):
            return workers(world, incident, step), "reminded", step
        case e.Escalated(step=step, people=people):
            return people or lead, "late", step
        case e.ChannelConfirmed(step=step, differs=True):
            return holders(incident, world.plan.key_roles), "differs", step
        case _:
            return _of_people(world, incident, entry.event, lead)


def _asked(world: World, incident: Incident, event: e.AnyEvent, step: str) -> tuple[str, ...]:
    match event:
        case e.StepAssigned(person=person):
            return (person,)
        case e.ApprovalEscalated(role=role):
            return holders(incident, [role])
        case _:
            return workers(world, incident, step)


def _asked_anew(world: World, incident: Incident, entry: e.Entry, statement: str) -> _Concern:
    """New words under an approval that was open already: whoever was asked holds a message with the old ones."""
    for approval in world.plan.graph.approvals_of.get(statement, ()):
        state = incident.steps.get(approval.id, NEW_STEP)
        if state.state in OPEN and state.ready_at is not None and state.ready_at < entry.at:
            escalated = holders(incident, [state.escalated_to]) if state.escalated_to else ()
            return (*workers(world, incident, approval.id), *escalated), "asked", approval.id
    return (), "", None


def _of_people(world: World, incident: Incident, event: e.AnyEvent, lead: tuple[str, ...]) -> _Concern:
    match event:
        case e.DeliveryFailed(step=step):
            return lead, "failed", step
        case e.RoleHeld(role=role, people=people, cause=cause):
            is_key_change = role in world.plan.key_roles and cause != "assigned"
            others = holders(incident, [world.plan.lead_role, *world.plan.key_roles]) if is_key_change else ()
            return (*people, *others), "role", None
        case e.RoleCalled(people=people, step=step):
            return people, "called", step
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
