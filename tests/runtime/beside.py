"""A worker that does a chore which never ends, or ends badly, and sends what is owed all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from engine.channels.channel import Outcome, Outgoing
from engine.runtime.worker import Worker
from tests.runtime.given import House, ScriptedChannel


@dataclass
class Noticing(ScriptedChannel):
    """Notices the first thing that it is given to send."""

    noticed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.noticed.set()
        return await super().send(outgoing)


async def worked(home: House, chore: Callable[[], Awaitable[None]], begun: asyncio.Event) -> None:
    """Let a worker begin the chore, then send what an incident owes, then end."""
    worker = Worker(home.database, home.handler, home.courier, home.clock, chores=(chore,))
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(10):
        await begun.wait()
        await home.declare()
        await home.channel.noticed.wait()
        stop.set()
        await running
