"""Makes messages for webhooks out of what happened, each event once for each webhook that wants it and may know of it.

    1 look     how far the active webhooks have come in the log of heads; with none of them there is nothing more to do
    2 plan     outside any write: who wants which of the events that follow, judged by the incidents as they are now
    3 owe      a few webhooks at a time: their messages and their new place in the log, in one transaction

Commands pay nothing for it: what they write anyway is the queue. Killed anywhere, the log is read on from where each webhook is.
What its owner may not know of leaves no trace in the log of its messages. Nobody is judged here for good: the messenger judges again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from engine.incident.actor import Actor
from engine.incident.subscription import owner_of, wants_event, wants_incident
from engine.incident.visibility import can_see
from engine.runtime.clock import Clock
from engine.runtime.history import restored
from engine.runtime.library import Library
from engine.runtime.outcome import Seen
from engine.store.database import Database
from engine.store.event_log import load
from engine.store.happened import Happened, happened_after
from engine.store.locking import hold
from engine.store.seal import Sealer
from engine.store.webhook_messages import Event, hold_messages, owe_messages
from engine.store.webhooks import Owner, Subscriber, active_at, move_on, positions

CHANGES: Final = 100
"""Entries of the log that are looked at together."""
GROUPS: Final = 4
"""Places in the log that one turn goes on from: one that lags behind stops nobody."""
TOGETHER: Final = 500
"""Messages that one transaction writes, unless one webhook has more: commands wait for it where one process writes."""
WEBHOOKS: Final = 5_000
"""Webhooks that one statement names."""
_FAN_OUT: Final = "webhooks"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to owe to webhooks that stand at `was`, and where they stand then."""

    was: int
    to: int
    owed: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)

    def parts(self) -> "Iterator[Plan]":
        """Split it so that each part is written soon."""
        part: dict[str, tuple[Event, ...]] = {}
        size = 0
        for webhook_id, events in self.owed.items():
            if part and (size + len(events) > TOGETHER or len(part) == WEBHOOKS):
                yield Plan(self.was, self.to, part)
                part, size = {}, 0
            part[webhook_id] = events
            size += len(events)
        if part:
            yield Plan(self.was, self.to, part)


class FanOut:
    """Looks at the log for all webhooks."""

    def __init__(self, database: Database, sealer: Sealer, library: Library, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._library = library
        self._clock = clock
        self.is_for_nobody = False
        """There was no active webhook at the last look."""

    async def turn(self) -> bool:
        """Go on a little from each place; says whether there was anything to go on to."""
        places = await self._database.glance(positions)
        self.is_for_nobody = not places
        found = False
        for place in places[:GROUPS]:
            plan = await self._database.read(lambda tx, at=place: self._plan(tx, at))  # type: ignore[misc]
            if plan is not None:
                found = True
                await self._owe(plan)
        return found

    async def _owe(self, plan: Plan) -> None:
        now = self._clock.now()
        for part in plan.parts():
            await self._database.write(lambda tx, part=part: _owed(tx, part, now))  # type: ignore[misc]

    def _plan(self, tx: Connection, place: int) -> Plan | None:
        changes = happened_after(tx, place, most=CHANGES)
        if not changes:
            return None
        subscribers = active_at(tx, place)
        owed: dict[str, list[Event]] = {each.id: [] for each in subscribers}
        for incident_id, happened in _by_incident(changes).items():
            self._match(tx, incident_id, happened, subscribers, owed)
        return Plan(place, changes[-1].position, {name: tuple(events) for name, events in owed.items()})

    def _match(
        self, tx: Connection, incident_id: str, changes: list[Happened], subscribers: Iterable[Subscriber], owed: dict[str, list[Event]]
    ) -> None:
        seen = seen_by_all(tx, self._sealer, self._library, incident_id)
        if seen is None:
            return
        events = [Event(incident_id, seen.incident.key, each.seq, each.type) for each in changes]
        for each in subscribers:
            if wants_incident(each.wanted, seen.incident):
                wanted = [event for event in events if wants_event(each.wanted, event.type)]
                if wanted and is_for(each, seen):
                    owed[each.id] += wanted


def seen_by_all(tx: Connection, sealer: Sealer, library: Library, key_or_id: str) -> Seen | None:
    """Read an incident and its world, whoever may see it: the caller judges."""
    stored = load(tx, sealer, key_or_id)
    if stored is None:
        return None
    return Seen(library.world(tx, stored.playbook_digest), restored(tx, sealer, stored))


def _by_incident(changes: Iterable[Happened]) -> dict[str, list[Happened]]:
    """Put the events of each incident together: only among themselves do they have an order outside."""
    found: dict[str, list[Happened]] = {}
    for each in changes:
        found.setdefault(each.incident_id, []).append(each)
    return found


def is_for(subscriber: Subscriber, seen: Seen) -> bool:
    """Say whether the owner of a webhook may know of the incident."""
    return can_see(seen.world, seen.incident, reader_of(subscriber.owner))


def reader_of(owner: Owner) -> Actor:
    """Say as whom a webhook's owner looks at incidents."""
    return owner_of(person=owner.person, service=owner.service, token=owner.token)


def _owed(tx: Connection, part: Plan, now: datetime) -> None:
    """Move webhooks on and owe them their messages, but for those that were moved, paused or deleted meanwhile."""
    hold(tx, _FAN_OUT)
    for webhook_id in sorted(name for name, events in part.owed.items() if events):
        hold_messages(tx, webhook_id)
    for webhook_id in move_on(tx, part.owed.keys(), was=part.was, to=part.to):
        owe_messages(tx, webhook_id, part.owed[webhook_id], now)
