"""Tells an incident's history on, entry by entry, each as one sentence for people.

A sentence is told from the incident as it was after the entry, so what comes before a page is folded again.
What may not be read by everyone who sees the incident is masked in the sentence already.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.incident.describe_values import instant_text
from engine.incident.events import Entry
from engine.incident.evolve import evolve
from engine.incident.people import person_name
from engine.incident.plan import World
from engine.incident.state import Incident
from engine.incident.story import is_notable, sentence
from engine.runtime.history import entries_of
from engine.runtime.outcome import Seen
from engine.store.event_log import read_events
from engine.store.seal import Sealer


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a timeline; `seq` counts from 1."""

    seq: int
    entry: Entry
    text: str


@dataclass(slots=True)
class Teller:
    """Tells an incident on from where it stopped, and so folds no event twice; `seq` is the last one told or passed over."""

    seq: int = 0
    incident: Incident | None = None

    def told_on(self, tx: Connection, sealer: Sealer, seen: Seen, *, limit: int, after: int = 0) -> list[Told]:
        """Tell up to `limit` entries more, oldest first, without those up to number `after`.

        Nothing is told that came after the reader was seen to be allowed: the next entry may be the one that shuts them out.
        """
        most = max(0, min(max(0, after - self.seq) + limit, seen.incident.version - self.seq))
        entries = entries_of(read_events(tx, sealer, seen.incident.id, after=self.seq, limit=most))
        page: list[Told] = []
        for entry in entries:
            self.seq, self.incident = self.seq + 1, evolve(self.incident, entry)
            if self.seq > after:
                page.append(Told(self.seq, entry, sentence(seen.world, self.incident, entry)))
        return page


def told_facts(world: World, each: Told) -> dict[str, Any]:
    """Describe one entry of a timeline."""
    by = each.entry.by
    return {
        "seq": each.seq,
        "at": instant_text(each.entry.at),
        "by": {
            "name": person_name(world.organisation, by.person) if by.person else by.name,
            "person": by.person,
            "service": by.service,
            "via": by.via,
        },
        "type": type(each.entry.event).__name__,
        "step": getattr(each.entry.event, "step", None),
        "text": each.text,
        "notable": is_notable(each.entry.event),
    }
