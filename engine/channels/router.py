"""Picks the one channel for a delivery from a dict in plain sight; itself a channel.

    kind http or ticket              -> that route
    war_room:x, slack:#x             -> slack           person:x   -> person
    call:way:x                       -> person
    email:x                          -> email           webhook:x  -> webhook
    channel:x of the organisation    -> by its kind: webhook, email or slack

A route without a channel, an unknown target and a channel that a person posts to by hand are failures that
trying again does not mend.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from engine.channels.channel import Channel, Failed, Outcome, Outgoing
from engine.incident.effects import Delivery
from engine.language.organisation import Organisation

Route = Literal["slack", "person", "email", "webhook", "ticket", "http"]

_BY_SCHEME: Final[Mapping[str, Route]] = {
    "war_room": "slack",
    "slack": "slack",
    "person": "person",
    "call": "person",
    "email": "email",
    "webhook": "webhook",
    "ticket": "ticket",
    "http": "http",
}


class Router:
    """Sends through the channel of each delivery's route; `organisation` gives the file as it is now."""

    def __init__(self, channels: Mapping[Route, Channel], organisation: Callable[[], Organisation]) -> None:
        self._channels = channels
        self._organisation = organisation

    async def send(self, outgoing: Outgoing) -> Outcome:
        route = self._route(outgoing.delivery)
        if isinstance(route, Failed):
            return route
        channel = self._channels.get(route)
        if channel is None:
            return Failed(f"nothing is set up to send to {route!r}", retry=False)
        return await channel.send(outgoing)

    def _route(self, delivery: Delivery) -> Route | Failed:
        scheme, _, name = delivery.target.partition(":")
        if scheme != "channel":
            return _BY_SCHEME.get(scheme) or Failed(f"nothing sends to {scheme!r}", retry=False)
        entry = self._organisation().channels.get(name)
        if entry is None:
            return Failed(f"channel {name!r} is not in the organisation file", retry=False)
        if entry.kind == "manual":
            return Failed(f"channel {name!r} is posted to by a person, who then pastes the link", retry=False)
        return entry.kind
