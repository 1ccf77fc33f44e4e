"""A database with so many incidents in it, written through the store, fast: one is decided, and stored again and again under new keys.

Each has 34 tasks, its history, its line in the chain of heads, and its rows in every read table; nothing is owed for them.
"""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from benchmarks.slack_ack import PLAYBOOK, ROOT, SECRET, STEPS, a_step
from engine.incident.actor import Actor
from engine.incident.codec import encode_actor, encode_event, encode_incident
from engine.incident.commands import Declare
from engine.incident.decide import decide_and_evolve
from engine.incident.refusal import Refusal
from engine.incident.timers import next_alarm
from engine.runtime.clock import SystemClock, new_id
from engine.runtime.indexing import index_entries
from engine.runtime.library import Library
from engine.runtime.order import ordered
from engine.runtime.projection import key_of, projected
from engine.store import library as store
from engine.store.alarms import set_alarm
from engine.store.database import open_database
from engine.store.event_log import NewEvent, next_number
from engine.store.migrate import upgrade
from engine.store.projections import project
from engine.store.seal import Sealer
from engine.store.tokens import create_token
from tests.store.given import append_in_order

ANA: Final = Actor(person="ana", via="rest", credential="bench", own=True)
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """Where it is, and the text of a token of Ana's."""

    folder: Path
    url: str
    token: str

    @property
    def settings(self) -> dict[str, str]:
        """What a server on it has to know."""
        return {
            "FIREBREAK_DATABASE_URL": self.url,
            "FIREBREAK_SECRET_KEY": SECRET,
            "FIREBREAK_DATA_DIR": str(self.folder / "data"),
            "FIREBREAK_PLAYBOOKS": str(self.folder / "playbooks"),
            "FIREBREAK_ORGANISATION": str(self.folder / "playbooks/organisation.yaml"),
        }


def fill(folder: Path, incidents: int, url: str | None = None, *, only_trial: bool = False) -> Filled:
    """Make playbooks and a database with so many incidents; by default an SQLite file in `folder`, and all playbooks that are shipped."""
    _write_playbooks(folder / "playbooks", only_trial=only_trial)
    address = url or f"sqlite:///{folder / 'firebreak.db'}"
    upgrade(address)
    return Filled(folder, address, asyncio.run(_fill(folder, address, incidents)))


def _write_playbooks(books: Path, *, only_trial: bool) -> None:
    if only_trial:
        books.mkdir()
        shutil.copy(ROOT / "playbooks/organisation.yaml", books)
    else:
        shutil.copytree(ROOT / "playbooks", books, ignore=shutil.ignore_patterns("plans", "*.test.yaml", "*.md"))
    trial = PLAYBOOK.replace("group:leads", "group:comms-leads") + "".join(a_step(number) for number in range(STEPS))
    (books / "trial.yaml").write_text(trial, "utf-8")


async def _fill(folder: Path, url: str, incidents: int) -> str:
    database, sealer, clock = open_database(url), Sealer(SECRET), SystemClock()
    try:
        await database.write(sealer.confirm)
        books = folder / "playbooks"
        library = Library(database, clock, playbooks=books, organisation_file=books / "organisation.yaml")
        await library.load()
        secret, _ = await database.write(
            lambda tx: create_token(tx, "bench", ["incidents:read", "incidents:write"], now=clock.now(), person="ana")
        )
        copying = await database.read(lambda tx: _copying(tx, sealer, library, clock))
        for done in range(0, incidents, _AT_ONCE):
            await database.write(_several(copying, min(_AT_ONCE, incidents - done)))
    finally:
        await database.close()
    return secret


def _several(copying: Callable[[Connection, int], None], count: int) -> Callable[[Connection], None]:
    def unit(tx: Connection) -> None:
        first = next_number(tx)
        for number in range(first, first + count):
            copying(tx, number)

    return unit


def _copying(tx: Connection, sealer: Sealer, library: Library, clock: SystemClock) -> Callable[[Connection, int], None]:
    """Decide one declaration, and give what writes a copy of it under a number."""
    pinned, now = store.latest(tx, "trial"), clock.now()
    assert pinned is not None
    world = library.world(tx, pinned.digest)
    decided = decide_and_evolve(world, None, Declare(id=new_id(), key=key_of(1)), actor=ANA, now=now)
    assert not isinstance(decided, Refusal), decided
    entries, incident = decided[0], ordered(world, decided[1])
    like, alarm = projected(world, incident), next_alarm(world, incident, now)
    encoded = [(entry.at, encode_actor(entry.by), *encode_event(entry)) for entry in entries]

    def copy(tx: Connection, number: int) -> None:
        named: dict[str, Any] = {"id": new_id(), "key": key_of(number)}
        said = [NewEvent(at, by, tag, payload | _known(named, payload)) for at, by, tag, payload in encoded]
        row = replace(like.incident, number=number, **named)
        own = msgspec.structs.replace(incident, **named)
        append_in_order(tx, sealer, None, events=said, row=row, snapshot=encode_incident(own))
        project(tx, sealer, replace(like, incident=row), None)
        index_entries(tx, world, own, entries)
        set_alarm(tx, row.id, alarm)

    return copy


def _known(named: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    """Keep of the names what an event holds."""
    return {name: value for name, value in named.items() if name in payload}
