"""Deliveries from one incident to another: a channel whose other side is our own engine.

child    starts the linked incident of a sub-playbook step; its id is made from the delivery's id, so that
         however often this is sent there is exactly one
restrict closes a linked incident to others, because the one that it belongs to was
parent   tells the step that asked for it that the linked incident was closed or cancelled
"""

from typing import Final

import msgspec

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.incident.actor import DELIVERY
from engine.incident.commands import Declare, ReportChild, Restrict
from engine.incident.personal import Value
from engine.incident.refusal import Refusal
from engine.incident.state import Parent
from engine.runtime.clock import id_from
from engine.runtime.handle import Handler
from engine.runtime.outcome import Handled

TARGET: Final = "engine"


class ChildAsked(msgspec.Struct, frozen=True):
    """The body of a `child` delivery."""

    playbook: str
    parent: Parent
    version: str | None = None
    inputs: dict[str, Value] = {}
    title: str | None = None
    mode: str = "live"
    speed: int = 1


class LinkedIncidents:
    """Sends to `engine`."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def send(self, outgoing: Outgoing) -> Outcome:
        try:
            if outgoing.delivery.kind == "child":
                return await self._start(outgoing)
            if outgoing.delivery.kind == "restrict":
                return await self._restrict(outgoing)
            return await self._report(outgoing)
        except msgspec.ValidationError as error:
            return Failed(f"the delivery can't be read: {error}", retry=False)

    async def _start(self, outgoing: Outgoing) -> Outcome:
        asked = msgspec.convert(outgoing.delivery.body, ChildAsked)
        declare = Declare(
            id=id_from("child", outgoing.incident, outgoing.delivery.id),
            key="",
            inputs=asked.inputs,
            title=asked.title,
            mode="rehearsal" if asked.mode == "rehearsal" else "live",
            speed=asked.speed,
            parent=asked.parent,
        )
        outcome = await self._handler.declare(asked.playbook, declare, DELIVERY, version=asked.version)
        if isinstance(outcome, Handled):
            return Sent({"key": outcome.incident.key, "id": outcome.incident.id})
        return Failed(_why(outcome), retry=False)

    async def _restrict(self, outgoing: Outgoing) -> Outcome:
        body = outgoing.delivery.body
        outcome = await self._handler.handle(str(body.get("key")), Restrict(str(body.get("reason"))), DELIVERY)
        return Sent({}) if isinstance(outcome, Handled) else Failed(_why(outcome), retry=False)

    async def _report(self, outgoing: Outgoing) -> Outcome:
        body = outgoing.delivery.body
        report = msgspec.convert({name: body.get(name) for name in ("step", "key", "status")}, ReportChild)
        outcome = await self._handler.handle(str(body.get("incident")), report, DELIVERY)
        if isinstance(outcome, Handled):
            return Sent({"key": outcome.incident.key})
        return Failed(_why(outcome), retry=False)


def _why(outcome: object) -> str:
    return outcome.reason if isinstance(outcome, Refusal) else f"the other incident can't be found ({type(outcome).__name__})"
