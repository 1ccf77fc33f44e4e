"""Sentences to begin a test of the runtime with: a house with its own database, playbooks, clock and channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.incident.actor import Actor
from engine.incident.commands import AnyCommand, Declare
from engine.incident.state import Incident
from engine.runtime.clock import VirtualClock
from engine.runtime.courier import Courier
from engine.runtime.handle import Handler
from engine.runtime.library import Library
from engine.runtime.outcome import Handled
from engine.runtime.worker import Worker
from engine.store.database import Database, open_database
from engine.store.migrate import upgrade
from engine.store.pgqueue_library import NAMES
from engine.store.seal import Sealer
from engine.store.views import SeenDelivery, deliveries_of
from tests.postgres_server import PostgresServer

MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Monday, 09:00 in Vancouver: the office is open."""

SECRET = "a secret for tests only, long enough to be one"

ORGANISATION = """
firebreak_organisation: 1
name: Example
timezone: America/Vancouver
people:
  ana: {name: Ana Ruiz, email: ana@example.com}
  ben: {name: Ben Okafor, email: ben@example.com}
  cho: {name: Cho Min, email: cho@example.com}
  dee: {name: Dee Lund, email: dee@example.com}
groups: {leads: [ana], lawyers: [ben], comms: [cho], press: [dee]}
defaults: {ladder: office}
ladders: {office: [{late: 30m, to: incident_lead}]}
channels:
  newsroom: {kind: webhook, url_secret: NEWSROOM_URL, audience: [public]}
tickets: {itsm: {kind: webhook, url: "https://itsm.example.com/in"}}
outgoing_hosts: [api.example.com, itsm.example.com]
rehearsal: {channel: "#rehearsal", people: [ana]}
"""

HEAD = """
firebreak: 1
id: {id}
title: A trial
version: {version}
status: {status}
owner: incident_lead
summary: For tests.
roles:
  incident_lead: {{title: Lead, assign: "group:leads"}}
  legal: {{title: Counsel, assign: "group:lawyers"}}
  comms_lead: {{title: Head of communications, assign: "group:comms"}}
  press: {{title: Press officer, assign: "group:press"}}
inputs:
  links: {{type: url_list}}
  people: {{type: people}}
severity:
  levels: {{sev2: {{title: Spreading, means: some}}, sev1: {{title: Crisis, means: all}}}}
steps:
"""

WORK = """
  - {id: facts, task: Find out what happened, role: incident_lead, due: 20m, checklist: [Who, Where]}
  - {id: tell, task: Tell the staff, role: press, needs: [facts], due: 30m}
  - {id: finish, task: Look back, role: incident_lead, needs: [tell], sets: closed}
"""

HTTP = """
  - id: count
    http: Count the views
    url: https://api.example.com/views
    save: {views: $.views}
    retry: {times: 2, wait: 10s}
  - {id: finish, task: Look back, role: incident_lead, needs: [count], sets: closed}
"""

TICKET = """
  - {id: open_ticket, ticket: Open a ticket, system: itsm, project: OPS, text: "Look at this"}
  - {id: finish, task: Look back, role: incident_lead, needs: [open_ticket], sets: closed}
"""

PUBLISH = """
  - {id: draft, statement: Say what we know, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [newsroom], confirm: api}
  - {id: finish, task: Look back, role: incident_lead, needs: [post], sets: closed}
"""

PARENT = """
  - {id: call, playbook: child, with: {links: inputs.links}}
  - {id: finish, task: Look back, role: incident_lead, needs: [call], sets: closed}
"""

CHILD = """
  - {id: wrap_up, task: Wrap up, role: incident_lead, sets: closed}
"""


def playbook(steps: str, *, id: str = "trial", version: str = "1.0.0", status: str = "active") -> str:
    """Write a playbook: the usual head, then `steps`."""
    head = HEAD.format(id=id, version=version, status=status)
    templates = 'templates: {line: {text: "We know about it."}}\nsteps:\n' if "template:" in steps else "steps:\n"
    return head.replace("steps:\n", templates) + steps


def person(name: str, *, admin: bool = False) -> Actor:
    """Somebody with their own credential."""
    return Actor(person=name, via="rest", credential=f"token-{name}", own=True, admin=admin)


@dataclass
class ScriptedChannel:
    """Answers as it is told, then that everything arrived; keeps what it was given."""

    answers: list[Outcome] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        return self.answers.pop(0) if self.answers else arrived(outgoing)

    def of(self, kind: str) -> list[Outgoing]:
        return [each for each in self.sent if each.delivery.kind == kind]


@dataclass
class Choosy:
    """Answers only deliveries of one kind as it is told."""

    kind: str
    answers: list[Outcome]
    sent: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        chosen = outgoing.delivery.kind == self.kind and self.answers
        return self.answers.pop(0) if chosen else arrived(outgoing)

    def of(self, kind: str) -> list[Outgoing]:
        return [each for each in self.sent if each.delivery.kind == kind]


@dataclass
class Hold:
    """One message that is let through when it is told to."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Recording:
    """A scripted channel that some messages break, that others wait in, and that can be watched."""

    answers: list[Outcome] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    sent: list[Outgoing] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ids(self) -> list[str]:
        return [each.delivery.id for each in self.sent]

    def hold(self, delivery_id: str) -> Hold:
        return self.holds.setdefault(delivery_id, Hold())

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        self.changed.set()
        if outgoing.delivery.id in self.poison:
            raise ZeroDivisionError("a bug")
        if (held := self.holds.get(outgoing.delivery.id)) is not None:
            held.begun.set()
            await held.go.wait()
        return self.answers.pop(0) if self.answers else arrived(outgoing)


def arrived(outgoing: Outgoing) -> Sent:
    match outgoing.delivery.kind:
        case "http":
            return Sent({"status": 200, "saved": {"views": 1200}})
        case "ticket":
            return Sent({"reference": "OPS-1"})
        case "publish":
            return Sent({"link": "https://news.example.com/1"})
        case _:
            return Sent({"ts": outgoing.delivery.id})


def lost(error: str = "the line went dead") -> Failed:
    return Failed(error, retry=True, ambiguous=True)


@dataclass
class Databases:
    """Where houses keep what they know: in a file of their folder, or in a database of the tests' PostgreSQL."""

    server: PostgresServer | None = None
    taken: dict[Path, str] = field(default_factory=dict)

    def url(self, folder: Path) -> str:
        """Give the address of the database of the house in a folder."""
        if folder not in self.taken:
            self.taken[folder] = self.server.take() if self.server else f"sqlite:///{folder / 'firebreak.db'}"
        return self.taken[folder]

    def give_back(self) -> None:
        """Leave nothing for the next test."""
        if self.server is not None:
            for url in self.taken.values():
                self.server.give_back(url)
        self.taken.clear()
        self.server = None


DATABASES = Databases()


def _nothing(step: int) -> None:
    """Let the process live."""


@dataclass
class House:
    """Everything that one process holds."""

    folder: Path
    database: Database
    sealer: Sealer
    clock: Any
    library: Library
    handler: Handler
    courier: Courier
    worker: Worker
    channel: Any

    async def declare(self, id: str = "trial", *, by: str = "ana", **fields: Any) -> Incident:
        outcome = await self.handler.declare(id, Declare(id="", key="", **fields), person(by))
        assert isinstance(outcome, Handled), outcome
        return outcome.incident

    async def do(self, key: str, command: AnyCommand, *, by: str = "ana") -> Incident:
        outcome = await self.handler.handle(key, command, person(by))
        assert isinstance(outcome, Handled), outcome
        return outcome.incident

    async def incident(self, key: str) -> Incident:
        seen = await self.handler.look(key, person("ana", admin=True))
        assert seen is not None
        return seen.incident

    async def deliveries(self, key: str) -> list[SeenDelivery]:
        incident = await self.incident(key)
        page = await self.database.read(lambda tx: deliveries_of(tx, self.sealer, incident.id, limit=200))
        return list(page.items)

    async def fall_silent(self) -> None:
        """Let whoever has jobs of this database in hand have given no sign of life for a minute; on a file nobody waits for one."""
        if self.database.is_shared:
            died = text(f"UPDATE {NAMES.queue_table} SET heartbeat = heartbeat - interval '1 minute'")  # noqa: S608 - our own name
            await self.database.write(lambda tx: tx.execute(died).rowcount)

    async def forward(self, **span: float) -> None:
        """Move the clock, letting everything on the way happen at its instant."""
        until = self.clock.now() + timedelta(**span)
        while (at := await self.worker.next_at()) is not None and at <= until:
            self.clock.move_to(at)
            await self.worker.run_until_idle()
        self.clock.move_to(until)
        await self.worker.run_until_idle()


@asynccontextmanager
async def house(
    folder: Path,
    *playbooks: str,
    channel: Any = None,
    clock: Any = None,
    at: Callable[[int], None] = _nothing,
    courier_at: Callable[[int], None] = _nothing,
) -> AsyncIterator[House]:
    """Open a house in a folder; a second one in the same folder finds what the first one left."""
    library_folder = folder / "playbooks"
    library_folder.mkdir(exist_ok=True)
    for number, written in enumerate(playbooks):
        (library_folder / f"playbook_{number}.yaml").write_text(written)
    organisation = folder / "organisation.yaml"
    if not organisation.exists():
        organisation.write_text(ORGANISATION)
    url = DATABASES.url(folder)
    upgrade(url)
    database = open_database(url)
    sealer = Sealer(SECRET)
    await database.write(sealer.confirm)
    clock = clock or VirtualClock(MONDAY)
    library = Library(database, clock, playbooks=library_folder, organisation_file=organisation)
    report = await library.load()
    errors = [each for found in report.diagnostics.values() for each in found if each.level == "error"]
    assert not errors, errors
    handler = Handler(database, sealer, library, clock, at=at)
    channel = channel if channel is not None else ScriptedChannel()
    courier = Courier(database, sealer, handler, channel, clock, dice=lambda: 0.5, at=courier_at)
    worker = Worker(database, handler, courier, clock)
    try:
        yield House(folder, database, sealer, clock, library, handler, courier, worker, channel)
    finally:
        await database.close()
