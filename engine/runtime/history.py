"""An incident out of the store: from its snapshot, or from its events where the snapshot has an older shape.

`rebuild_with` gives what the events alone say, for whoever checks that nothing else was written.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from engine.incident.codec import SnapshotTooNew, SnapshotTooOld, decode_entry, decode_incident, encode_incident
from engine.incident.events import Entry
from engine.incident.evolve import replay
from engine.incident.state import Incident
from engine.runtime.library import Library
from engine.runtime.projection import projected
from engine.store.audit_rebuilt import Rebuild, Rebuilt
from engine.store.event_log import StoredEvent, StoredIncident, read_events
from engine.store.fault import Fault
from engine.store.seal import Sealer


def restored(tx: Connection, sealer: Sealer, stored: StoredIncident) -> Incident:
    """Give the incident as it stands; raises Fault when a newer Firebreak wrote it."""
    try:
        return decode_incident(stored.snapshot)
    except SnapshotTooOld:
        return replay(entries_of(read_events(tx, sealer, stored.id)))
    except SnapshotTooNew as error:
        raise Fault(
            f"incident {stored.key} was written by a newer Firebreak",
            done="changed nothing",
            advice="run that version, or a later one",
        ) from error


def entries_of(events: Iterable[StoredEvent]) -> list[Entry]:
    """Read stored events back, oldest first."""
    return [decode_entry(at=event.at, actor=event.actor, type=event.type, payload=event.payload) for event in events]


def rebuild_with(library: Library) -> Rebuild:
    """Give the function that `audit verify` compares snapshots and read tables with."""

    def rebuild(tx: Connection, events: Sequence[StoredEvent]) -> Rebuilt:
        incident = replay(entries_of(events))
        return Rebuilt(encode_incident(incident), projected(library.world(tx, incident.playbook.digest), incident))

    return rebuild
