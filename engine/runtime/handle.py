"""Every change of an incident, from anybody, in ONE transaction: all of it is on disk before anybody is answered, or none.

    1 load      the incident's snapshot and the world of its pinned playbook
    2 decide    entries, or a Refusal, which changes nothing
    3 evolve    what is true after them
    4 append    the entries, each chained to the one before
    5 project   the read tables
    6 owe       what the world must be told
    7 alarm     when time itself must act next; and the request is remembered
    8 commit    only now is there an answer, and the worker is woken

`at(n)` is called when step n is done, so that tests can end the process there. Nothing remote happens here.
"""

import asyncio
import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from engine.incident.actor import Actor
from engine.incident.codec import encode_event
from engine.incident.commands import AnyCommand, Declare, Migrate, Tick
from engine.incident.decide import decide
from engine.incident.events import Entry
from engine.incident.evolve import evolve
from engine.incident.plan import World
from engine.incident.react import react
from engine.incident.refusal import Refusal
from engine.incident.state import Incident
from engine.incident.timers import next_alarm
from engine.incident.visibility import can_see
from engine.runtime.clock import Clock, new_id
from engine.runtime.history import restored
from engine.runtime.indexing import index_entries
from engine.runtime.library import Library
from engine.runtime.measuring import Meter, Unmeasured
from engine.runtime.order import ordered
from engine.runtime.outcome import Decided, Handled, Memory, NotFound, Outcome, Recalled, Seen, Stale, word_of
from engine.runtime.projection import key_of, projected, projected_before, unchanged
from engine.runtime.starting import found
from engine.runtime.viewing import viewer_of
from engine.store.alarms import set_alarm
from engine.store.database import Database
from engine.store.event_log import Conflict, NewEvent, StoredIncident, append, load, next_number, put_in_order
from engine.store.outbox import owe, release_waiting
from engine.store.projections import project
from engine.store.queued import enqueue_owed
from engine.store.seal import Sealer
from engine.store.views import open_incidents_with_link

ENGINE: Final = frozenset({"timer", "delivery", "system"})
"""Actors that are the engine itself: incidents exist for them whoever takes part."""

_ID: Final = re.compile(r"INC-[0-9]{1,9}|[0-9a-f]{32}")
_TRIES: Final = 3
_BREATH: Final = timedelta(minutes=1)
"""An alarm that did nothing rings again no sooner, so that it can't spin."""

_log = structlog.get_logger("firebreak.commands")


def _nothing(step: int) -> None:
    """Let the process live."""


@dataclass(frozen=True, slots=True)
class _Before:
    """An incident as loaded: its stored head, its snapshot, and the world it runs in."""

    stored: StoredIncident
    incident: Incident
    world: World


class Handler:
    """Runs commands; one for each process that writes. `woken` is set whenever there may be something to send."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        library: Library,
        clock: Clock,
        *,
        make_id: Callable[[], str] = new_id,
        at: Callable[[int], None] = _nothing,
        meter: Meter | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._library = library
        self._clock = clock
        self._make_id = make_id
        self._at = at
        self._meter = meter or Unmeasured()
        self.woken = asyncio.Event()

    async def handle(
        self, key_or_id: str, command: AnyCommand, actor: Actor, *, if_match: int | None = None, memory: Memory | None = None
    ) -> Outcome:
        """Carry out one command on an incident; `if_match` is the version that the actor saw. Raises Fault."""

        def decided(tx: Connection) -> Decided:
            before = self._load(tx, key_or_id, to_change=True)
            if before is None or not _exists_for(actor, before):
                return NotFound(key_or_id)
            if if_match is not None and if_match != before.incident.version:
                return Stale(before.incident.version)
            world = self._world_for(tx, before, command)
            return world if isinstance(world, Refusal) else self._transition(tx, before, world, command, actor)

        return await self._measured(command, actor, key_or_id, unit=lambda tx: _remembering(tx, memory, decided))

    async def declare(
        self, playbook: str, command: Declare, actor: Actor, *, version: str | None = None, memory: Memory | None = None
    ) -> Outcome:
        """Start an incident from the latest (or the given) version of a playbook. Raises Fault.

        The command's key is given here, and its id where it is empty; with an id that exists already the
        answer is that incident, unchanged.
        """

        def decided(tx: Connection) -> Decided:
            existing = self._load(tx, command.id) if command.id else None
            if existing is not None:
                return Handled(existing.world, existing.incident)
            pinned = found(tx, playbook, version)
            if isinstance(pinned, Refusal):
                return pinned
            world = self._library.world(tx, pinned.digest)
            complete = replace(command, id=command.id or self._make_id(), key=key_of(next_number(tx)))
            return self._declared(tx, world, complete, actor)

        return await self._measured(command, actor, command.id, unit=lambda tx: _remembering(tx, memory, decided))

    async def look(self, key_or_id: str, actor: Actor) -> Seen | None:
        """Find an incident as last committed; None also when the actor may not know that it exists."""

        def seen(tx: Connection) -> Seen | None:
            before = self._load(tx, key_or_id)
            if before is None or not _exists_for(actor, before):
                return None
            return Seen(before.world, before.incident)

        return await self._database.read(seen)

    async def _measured(self, command: AnyCommand, actor: Actor, asked: str, *, unit: Callable[[Connection], Outcome]) -> Outcome:
        outcome: Outcome | None = None
        with self._meter.commanding(command, actor.via):
            try:
                outcome = await self._committed(unit)
            finally:
                self._meter.commanded(command, actor.via, outcome)
                _tell(command, actor, asked, outcome)
        return outcome

    async def _committed(self, unit: Callable[[Connection], Outcome]) -> Outcome:
        """Run the unit, again when somebody else was quicker; answer after it is durable."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._answered(await self._database.write(unit))
            except Conflict:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _answered(self, outcome: Outcome) -> Outcome:
        self._at(8)
        if isinstance(outcome, Handled):
            self.woken.set()
        return outcome

    def _load(self, tx: Connection, key_or_id: str, *, to_change: bool = False) -> _Before | None:
        stored = load(tx, self._sealer, key_or_id, to_change=to_change)
        if stored is None:
            return None
        world = self._library.world(tx, stored.playbook_digest)
        return _Before(stored, ordered(world, restored(tx, self._sealer, stored)), world)

    def _world_for(self, tx: Connection, before: _Before, command: AnyCommand) -> World | Refusal:
        """Find the world a command is decided in: the pinned playbook's, or that of the version to move to."""
        if not isinstance(command, Migrate):
            return before.world
        target = found(tx, before.incident.playbook.id, command.version)
        if isinstance(target, Refusal):
            return target
        if target.digest != command.digest:
            return Refusal("unknown_playbook", f"version '{command.version}' has another digest: {target.digest}", field="digest")
        return self._library.world(tx, target.digest)

    def _declared(self, tx: Connection, world: World, command: Declare, actor: Actor) -> Decided:
        handled = self._transition(tx, None, world, command, actor)
        if isinstance(handled, Refusal):
            return handled
        links = projected(world, handled.incident).links
        viewer = viewer_of(world.organisation, actor)
        similar = open_incidents_with_link(tx, self._sealer, sorted(links), viewer=viewer) if links else []
        return dataclasses.replace(handled, similar=tuple(key for key in similar if key != command.key))

    def _transition(self, tx: Connection, before: _Before | None, world: World, command: AnyCommand, actor: Actor) -> Handled | Refusal:
        """Steps 2 to 7 on what was loaded; the clock is read here, so that entries stand in the order of their instants."""
        incident, now = before.incident if before else None, self._clock.now()
        self._at(1)
        entries = decide(world, incident, command, actor=actor, now=now)
        if isinstance(entries, Refusal):
            return entries
        self._at(2)
        after = _folded(world, incident, entries)
        self._at(3)
        head = self._write(tx, before, world, after, entries, now) if entries else None
        self._ring(tx, world, after, command, now)
        self._at(7)
        return Handled(world, after, tuple(entries), head=head)

    def _write(
        self, tx: Connection, before: _Before | None, world: World, after: Incident, entries: tuple[Entry, ...], now: datetime
    ) -> str:
        """Write what follows from entries; gives the head of the incident's chain, to be put in order."""
        alike = unchanged(before.incident, after) if before and before.world is world else ()
        new = projected(world, after, but=alike)
        stored, said = before.stored if before else None, [_new(each) for each in entries]
        head = append(tx, self._sealer, stored, events=said, row=new.incident, snapshot=after)
        self._at(4)
        project(tx, self._sealer, new, projected_before(before.world, before.incident, new, but=alike) if before else None)
        index_entries(tx, world, after, entries)
        self._at(5)
        owe(tx, self._sealer, after.id, react(world, before.incident if before else None, after, entries), now)
        release_waiting(tx, after.id, now)
        enqueue_owed(tx, after.id, now)
        self._at(6)
        return head

    def _ring(self, tx: Connection, world: World, after: Incident, command: AnyCommand, now: datetime) -> None:
        alarm = next_alarm(world, after, now)
        if alarm is not None and isinstance(command, Tick):
            alarm = max(alarm, now + _BREATH) if alarm <= now else alarm
        set_alarm(tx, after.id, alarm)


def _tell(command: AnyCommand, actor: Actor, asked: str, outcome: Outcome | None) -> None:
    """Log how a command ended, with the ids of its incident: what somebody asked for instead of one is a word of theirs."""
    ids = {"incident": asked} if _ID.fullmatch(asked) else {}
    if isinstance(outcome, Handled):
        ids = {"incident": outcome.incident.key, "incident_id": outcome.incident.id}
    code = {"code": outcome.code} if isinstance(outcome, Refusal) else {}
    _log.info("commanded", command=type(command).__name__, via=actor.via, outcome=word_of(outcome), **code, **ids)


def _remembering(tx: Connection, memory: Memory | None, decided: Callable[[Connection], Decided]) -> Outcome:
    """Answer from memory, or do the work and keep its answer; what changed is put in order last, because all others wait from there on."""
    answer = memory.recall(tx) if memory else None
    if answer is not None:
        return Recalled(answer)
    outcome = decided(tx)
    if memory:
        memory.keep(tx, outcome)
    if isinstance(outcome, Handled) and outcome.head is not None:
        put_in_order(tx, outcome.incident.id, outcome.incident.version, outcome.head)
    return outcome


def _exists_for(actor: Actor, before: _Before) -> bool:
    return actor.via in ENGINE or can_see(before.world, before.incident, actor)


def _folded(world: World, incident: Incident | None, entries: tuple[Entry, ...]) -> Incident:
    for entry in entries:
        incident = evolve(incident, entry)
    if incident is None:
        raise ValueError("a command was accepted without an incident or an entry")
    return ordered(world, incident)


def _new(entry: Entry) -> NewEvent:
    tag, payload = encode_event(entry)
    return NewEvent(at=entry.at, actor=entry.by, type=tag, payload=payload)
