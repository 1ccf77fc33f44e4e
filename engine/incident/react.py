"""What the engine owes the world after entries: rooms, cards, task messages, words to people, and work for machines.

Rules:
- The room hears what changed, once, in one sentence; the card and each task message are edited (`room_words`).
- An archived room hears nothing.
- People are told directly of what is asked of them, what is late, and what only they can mend.
- Ids are deterministic: the same history owes the same deliveries.
- In a rehearsal nothing leaves the rehearsal channel and its people (`engine.incident.rehearsal`).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from engine.incident.broadcast import broadcast
from engine.incident.calling import pages_done
from engine.incident.effects import Delivery, to_person
from engine.incident.events import Entry
from engine.incident.machines import machine_work
from engine.incident.plan import World
from engine.incident.pressing import is_pressing
from engine.incident.rehearsal import rehearsed
from engine.incident.room_words import Numbered, card_of, merged, sentences, talk, task_messages
from engine.incident.rooms import Room, room_of, room_work
from engine.incident.state import Incident
from engine.incident.telling import tells

_FIRST: Final = frozenset({"room", "invite", "close", "card", "say"})


def react(world: World, before: Incident | None, after: Incident, entries: Sequence[Entry]) -> tuple[Delivery, ...]:
    """Return every delivery owed because of `entries`, in the order in which they should leave."""
    if not entries:
        return ()
    room = room_of(world, after, entries[-1].at)
    numbered = list(enumerate(entries, start=(before.version if before else 0) + 1))
    owed = [*room_work(world, before, after, room)]
    owed += _in_room(world, before, after, room, numbered) if after.archived_at is None else ()
    for seq, entry in numbered:
        owed += _of_entry(world, after, room, entry, seq=seq)
    owed += [*broadcast(world, before, after, room), *pages_done(world, before, after)]
    ordered = tuple(sorted(owed, key=_turn))
    return rehearsed(world, after, ordered) if after.mode == "rehearsal" else ordered


def _in_room(world: World, before: Incident | None, after: Incident, room: Room, entries: Numbered) -> Iterator[Delivery]:
    yield replace(card_of(world, after, room), urgent=is_pressing(world, before, after))
    yield from sentences(world, after, room, entries)
    yield from task_messages(world, before, after, room)
    yield from talk(world, after, room, entries)
    yield from merged(after, entries)


def _turn(delivery: Delivery) -> int:
    """What the playbook tells the room comes before the messages of steps: at one a second they take a while."""
    if delivery.kind == "message" and delivery.target.startswith("war_room:"):
        return 1
    return 0 if delivery.kind in _FIRST and "thread" not in delivery.body else 2


def _of_entry(world: World, after: Incident, room: Room, entry: Entry, *, seq: int) -> Iterator[Delivery]:
    number = 1  # 0 is the sentence for the room
    for tell in tells(world, after, entry):
        yield Delivery(
            f"{after.key}:{seq}:{number}", "tell", to_person(tell.person, tell.body["by"]), tell.text, body=tell.body, step=tell.step
        )
        number += 1
    yield from machine_work(world, after, room, entry, first=f"{after.key}:{seq}", number=number)
