"""Rehearsals: every target becomes the rehearsal channel or one of its people, and every text says so."""

from typing import Final

from msgspec.structs import replace

from engine.incident.effects import Delivery
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import Incident

MARK: Final = "REHEARSAL"
_ENGINE: Final = frozenset({"child", "parent"})


def rehearsed(world: World, incident: Incident, deliveries: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """Return the same deliveries, kept inside."""
    return tuple(delivery if delivery.kind in _ENGINE else _kept_inside(world, delivery) for delivery in deliveries)


def _kept_inside(world: World, delivery: Delivery) -> Delivery:
    group = world.organisation.rehearsal
    channel = f"slack:{group.channel}"
    scheme, _, name = delivery.target.partition(":")
    text = f"{MARK} {delivery.text}"
    body = {**delivery.body, "rehearsal": True}
    if scheme == "person" and name in group.people:
        return replace(delivery, text=text, body=body, outside=False)
    if scheme == "person":
        text = f"{MARK} for {person_name(world.organisation, name)}: {delivery.text}"
    elif scheme != "war_room":
        text = f"{MARK} would go to {delivery.target}: {delivery.text}"
    return replace(delivery, target=channel, text=text, body=body, outside=False)
