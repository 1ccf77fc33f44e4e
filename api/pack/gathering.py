"""Reads what the offline pack holds: open incidents, the playbooks, and as whom all of it is read.

Rules:
- The pack shows what its reader may see, by the rules that hold everywhere. With `FIREBREAK_PACK_READER` that is a person:
  the incidents that exist for them, in the clear where they take part. Without, it is what an admin token sees: every open
  incident, nothing personal, and nothing of what stands in private steps.
- Each incident is read by itself, so that nobody waits for all of them. One that can't be read is named, and the others stand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from engine.incident.actor import Actor
from engine.incident.state import Incident
from engine.language.organisation import Organisation
from engine.runtime.history import restored
from engine.runtime.packs import MOST_INCIDENTS
from engine.runtime.viewing import viewer_of
from engine.store.database import Database
from engine.store.event_log import load
from engine.store.fault import Fault
from engine.store.library import PlaybookVersion, all_latest, by_digest
from engine.store.seal import Sealer
from engine.store.views import RUNNING, IncidentFilter, incidents_counted, incidents_found

_LIVE: Final = IncidentFilter(status=RUNNING, mode="live")
_log = structlog.get_logger("firebreak.pack")
_audit = structlog.get_logger("firebreak.audit")


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is read from."""

    database: Database
    sealer: Sealer
    organisation: Callable[[], Organisation]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a pack is written from. `left_out` counts open incidents that exist for others, or that did not fit.

    `versions` are by digest: the newest of each playbook, and those that the incidents run by.
    """

    at: datetime
    organisation: Organisation
    reader: Actor
    incidents: tuple[Incident, ...]
    unread: tuple[str, ...]
    left_out: int
    versions: Mapping[str, PlaybookVersion]


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
    read = {key: await _incident(source, key) for key in keys}
    found = tuple(incident for incident in read.values() if incident is not None)
    _note_look(reader, found)
    digests = {incident.playbook.digest for incident in found}
    versions = await source.database.read(lambda tx: _versions(tx, digests))
    unread = tuple(key for key, incident in read.items() if incident is None)
    return Gathered(now, organisation, reader, found, unread, max(0, total - len(keys)), versions)


def _note_look(reader: Actor, found: Iterable[Incident]) -> None:
    """Write down that incidents for participants are shown to somebody who is none, as for every look of an admin."""
    keys = [incident.key for incident in found if incident.visibility == "participants"]
    if reader.admin and keys:
        _audit.warning("the offline pack holds incidents for participants", incidents=keys)


async def _incident(source: Source, key: str) -> Incident | None:
    def look(tx: Connection) -> Incident | None:
        stored = load(tx, source.sealer, key)
        return restored(tx, source.sealer, stored) if stored else None

    try:
        return await source.database.read(look)
    except Fault as fault:
        _log.error("an incident is missing in the offline pack", incident=key, fault=str(fault))
        return None


def _versions(tx: Connection, digests: Iterable[str]) -> dict[str, PlaybookVersion]:
    """Find the newest version of each playbook, and those with these digests."""
    newest = {version.digest: version for version in all_latest(tx)}
    pinned = (by_digest(tx, digest) for digest in sorted(set(digests) - set(newest)))
    return newest | {version.digest: version for version in pinned if version is not None}
