"""The product in a process of its own, as `firebreak serve` runs it, but for its clock: a file says how far it is ahead.

python -m tests.journeys.served CLOCK_FILE
"""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn

from api.app import create_app
from api.settings import Settings
from api.wiring import build, dismantle
from engine.runtime.clock import SystemClock
from engine.store.tokens import create_token


class AheadClock:
    """The real clock, moved ahead by the seconds that stand in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._real = SystemClock()

    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=float(self._file.read_text() or 0))


async def follow(clock_file: Path, woken: asyncio.Event) -> None:
    """Wake the worker when the clock was moved, as its own alarm would."""
    seen = clock_file.read_text()
    while True:
        await asyncio.sleep(0.02)
        if clock_file.read_text() != seen:
            seen = clock_file.read_text()
            woken.set()


async def serve(clock_file: Path) -> None:
    clock = AheadClock(clock_file)
    parts = await build(Settings(), clock=clock)
    following = asyncio.create_task(follow(clock_file, parts.handler.woken))
    secret, _ = await parts.database.write(lambda tx: create_token(tx, "journey", ["admin"], now=clock.now()))
    print(f"token {secret}", flush=True)
    server = uvicorn.Server(uvicorn.Config(create_app(parts), port=parts.settings.port, log_config=None))
    try:
        await server.serve()
    finally:
        following.cancel()
        await dismantle(parts)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
