"""Which room an incident is worked in: its own, or its parent's unless it is more private.

Rules:
- In the room are all who take part: whoever declared it, holds a role, has a step or was invited.
- A room for participants holds nobody else. From any other room only guests leave who take part no more, because
  everybody else may see the incident anyway.
- An incident that becomes one for participants goes on in a new, private room: Slack's apps can't make a public
  channel private, and its history would stay what it was (`docs/decisions/0016-rooms-that-close.md`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from engine.incident.effects import Delivery
from engine.incident.holding import holders
from engine.incident.plan import World
from engine.incident.rendering import render
from engine.incident.scope import incident_view
from engine.incident.state import NEW_STEP, Incident
from engine.incident.visibility import participants
from engine.language.playbook import Ticket
from engine.language.template import parse_template

PRIVATE: Final = "private"
"""What the id and the name of a room end with that took the place of an open one."""


@dataclass(frozen=True)
class Room:
    """`target` for words, `address` and `id` for the room itself; `body` says whose room it is when it is not the incident's own."""

    id: str
    target: str
    address: str
    is_private: bool
    is_shared: bool
    people: tuple[str, ...]
    body: dict[str, Any]


def room_of(world: World, incident: Incident, now: datetime) -> Room:
    """Find the room by the playbook's or the organisation's destination template."""
    parent = incident.parent
    shared = parent is not None and parent.visibility == incident.visibility
    template = world.plan.playbook.settings.war_room or world.organisation.defaults.war_room
    key = parent.key if parent is not None and shared else incident.key
    name = _name(world, incident, template, key=key, now=now) or f"slack:#inc-{key}"
    target, moved = f"war_room:{name.strip()}", incident.restricted_at is not None and incident.mode == "live"
    return Room(
        id=f"{incident.key}:room" + (f":{PRIVATE}" if moved else ""),
        target=target,
        address=f"{target}-{PRIVATE}" if moved else target,
        is_private=incident.visibility == "participants",
        is_shared=shared,
        people=_people(world, incident),
        body={"room": parent.key} if parent is not None and shared else {},
    )


def _name(world: World, incident: Incident, template: str, *, key: str, now: datetime) -> str | None:
    """Render where the room is; nearly every organisation names it by the key alone, and every change of an incident asks."""
    read = parse_template(template)
    if _reads_only_key(template):
        return read.render({"incident": {"key": key}}, {})
    return render(world, incident, read, now=now, more={"incident": {**incident_view(incident), "key": key}})


@lru_cache(maxsize=256)
def _reads_only_key(template: str) -> bool:
    read = parse_template(template)
    return read.names() <= {("incident", "key")} and not read.calls() and not read.includes()


def has_own_room(incident: Incident) -> bool:
    """Whether the incident has a room that nobody else works in."""
    is_shared = incident.parent is not None and incident.parent.visibility == incident.visibility
    return incident.mode == "live" and not is_shared


def room_work(world: World, before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    """What is owed so that the room is as it should be: opened, moved, its people and bookmarks, archived, opened again."""
    was_open = before is not None and before.archived_at is None
    if before is not None and before.restricted_at != after.restricted_at and after.mode == "live":
        yield _left(world, before, after, room)
    if after.archived_at is not None:
        if was_open and not room.is_shared:
            text = f"This room is archived: {after.key} is over. What happened stays in its timeline."
            yield Delivery(room.id, "close", room.address, text, replaces=True)
        return
    if room.is_shared:
        yield from _invited(before, after, room)
    elif before is None or not was_open or _is_another(world, before, after, room):
        yield Delivery(room.id, "room", room.address, _title(world, after), body=_wanted(world, after, room), replaces=True)
    yield from _bookmarked(world, before, after, room)


def _left(world: World, before: Incident, after: Incident, room: Room) -> Delivery:
    """The last sentence in the room that everybody could read; it says nothing that they don't know."""
    text = f"{after.key} goes on among those who take part in it."
    earlier = room_of(world, before, after.restricted_at or after.declared_at)
    if earlier.is_shared:
        return Delivery(f"{after.key}:left", "say", earlier.target, text, body=earlier.body)
    return Delivery(earlier.id, "close", earlier.address, f"This room is closed: {text}", replaces=True)


def _invited(before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    """Who takes part in a linked incident joins the room of its parent, if everybody may see both."""
    people = list(room.people)
    is_new = before is None or not set(people) <= {*holders(before, before.roles), before.declared_by, *before.invited, *_assigned(before)}
    if is_new and not room.is_private:
        text = f"{after.key} is worked on in the room of the incident that it belongs to"
        yield Delivery(f"{after.key}:invite", "invite", room.target, text, body={**room.body, "people": people}, replaces=True)


def _bookmarked(world: World, before: Incident | None, after: Incident, room: Room) -> Iterator[Delivery]:
    """Bookmarks have a way of their own, so that nobody waits for them; again when the room is another one."""
    links = list(_links(world, after))
    is_moved = before is not None and before.restricted_at != after.restricted_at
    if has_own_room(after) and (before is None or is_moved or links != list(_links(world, before))):
        text = f"{after.key} has {len(links)} bookmarks"
        yield Delivery(f"{after.key}:bookmarks", "bookmarks", f"{room.target}:bookmarks", text, body={"links": links}, replaces=True)


def _is_another(world: World, before: Incident, after: Incident, room: Room) -> bool:
    return before.visibility != after.visibility or set(_people(world, before)) != set(room.people)


def _wanted(world: World, incident: Incident, room: Room) -> dict[str, Any]:
    """What the room should be."""
    guests = () if room.is_private else (name for name, person in world.organisation.people.items() if person.guest)
    return {
        "topic": _title(world, incident),
        "private": room.is_private,
        "people": list(room.people),
        "leave": [guest for guest in guests if guest not in room.people],
    }


def _title(world: World, incident: Incident) -> str:
    """What stands where everybody may see it."""
    return f"{incident.key} {world.plan.playbook.title}"


def _people(world: World, incident: Incident) -> tuple[str, ...]:
    """All who take part and can be found in a channel, whoever came first standing first."""
    named = (incident.declared_by, *holders(incident, incident.roles), *_assigned(incident), *incident.invited)
    known = (each for each in (*named, *sorted(participants(world, incident))) if "@" in each or each in world.organisation.people)
    return tuple(dict.fromkeys(known))


def _assigned(incident: Incident) -> tuple[str, ...]:
    return tuple(state.assignee for state in incident.steps.values() if state.assignee)


def _links(world: World, incident: Incident) -> Iterator[dict[str, str]]:
    """What stands above the conversation: where the incident can be read, its plan, its tickets."""
    yield {"title": f"{incident.key} on the web", "path": f"/rooms/{incident.key}"}
    yield {"title": "Playbook", "path": f"/rooms/{incident.key}/plan"}
    for step in world.plan.performed:
        reference = incident.steps.get(step.id, NEW_STEP).reference or ""
        if isinstance(step, Ticket) and not step.private and reference.startswith("https://"):
            yield {"title": f"Ticket: {step.title}", "url": reference}
