"""Has the offline pack written: every hour, and within half a minute of what changes it (declared, closed, approved, published).

Rules:
- It is a chore of the worker and happens beside its work: nothing of it is waited for, and nothing of it stops anything.
- Of several workers one writes: whoever first writes down that it does. One that dies over it is followed after `AGAIN`.
- What fails is logged, counted, and kept for `/readyz`; it is tried again after `AGAIN`. The packs written before stay.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection

from engine.runtime.clock import Clock
from engine.runtime.waiting import Beside
from engine.store.affairs import affairs, newest_change
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.locking import hold
from engine.store.settings import put_setting, setting

EVERY: Final = timedelta(hours=1)
AGAIN: Final = timedelta(minutes=5)
"""How long after a try that did not end well the next one begins."""
MOST_INCIDENTS: Final = 200
"""Newest open incidents that a pack holds."""

_SETTING: Final = "offline_pack"
_log = structlog.get_logger("firebreak.pack")

Write = Callable[[datetime], Awaitable[str]]
"""Writes the pack of an instant, and gives its name. Raises Fault."""


class Packed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the last pack: `affairs` is how things stood in the last one that was `written`, `change` the change before it."""

    tried_at: datetime
    written_at: datetime | None = None
    affairs: str = ""
    change: int = -1
    trouble: str | None = None


class Packs:
    """Decides when `write` is called; `counted` hears how it ended: `written` or `failed`."""

    def __init__(self, database: Database, clock: Clock, write: Write, *, counted: Callable[[str], None]) -> None:
        self._database = database
        self._clock = clock
        self._write = write
        self._counted = counted
        self._writing = Beside(self._write_if_due, broken=self._report)

    async def write_due(self) -> None:
        """Begin to write if it is time: a chore, which waits for nobody."""
        self._writing.begin()

    async def settled(self) -> None:
        """Wait until what is being written stands."""
        await self._writing.settled()

    async def close(self) -> None:
        """Stop writing; what stands beside its name already is removed by the next pack."""
        await self._writing.close()

    async def _write_if_due(self) -> None:
        try:
            now = self._clock.now()
            claimed = await self._claimed(now)
            if claimed is not None:
                await self._write_claimed(claimed)
        except Fault as fault:
            _log.warning("no offline pack can be written", fault=str(fault))

    async def _claimed(self, now: datetime) -> Packed | None:
        if await self._database.read(lambda tx: _due(tx, now)) is None:
            return None
        return await self._database.write(lambda tx: _claim(tx, now))

    async def _write_claimed(self, claimed: Packed) -> None:
        """Write the pack that is ours to write, and keep what became of it."""
        try:
            name = await self._write(claimed.tried_at)
        except Fault as fault:
            self._counted("failed")
            _log.error("the offline pack could not be written", fault=str(fault))
            failed = msgspec.structs.replace(claimed, trouble=f"{fault.what}: {fault.advice}")
            await self._database.write(lambda tx: _keep_trouble(tx, failed))
            return
        self._counted("written")
        _log.info("offline pack written", name=name)
        written = msgspec.structs.replace(claimed, written_at=claimed.tried_at)
        await self._database.write(lambda tx: _put(tx, written))

    def _report(self, error: BaseException) -> None:
        """Log what broke in our own code; it is tried again after `AGAIN`."""
        self._counted("failed")
        _log.error("writing the offline pack broke off", error=type(error).__name__, exc_info=error)


def last_pack(tx: Connection) -> Packed | None:
    """Find what became of the last pack; None when there was none."""
    text = setting(tx, _SETTING)
    return msgspec.json.decode(text, type=Packed) if text else None


def _due(tx: Connection, now: datetime) -> Packed | None:
    """Give the pack to write now, as it will stand when it is written; None when none is due."""
    last, change = last_pack(tx), newest_change(tx)
    if last is None:
        return Packed(now, affairs=affairs(tx, MOST_INCIDENTS), change=change)
    if last.written_at != last.tried_at and timedelta() <= now - last.tried_at < AGAIN:
        return None
    is_old = last.written_at is None or not timedelta() <= now - last.written_at < EVERY
    if not is_old and change == last.change:
        return None
    standing = affairs(tx, MOST_INCIDENTS)
    if not is_old and standing == last.affairs:
        return None
    return Packed(now, last.written_at, standing, change)


def _claim(tx: Connection, now: datetime) -> Packed | None:
    """Take the writing, unless another worker has."""
    hold(tx, _SETTING)
    due = _due(tx, now)
    if due is not None:
        _put(tx, msgspec.structs.replace(last_pack(tx) or due, tried_at=now))
    return due


def _keep_trouble(tx: Connection, failed: Packed) -> None:
    """Note why it failed beside what the last good pack holds."""
    last = last_pack(tx) or failed
    _put(tx, msgspec.structs.replace(last, tried_at=failed.tried_at, trouble=failed.trouble))


def _put(tx: Connection, packed: Packed) -> None:
    put_setting(tx, _SETTING, msgspec.json.encode(packed).decode())
