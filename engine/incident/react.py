"""What the engine owes the world after entries: rooms, cards, task messages, words to people, and work for machines.

Rules:
- The room hears what changed, once, in one sentence; the card and each task message are edited.
- People are told directly of what is asked of them, what is late, and what only they can mend.
- Ids are deterministic: the same history owes the same deliveries.
- In a rehearsal nothing leaves the rehearsal channel and its people (`engine.incident.rehearsal`).
"""

from collections.abc import Iterator, Sequence

from engine.incident.cards import room_card
from engine.incident.effects import Delivery
from engine.incident.events import Entry
from engine.incident.holding import holders
from engine.incident.machines import machine_work
from engine.incident.plan import World
from engine.incident.rehearsal import rehearsed
from engine.incident.rooms import Room, room_of
from engine.incident.state import Incident
from engine.incident.story import is_notable, sentence
from engine.incident.task_cards import task_card
from engine.incident.telling import tells
from engine.language.playbook import AUTOMATIC_KINDS


def react(world: World, before: Incident | None, after: Incident, entries: Sequence[Entry]) -> tuple[Delivery, ...]:
    """Return every delivery owed because of `entries`, in the order in which they should leave."""
    if not entries:
        return ()
    room = room_of(world, after, entries[-1].at)
    owed = [*_room(world, before, after, room), *_card(world, after, room)]
    owed += _task_messages(world, before, after, room)
    first = before.version if before else 0
    for index, entry in enumerate(entries):
        owed += _of_entry(world, after, room, entry, seq=first + index + 1)
    return rehearsed(world, after, tuple(owed)) if after.mode == "rehearsal" else tuple(owed)


def _room(world: World, before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    """The room opens with the incident; later holders of roles are invited by sending it again."""
    is_new = before is None or set(holders(after, after.roles)) - set(holders(before, before.roles))
    if is_new and not room.is_shared:
        yield Delivery(
            f"{after.key}:room",
            "room",
            room.target,
            f"{after.key} {world.plan.playbook.title}",
            body={"topic": f"{after.key} {world.plan.playbook.title}", "private": room.is_private, "people": list(room.people)},
            replaces=True,
        )


def _card(world: World, after: Incident, room: Room) -> Iterator[Delivery]:
    severity = world.plan.playbook.severity
    title = severity.levels[after.severity].title if severity and after.severity in severity.levels else after.severity
    text = f"{after.key} {world.plan.playbook.title}: {after.status}, severity {after.severity} ({title})"
    yield Delivery(f"{after.key}:card", "card", room.target, text, body={**room_card(world, after), **room.body}, replaces=True)


def _task_messages(world: World, before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    for name, state in after.steps.items():
        earlier = before.steps.get(name) if before else None
        step = world.step(after, name)
        was_open = earlier is not None and (earlier.ready_at is not None or earlier.round > 0)
        if step is None or step.kind in AUTOMATIC_KINDS or state == earlier or not (state.ready_at or was_open):
            continue
        facts = task_card(world, after, name)
        text = f"{after.key} “{facts['title']}” is {state.state}"
        yield Delivery(f"{after.key}:task:{name}", "task", room.target, text, body={**facts, **room.body}, step=name, replaces=True)


def _of_entry(world: World, after: Incident, room: Room, entry: Entry, *, seq: int) -> Iterator[Delivery]:
    number = 0
    if is_notable(entry.event):
        text = f"{after.key}: {sentence(world, after, entry)}"
        yield Delivery(f"{after.key}:{seq}:{number}", "say", room.target, text, body=room.body)
        number += 1
    for tell in tells(world, after, entry):
        yield Delivery(f"{after.key}:{seq}:{number}", "tell", f"person:{tell.person}", tell.text, body=tell.body, step=tell.step)
        number += 1
    yield from machine_work(world, after, room, entry, first=f"{after.key}:{seq}", number=number)
