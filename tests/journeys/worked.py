"""A worker in a process of its own, as `firebreak worker` runs it, but for its clock: a file says how far it is ahead.

python -m tests.journeys.worked CLOCK_FILE

It prints what it sends, a line of JSON each: its id, and whether it is `posted`, `edited`, or `doubted` (posted although
nobody knows whether it was before).
"""

import asyncio
import io
import json
import signal
import sys
from pathlib import Path

from rich.console import Console

from api.settings import Settings
from api.wiring import build, dismantle
from engine.channels.channel import Outcome, Outgoing
from engine.channels.console import ConsoleChannel
from tests.journeys.served import AheadClock, follow


class Printing:
    """Writes down what is sent, and says that it arrived."""

    def __init__(self) -> None:
        self._console = ConsoleChannel(Console(file=io.StringIO()))

    async def send(self, outgoing: Outgoing) -> Outcome:
        delivery = outgoing.delivery
        kind = "edited" if outgoing.receipt else "doubted" if outgoing.doubted_since else "posted"
        sys.stdout.write(json.dumps({"id": delivery.id, "kind": kind}) + "\n")
        sys.stdout.flush()
        return await self._console.send(outgoing)


async def work(clock_file: Path) -> None:
    parts = await build(Settings(), clock=AheadClock(clock_file), channel=Printing())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    following = asyncio.create_task(follow(clock_file, parts.handler.woken))
    try:
        await parts.worker.run(stop)
    finally:
        following.cancel()
        await dismantle(parts)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1])))
