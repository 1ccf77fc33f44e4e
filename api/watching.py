"""How the service is, for whoever watches it: what `/readyz` says in words and `/metrics` in figures, from one look.

Rules:
- Looking never fails: what can't be found out is said to be unknown, with why, within `PATIENCE` seconds.
- Whether the database takes writes is tried with a real one, at most once in `TRIED_FOR` seconds.
- Nothing here needs a token to be read, so nothing here says more than counts, instants and advice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from fastapi import Request
from sqlalchemy import Connection

from api.parts import Parts
from engine.runtime.heartbeat import Beat, last_beat
from engine.runtime.packs import Packed, last_pack
from engine.runtime.wellness import Signs
from engine.runtime.worker import HEARTBEAT, last_heartbeat
from engine.store.alarms import next_alarm_at
from engine.store.fault import Fault
from engine.store.settings import put_setting
from engine.store.watching import OpenIncidents, Queued, delivery_counts, open_incidents, queued
from engine.store.webhook_messages import messages_pending
from engine.store.webhooks import paused_by_itself

PATIENCE: Final = 3.0
"""Seconds that the database is given to answer."""
TRIED_FOR: Final = timedelta(seconds=5)
SILENCE: Final = timedelta(seconds=3 * HEARTBEAT)
"""How long a worker may give no sign of life."""
UNANSWERED: Final = "the database does not answer in time: see what keeps it busy or locked"

_TRIED: Final = "write_tried_at"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """What stands in the database; instants are aware UTC."""

    signs: Signs
    beat_at: datetime | None
    deliveries: dict[str, int]
    heartbeat: Beat | None = None
    pack: Packed | None = None
    webhooks_paused: int = 0
    """Those that nobody paused by hand."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the figures are made of, beyond `Stored`."""

    beat_at: datetime | None
    alarm_at: datetime | None
    queued: tuple[Queued, ...]
    incidents: tuple[OpenIncidents, ...]
    heartbeat: Beat | None = None
    pack: Packed | None = None
    webhooks_paused: int = 0
    messages_pending: int = 0


class Watch:
    """Looks at a running product; `patience` in seconds."""

    def __init__(self, parts: Parts, *, patience: float = PATIENCE) -> None:
        self._parts = parts
        self._patience = patience
        self._trying = asyncio.Lock()
        self._tried_at: datetime | None = None
        self._write_trouble: str | None = None

    async def stored(self) -> Stored | str:
        """Read what readiness depends on, or say why it can't be read."""
        return await self._waited(lambda: self._parts.database.read(_stored))

    async def counted(self) -> Counted | str:
        """Read what is counted, or say why it can't be read."""
        return await self._waited(lambda: self._parts.database.read(_counted))

    async def write_trouble(self) -> str | None:
        """Say why the database takes no writes; None when it just took one."""
        async with self._trying:
            now = self._parts.clock.now()
            if self._tried_at is None or abs(now - self._tried_at) >= TRIED_FOR:
                tried = await self._waited(lambda: self._parts.database.write(lambda tx: put_setting(tx, _TRIED, now.isoformat())))
                self._write_trouble, self._tried_at = tried, now
            return self._write_trouble

    async def _waited(self, work: Callable[[], Awaitable[T]]) -> T | str:
        """Wait for so long, then say in words what is wrong: our own words, without what the database said."""
        try:
            async with asyncio.timeout(self._patience):
                return await work()
        except TimeoutError:
            return UNANSWERED
        except Fault as fault:
            return f"{fault.what.partition(' (')[0]}: {fault.advice}"


async def watch_of(request: Request) -> Watch:
    """Give the watch that the application was made with; a coroutine, because FastAPI sends anything else to a thread and back."""
    watch = request.app.state.watch
    assert isinstance(watch, Watch)
    return watch


def _stored(tx: Connection) -> Stored:
    return Stored(Signs.read(tx), last_heartbeat(tx), delivery_counts(tx), last_beat(tx), last_pack(tx), paused_by_itself(tx))


def _counted(tx: Connection) -> Counted:
    outside = (last_beat(tx), last_pack(tx), paused_by_itself(tx), messages_pending(tx))
    return Counted(last_heartbeat(tx), next_alarm_at(tx), tuple(queued(tx)), tuple(open_incidents(tx)), *outside)
