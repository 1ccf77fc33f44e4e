"""What stands in an incident's room: its card, a message for each step, and a sentence for each change.

Rules:
- A sentence says the change first and the incident's key last, so that whoever hears it hears the news first.
- What one command brings about is one message of several sentences, so that a start does not flood the room.
- Sentences stand before the messages of steps, and those come with what is due first.
- Comments are talk: they stand in the thread of their step's message. What is said about a private step stays in it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from engine.incident import events as e
from engine.incident.calendar import LATEST
from engine.incident.card_facts import severity_title
from engine.incident.cards import room_card
from engine.incident.effects import Delivery
from engine.incident.plan import World
from engine.incident.rooms import Room
from engine.incident.state import OPEN, Incident, StepState
from engine.incident.story import is_notable, sentence
from engine.incident.task_cards import task_card
from engine.language.playbook import AUTOMATIC_KINDS, Step

MOST_TOGETHER: Final = 12
"""Sentences of one message."""

Numbered = Sequence[tuple[int, e.Entry]]
"""Entries with their numbers in the incident's history."""

_STANDING: Final = {
    "waiting": "Waiting",
    "ready": "Ready",
    "doing": "Being worked on",
    "done": "Done",
    "skipped": "Skipped",
    "blocked": "Blocked",
}


def card_of(world: World, incident: Incident, room: Room) -> Delivery:
    """The one card, in its newest state."""
    severity = f"severity {incident.severity} ({severity_title(world, incident.severity)})"
    text = f"{incident.key} {world.plan.playbook.title} is {incident.status}, {severity}."
    return Delivery(f"{incident.key}:card", "card", room.target, text, body={**room_card(world, incident), **room.body}, replaces=True)


def sentences(world: World, incident: Incident, room: Room, entries: Numbered) -> Iterator[Delivery]:
    """Say what changed: one sentence each, those of one command together."""
    notable = [(seq, entry) for seq, entry in entries if is_notable(entry.event)]
    for start in range(0, len(notable), MOST_TOGETHER):
        group = notable[start : start + MOST_TOGETHER]
        said = [sentence(world, incident, entry) for _, entry in group]
        text = "\n".join([*map(_ended, said[:-1]), with_key(incident, said[-1])])
        yield Delivery(f"{incident.key}:{group[0][0]}:0", "say", room.target, text, body=room.body)


def task_messages(world: World, before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    """Each step's own message, as it stands now; all open ones again when the room is another one."""
    is_moved = before is not None and before.restricted_at != after.restricted_at
    changed = [
        (step, state)
        for name, state in after.steps.items()
        if (is_moved or before is None or before.steps.get(name) is not state)
        and (step := world.step(after, name)) is not None
        and _is_told(before, step, state, again=is_moved and state.state in OPEN)
    ]
    for step, state in sorted(changed, key=lambda pair: pair[1].due_at or LATEST):
        facts = task_card(world, after, step.id)
        whose = f", for {facts['role_title']}" if facts["role_title"] and state.state in OPEN else ""
        text = with_key(after, f"{_STANDING[state.state]}: “{facts['title']}”{whose}")
        body = {**facts, **room.body}
        yield Delivery(f"{after.key}:task:{step.id}", "task", room.target, text, body=body, step=step.id, replaces=True)


def talk(world: World, incident: Incident, room: Room, entries: Numbered) -> Iterator[Delivery]:
    """Comments, each in the thread of its step."""
    for seq, entry in entries:
        if isinstance(entry.event, e.StepCommented):
            name = entry.event.step
            step = world.step(incident, name)
            if step is None or not step.private:
                text = with_key(incident, sentence(world, incident, entry))
                yield Delivery(f"{incident.key}:{seq}:0", "say", room.target, text, body={**room.body, "thread": name}, step=name)


def merged(incident: Incident, entries: Numbered) -> Iterator[Delivery]:
    """Tell the room of the incident that takes this one over; of one for participants nobody else may know."""
    for seq, entry in entries:
        if isinstance(entry.event, e.IncidentMerged) and incident.visibility == "organisation":
            into = entry.event.into
            text = with_key(incident, f"Merged: {incident.key} is settled as part of this incident")
            yield Delivery(f"{incident.key}:{seq}:into", "say", f"war_room:{into}", text, body={"room": into})


def with_key(incident: Incident, text: str) -> str:
    """End a sentence with the incident that it is about."""
    return f"{text.removesuffix('.')} ({incident.key})."


def _ended(text: str) -> str:
    """End a sentence that somebody's own words may have ended already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _is_told(before: Incident | None, step: Step, state: StepState, *, again: bool) -> bool:
    earlier = before.steps.get(step.id) if before else None
    was_open = earlier is not None and (earlier.ready_at is not None or earlier.round > 0)
    is_new = state != earlier and (state.ready_at is not None or was_open)
    return step.kind not in AUTOMATIC_KINDS and (is_new or again)
