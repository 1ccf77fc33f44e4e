"""Rehearsals: every target becomes the rehearsal channel or one of its people, and every text says so."""

from typing import Final

from msgspec.structs import replace

from engine.incident.effects import Delivery, person_of, to_person
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import Incident

MARK: Final = "REHEARSAL"
_ENGINE: Final = frozenset({"child", "parent", "restrict"})


def rehearsed(world: World, incident: Incident, deliveries: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """Return the same deliveries, kept inside."""
    return tuple(delivery if delivery.kind in _ENGINE else _kept_inside(world, delivery) for delivery in deliveries)


def _kept_inside(world: World, delivery: Delivery) -> Delivery:
    group = world.organisation.rehearsal
    channel = f"slack:{group.channel}"
    person = person_of(delivery.target)
    text = f"{MARK} {delivery.text}"
    body = {**delivery.body, "rehearsal": True}
    if person is not None and body.get("by", "slack") != "slack":
        text, body = f"{MARK} would be told by {body['by']}: {delivery.text}", {**body, "by": "slack"}
    if person in group.people:
        return replace(delivery, target=to_person(person), text=text, body=body, outside=False)
    if person is not None:
        text = f"{MARK} for {person_name(world.organisation, person)}: {delivery.text}"
        body = {name: part for name, part in body.items() if name not in ("task", "role")}  # facts for that person alone
    elif not delivery.target.startswith("war_room:"):
        text = f"{MARK} would go to {delivery.target}: {delivery.text}"
    return replace(delivery, target=channel, text=text, body=body, outside=False)
