"""A process that sends a thousand messages to a Slack in a bad mood, on a clock that all lives share; it is killed now and then.

Each function here that takes a `Storm` is the main of a child process. The clock is a number in shared memory: the
fake Slack reads the same one, so what it records can be judged.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

from engine.channels.channel import Outcome, Outgoing
from engine.channels.slack import SlackChannel
from engine.channels.slack_gate import Gate
from engine.channels.slack_pace import wait_among
from engine.incident.effects import Delivery
from engine.runtime.call_record import StoredCalls
from engine.store.alarms import set_alarm
from engine.store.outbox import owe
from tests.fake_slack import TOKEN
from tests.runtime.crashing import at_step
from tests.runtime.given import MONDAY, WORK, House, house, playbook


class SharedClock:
    """A clock in shared memory; it stands still until it is moved, and never goes back."""

    def __init__(self, seconds: Any) -> None:
        self._seconds = seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds.value, UTC)

    def move_to(self, instant: datetime) -> datetime:
        self._seconds.value = max(self._seconds.value, instant.timestamp())
        return self.now()


@dataclass(frozen=True)
class Storm:
    """Where the house stands, where Slack listens, and what time it is."""

    folder: Path
    url: str
    seconds: Any


class _NoRooms:
    async def channel_of(self, incident_key: str) -> str | None:
        return None

    async def message_of(self, incident_key: str, step: str) -> None:
        return None


class _Door:
    """Stands where the channel will be, until there is a database to remember its calls in."""

    inner: SlackChannel

    async def send(self, outgoing: Outgoing) -> Outcome:
        return await self.inner.send(outgoing)


@asynccontextmanager
async def life(storm: Storm, at: Callable[[int], None] = lambda _: None) -> AsyncIterator[House]:
    """One life of the process: everything it knows is in its folder. `at` hears of each step of the courier."""
    door, clock = _Door(), SharedClock(storm.seconds)
    async with house(storm.folder, channel=door, clock=clock, courier_at=at) as home:
        gate = Gate(clock.now, StoredCalls(home.database, home.clock, wait_among))
        door.inner = SlackChannel(TOKEN, lambda: home.library.organisation, _NoRooms(), gate=gate, base_url=storm.url, timeout=5)
        yield home
        await door.inner.close()


async def work(home: House) -> None:
    """Do everything that is ever due, moving the clock to it."""
    await home.courier.take_over()
    while (at := await home.worker.next_at()) is not None:
        home.clock.move_to(at)
        await home.worker.run_until_idle()


def send_all(storm: Storm) -> None:
    """Send until nothing is owed."""
    _live(storm, lambda _: None)


def die_at(storm: Storm, step: int, nth: int) -> None:
    """Send until a step of the courier is done for the nth time."""
    _live(storm, at_step(step, armed=[True], nth=nth))


def _live(storm: Storm, at: Callable[[int], None]) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))

    async def run() -> None:
        async with life(storm, at) as home:
            await work(home)

    asyncio.run(run())


async def queue(folder: Path, targets: dict[int, list[str]]) -> list[str]:
    """Declare an incident for each number and owe it a message for each of its targets; gives the ids in order."""
    ids: list[str] = []
    async with house(folder, playbook(WORK)) as home:
        incidents = [await home.declare() for _ in targets]
        await home.worker.run_until_idle()

        def unit(tx: Connection) -> None:
            for incident, targeted in zip(incidents, targets.values(), strict=True):
                said = [Delivery(f"{incident.key}:storm:{number:03}", "say", target, "Words.") for number, target in enumerate(targeted)]
                owe(tx, home.sealer, incident.id, said, MONDAY)
                set_alarm(tx, incident.id, None)
                ids.extend(each.id for each in said)

        await home.database.write(unit)
    return ids
