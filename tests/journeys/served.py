"""The product in a process of its own, as `firebreak serve` runs it, but for its clock: a file says how far it is ahead.

python -m tests.journeys.served CLOCK_FILE [START]

With a START (RFC 3339) the day begins then, and each move of the clock begins a minute that does not end by itself, so that
whatever is written down shows the same times on every machine.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection

from api.app import create_app
from api.parts import Parts
from api.settings import Settings
from api.slack.answering import Answering
from api.slack.inbound import slack_router
from api.wiring import build, dismantle
from engine.runtime.clock import SystemClock
from engine.store.alarms import next_alarm_at
from engine.store.outbox import next_due
from engine.store.tokens import create_token

PATIENT: Final = 60.0
"""Seconds that an answer may take before Slack is told that it follows."""
LONGEST_MINUTE: Final = timedelta(seconds=58)


class AheadClock:
    """The real clock, moved ahead by the seconds that stand in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._real = SystemClock()

    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=float(self._file.read_text() or 0))


class DayClock:
    """A day that begins at `start`: the file says how many seconds ago; within a minute time passes only for whoever waits for it."""

    def __init__(self, file: Path, start: datetime) -> None:
        self._file = file
        self._start = start
        self._minute = self._moved()
        self._within = timedelta()

    def now(self) -> datetime:
        moved = self._moved()
        if moved != self._minute:
            self._minute, self._within = moved, timedelta()
        return self._start + timedelta(seconds=self._minute) + self._within

    def reaches(self, at: datetime) -> bool:
        """Let time pass until then, if the minute is long enough."""
        within = at - self.now() + self._within
        if within > LONGEST_MINUTE:
            return False
        self._within = max(self._within, within)
        return True

    def _moved(self) -> float:
        return float(self._file.read_text() or 0)


async def follow(clock_file: Path, woken: asyncio.Event) -> None:
    """Wake the worker when the clock was moved, as its own alarm would."""
    seen = clock_file.read_text()
    while True:
        await asyncio.sleep(0.02)
        if clock_file.read_text() != seen:
            seen = clock_file.read_text()
            woken.set()


async def come_to_rest(clock: DayClock, parts: Parts) -> None:
    """Let time pass for what waits within the minute, until nothing does."""
    while True:
        await asyncio.sleep(0.01)
        busy, ahead = await parts.database.read(_standing)
        if ahead is not None and clock.reaches(ahead):
            parts.handler.woken.set()
        elif not busy and not _answering():
            return


def _answering() -> bool:
    """Say whether another request than the one that asks is still being worked on: what is whispered comes after its answer."""
    return sum("run_asgi" in getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()) > 1


def _standing(tx: Connection) -> tuple[bool, datetime | None]:
    """Say whether anything is being sent, and when something is due next: at one instant, or what is claimed in between is missed."""
    sending = tx.exec_driver_sql("SELECT count(*) FROM deliveries WHERE state = 'pending' AND leased_until IS NOT NULL")
    ahead = min((at for at in (next_alarm_at(tx), next_due(tx)) if at is not None), default=None)
    return sending.scalar_one() > 0, ahead


async def serve(clock_file: Path, start: str | None) -> None:
    clock = DayClock(clock_file, datetime.fromisoformat(start)) if start else AheadClock(clock_file)
    parts = await build(Settings(), clock=clock)
    following = asyncio.create_task(follow(clock_file, parts.handler.woken))
    secret, _ = await parts.database.write(lambda tx: create_token(tx, "journey", ["admin"], now=clock.now()))
    print(f"token {secret}", flush=True)
    app = _of_the_day(parts, clock) if isinstance(clock, DayClock) else create_app(parts)
    server = uvicorn.Server(uvicorn.Config(app, port=parts.settings.port, log_config=None))
    try:
        await server.serve()
    finally:
        following.cancel()
        await dismantle(parts)


def _of_the_day(parts: Parts, clock: DayClock) -> FastAPI:
    """The application as it is, but that it can be asked to come to rest, and tells Slack nothing else on a slow machine."""
    assert parts.workspace is not None
    app = create_app(replace(parts, workspace=None))
    app.include_router(slack_router(parts, Answering(parts, parts.workspace, patience=PATIENT)))
    app.add_api_route("/rest", partial(come_to_rest, clock, parts))
    return app


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), *sys.argv[2:] or [None]))
