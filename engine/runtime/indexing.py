"""Keeps the index of words beside the history: what is new with each command, what is older bit by bit.

An incident that was declared before there was an index is added whole, by whoever catches up; until then nothing of it is.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection

from engine.incident.events import Entry
from engine.incident.plan import World
from engine.incident.searchable import public_texts
from engine.incident.state import Incident
from engine.runtime.history import entries_of, restored
from engine.runtime.library import Library
from engine.runtime.projection import number_of
from engine.store.database import Database
from engine.store.event_log import load, read_events
from engine.store.seal import Sealer
from engine.store.search_index import add_texts, is_indexed, unindexed

AT_ONCE: Final = 5
"""Incidents in one transaction: other writers wait for it."""
BATCHES: Final = 200
"""One after the other; then whatever else is to be done has its turn."""


def index_entries(tx: Connection, world: World, after: Incident, entries: Sequence[Entry]) -> None:
    """Add what an incident's newest entries say to the index."""
    first = after.version - len(entries) + 1
    texts = [(seq, said) for seq, entry in enumerate(entries, first) if (said := public_texts(world, after, entry))]
    number = number_of(after.key)
    if texts and (first == 1 or is_indexed(tx, number)):
        add_texts(tx, number, texts)


class Indexing:
    """Adds incidents to the index that are older than it."""

    def __init__(self, database: Database, sealer: Sealer, library: Library) -> None:
        self._database = database
        self._sealer = sealer
        self._library = library
        self._is_done = False

    async def catch_up(self) -> None:
        """Add some of the newest that are missing; nothing to do from the first time on that none is."""
        for _ in range(0 if self._is_done else BATCHES):
            missing = await self._database.read(partial(unindexed, limit=AT_ONCE))
            if not missing:
                self._is_done = True
                return
            await self._database.write(partial(self._add_each, missing))

    def _add_each(self, incident_ids: Sequence[str], tx: Connection) -> None:
        for incident_id in incident_ids:
            self._add(tx, incident_id)

    def _add(self, tx: Connection, incident_id: str) -> None:
        stored = load(tx, self._sealer, incident_id, to_change=True)
        if stored is None or is_indexed(tx, number_of(stored.key)):
            return
        incident = restored(tx, self._sealer, stored)
        index_entries(tx, self._library.world(tx, stored.playbook_digest), incident, entries_of(read_events(tx, self._sealer, incident_id)))
