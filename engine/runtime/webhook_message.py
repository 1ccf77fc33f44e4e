"""What a webhook is sent: a CloudEvents 1.0 event in JSON, which is a Standard Webhooks payload at the same time.

Rules:
- `id` is the incident's key and the event's number there: the same at every try, redelivery and replay, and for every webhook.
- `type` is `firebreak.` and the name that the timeline gives the event. `timestamp` repeats `time` for Standard Webhooks.
- `data` has the shape that `dataschema` names. A member is only ever added to it; anything else is a new version under a new name.
- The incident is told as it was after the event; who may read what is judged by the incident as it is now.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from engine.incident.actor import Actor
from engine.incident.announced import changed
from engine.incident.describe_values import instant_text
from engine.incident.state import Incident
from engine.runtime.outcome import Seen
from engine.runtime.telling import Teller, Told, told_facts
from engine.store.seal import Sealer

PREFIX: Final = "firebreak."
SCHEMA: Final = "IncidentEventV1"
_KEPT: Final = 128
"""Incidents that are kept as they were after the last event a webhook was told, so that the next is told without folding all before it."""


@dataclass(frozen=True, slots=True)
class Sendable:
    """A message ready to be signed: its id, and its body as the bytes that are signed and sent."""

    id: str
    body: bytes


def event_id(key: str, seq: int) -> str:
    """Name an event of an incident for the world outside: `INC-7:31`."""
    return f"{key}:{seq}"


def event_of(text: str) -> tuple[str, int] | None:
    """Read the name of an event back: the incident's key and the number; None where it is none."""
    key, _, number = text.rpartition(":")
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return (key, int(number)) if key and is_number else None


class Writer:
    """Writes messages; `address` is where this installation is reached."""

    def __init__(self, sealer: Sealer, address: str) -> None:
        self._sealer = sealer
        self._address = address
        self._tellers: OrderedDict[tuple[str, str], Teller] = OrderedDict()

    def message(self, tx: Connection, seen: Seen, seq: int, viewer: Actor, *, webhook: str) -> Sendable | None:
        """Write the event with this number as the viewer may read it; None when there is none. Only for who may see the incident."""
        place = (webhook, seen.incident.id)
        teller = self._teller(place, seq)
        told = teller.told_on(tx, self._sealer, seen, limit=1, after=seq - 1)
        if not told or teller.incident is None:
            return None
        self._keep(place, teller)
        return self._written(seen, teller.incident, told[0], viewer)

    def ping(self, webhook: str, mark: str, now: datetime) -> Sendable:
        """Write a message that says only that messages arrive."""
        return self._enveloped(f"ping-{mark}", "ping", instant_text(now), webhook, schema="PingV1", data={"webhook": webhook})

    def _written(self, seen: Seen, after: Incident, told: Told, viewer: Actor) -> Sendable:
        facts = told_facts(seen.world, told)
        data = {
            "incident": _about(after, f"{self._address}/v1/incidents/{after.key}"),
            **facts,
            "changed": changed(seen.world, seen.incident, told.entry, viewer),
        }
        return self._enveloped(event_id(after.key, told.seq), facts["type"], facts["at"], after.key, schema=SCHEMA, data=data)

    def _enveloped(self, id: str, type: str, time: str | None, subject: str, *, schema: str, data: dict[str, Any]) -> Sendable:
        envelope = {
            "specversion": "1.0",
            "id": id,
            "source": self._address,
            "type": f"{PREFIX}{type}",
            "subject": subject,
            "time": time,
            "timestamp": time,
            "datacontenttype": "application/json",
            "dataschema": f"{self._address}/openapi.json#/components/schemas/{schema}",
            "data": data,
        }
        return Sendable(id, msgspec.json.encode(envelope))

    def _teller(self, place: tuple[str, str], seq: int) -> Teller:
        """Take a teller that has not come so far yet; nobody else has it meanwhile."""
        known = self._tellers.pop(place, None)
        return known if known is not None and known.seq < seq else Teller()

    def _keep(self, place: tuple[str, str], teller: Teller) -> None:
        self._tellers[place] = teller
        if len(self._tellers) > _KEPT:
            self._tellers.popitem(last=False)


def _about(incident: Incident, link: str) -> dict[str, Any]:
    return {
        "id": incident.id,
        "key": incident.key,
        "title": incident.title,
        "playbook": {"id": incident.playbook.id, "version": incident.playbook.version, "digest": incident.playbook.digest},
        "status": incident.status,
        "severity": incident.severity,
        "mode": incident.mode,
        "visibility": incident.visibility,
        "declared_at": instant_text(incident.declared_at),
        "version": incident.version,
        "link": link,
    }
