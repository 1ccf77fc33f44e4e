"""Reads what the offline pack holds: open incidents, the plans, and as whom all of it is read.

Rules:
- The pack shows what its reader may see, by the rules that hold everywhere. With `FIREBREAK_PACK_READER` that is a person:
  the incidents that exist for them, in the clear where they take part. Without, it is what an admin token sees: every open
  incident, nothing personal, and nothing of what stands in private steps.
- Each incident is read by itself, so that nobody waits for all of them. One that can't be read is named, and the others stand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from engine.incident.actor import Actor
from engine.incident.plan import World
from engine.language.organisation import Organisation
from engine.runtime.history import restored
from engine.runtime.library import Library
from engine.runtime.order import ordered
from engine.runtime.outcome import Seen
from engine.runtime.packs import MOST_INCIDENTS
from engine.runtime.viewing import viewer_of
from engine.store.database import Database
from engine.store.event_log import load
from engine.store.fault import Fault
from engine.store.library import all_latest
from engine.store.seal import Sealer
from engine.store.views import RUNNING, IncidentFilter, incidents_counted, incidents_found

_LIVE: Final = IncidentFilter(status=RUNNING, mode="live")
_log = structlog.get_logger("firebreak.pack")
_audit = structlog.get_logger("firebreak.audit")


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is read from; `world` gives a published version by its digest, or raises Fault."""

    database: Database
    sealer: Sealer
    organisation: Callable[[], Organisation]
    world: Callable[[Connection, str], World]

    @staticmethod
    def of(database: Database, sealer: Sealer, library: Library) -> "Source":
        """Read from a running product."""
        return Source(database, sealer, lambda: library.organisation, library.world)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a pack is written from. `left_out` counts open incidents that exist for others, or that did not fit."""

    at: datetime
    organisation: Organisation
    reader: Actor
    incidents: tuple[Seen, ...]
    unread: tuple[str, ...]
    left_out: int
    plans: tuple[World, ...]


def reader_of(organisation: Organisation, person: str | None) -> Actor:
    """Give the actor as whom the pack is read; raises Fault when the organisation file does not know them."""
    if person is None:
        return Actor(admin=True)
    if person not in organisation.people:
        raise Fault(
            f"the pack's reader '{person}' is not in the organisation file",
            done="wrote nothing",
            advice="set FIREBREAK_PACK_READER to the id of a person",
        )
    return Actor(person=person)


async def gathered(source: Source, person: str | None, now: datetime) -> Gathered:
    """Read everything. Raises Fault."""
    organisation = source.organisation()
    reader = reader_of(organisation, person)
    viewer = viewer_of(organisation, reader)

    def listed(tx: Connection) -> tuple[list[str], int]:
        page = incidents_found(tx, source.sealer, _LIVE, viewer=viewer, limit=MOST_INCIDENTS)
        return [row.key for row in page.items], incidents_counted(tx, _LIVE, viewer=None)

    keys, total = await source.database.read(listed)
    seen = {key: await _seen(source, key) for key in keys}
    found = tuple(each for each in seen.values() if each is not None)
    _note_look(reader, found)
    plans = await _plans(source, found)
    unread = tuple(key for key, each in seen.items() if each is None)
    return Gathered(now, organisation, reader, found, unread, max(0, total - len(keys)), plans)


def _note_look(reader: Actor, found: tuple[Seen, ...]) -> None:
    """Write down that incidents for participants are shown to somebody who is none, as for every look of an admin."""
    keys = [each.incident.key for each in found if each.incident.visibility == "participants"]
    if reader.admin and keys:
        _audit.warning("the offline pack holds incidents for participants", incidents=keys)


async def _seen(source: Source, key: str) -> Seen | None:
    def look(tx: Connection) -> Seen | None:
        stored = load(tx, source.sealer, key)
        if stored is None:
            return None
        world = source.world(tx, stored.playbook_digest)
        return Seen(world, ordered(world, restored(tx, source.sealer, stored)))

    try:
        return await source.database.read(look)
    except Fault as fault:
        _log.error("an incident is missing in the offline pack", incident=key, fault=str(fault))
        return None


async def _plans(source: Source, seen: tuple[Seen, ...]) -> tuple[World, ...]:
    """Give the newest version of each playbook that is not retired, and every version that an open incident runs by."""
    digests = await source.database.read(lambda tx: [each.digest for each in all_latest(tx)])
    worlds = {each.world.plan.digest: each.world for each in seen}
    for digest in digests:
        world = worlds.get(digest) or await _world(source, digest)
        if world is not None and world.plan.playbook.status != "retired":
            worlds[digest] = world
    return tuple(sorted(worlds.values(), key=lambda world: (world.plan.playbook.title, world.plan.playbook.version)))


async def _world(source: Source, digest: str) -> World | None:
    try:
        return await source.database.read(lambda tx: source.world(tx, digest))
    except Fault as fault:
        _log.error("a plan is missing in the offline pack", digest=digest[:12], fault=str(fault))
        return None
