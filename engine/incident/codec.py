"""Events and snapshots as JSON-compatible values, and back.

What was once written is read for ever: a field that was renamed or split gets its translation here,
by event type, and nowhere else. `tests/incident/recorded/` keeps a log of each version.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from engine.incident.actor import Actor
from engine.incident.events import AnyEvent, Entry
from engine.incident.state import SCHEMA, Incident

TAG: Final = "type"

_RESOLVED: Final = (msgspec.json.Decoder(Incident), msgspec.json.Decoder(AnyEvent), msgspec.json.Decoder(Actor))
"""Resolves the shapes while one thread imports this: msgspec does it at first use, and two threads at once crash it."""


class SnapshotTooOld(Exception):
    """The snapshot has an older shape; rebuild it from its events."""


class SnapshotTooNew(Exception):
    """The snapshot was written by a newer Firebreak; this one would silently drop what it doesn't know."""


def encode_event(entry: Entry) -> tuple[str, dict[str, Any]]:
    """Return the event's type and its payload, both as they are stored."""
    payload: dict[str, Any] = msgspec.to_builtins(entry.event)
    return str(payload.pop(TAG)), payload


def encode_actor(actor: Actor) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(actor)
    return value


def decode_entry(*, at: datetime, actor: dict[str, Any], type: str, payload: dict[str, Any]) -> Entry:
    """Read an entry back; raises msgspec.ValidationError on what no version ever wrote."""
    event = msgspec.convert({TAG: type, **payload}, AnyEvent)
    return Entry(at=at, by=msgspec.convert(actor, Actor), event=event)


def encode_incident(incident: Incident) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(incident)
    return value


def decode_incident(data: dict[str, Any]) -> Incident:
    """Read a snapshot; raises SnapshotTooOld or SnapshotTooNew by its schema number."""
    schema = data.get("schema", 0)
    if schema < SCHEMA:
        raise SnapshotTooOld(f"snapshot has schema {schema}, this is {SCHEMA}")
    if schema > SCHEMA:
        raise SnapshotTooNew(f"snapshot has schema {schema}, this reads {SCHEMA}")
    return msgspec.convert(data, Incident)
