"""Tells a watching service once a minute that all is well, so that its silence calls somebody: who watches the watchman.

Rules:
- It is a chore of the worker, begun after a turn that ended: a worker that hangs, or whose database is away, sends nothing.
- Nothing is sent while something is wrong (`wellness.py`); where the service takes it, what is wrong is told instead.
- Of several workers one asks: whoever first writes down that it does, which also proves that the database takes writes.
- It happens beside the work. What the service answers changes nothing here but what is kept, for `/readyz` and `/metrics`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog
from sqlalchemy import Connection

from engine.runtime.clock import Clock
from engine.runtime.waiting import Beside
from engine.runtime.wellness import Signs, wrongs
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.locking import hold
from engine.store.settings import put_setting, setting

EVERY: Final = timedelta(seconds=60)
"""Between two requests; a chore comes by every 30 seconds, a little early or late."""

_SETTING: Final = "heartbeat"
_EARLY: Final = timedelta(seconds=10)
_log = structlog.get_logger("firebreak.heartbeat")


class Watcher(Protocol):
    """The service that calls somebody when it hears nothing. Each answers why it did not hear, or None."""

    async def alive(self) -> str | None:
        """Hear that all is well."""
        ...

    async def unwell(self, problems: Sequence[str]) -> str | None:
        """Hear what is wrong, where that is wanted."""
        ...


class Beat(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the last heartbeat: `withheld` while something is wrong, `trouble` when the service did not hear it."""

    tried_at: datetime
    answered_at: datetime | None = None
    withheld: bool = False
    trouble: str | None = None


class Heartbeat:
    """Asks `watcher`; `counted` hears how each try ended: `answered`, `unheard` or `withheld`."""

    def __init__(self, database: Database, clock: Clock, watcher: Watcher, *, counted: Callable[[str], None]) -> None:
        self._database = database
        self._clock = clock
        self._watcher = watcher
        self._counted = counted
        self._asking = Beside(self._ask, broken=_report)

    async def beat(self) -> None:
        """Ask if it is time: a chore, which waits for nobody."""
        self._asking.begin()

    async def settled(self) -> None:
        """Wait until what is being asked has an answer."""
        await self._asking.settled()

    async def close(self) -> None:
        """Stop asking."""
        await self._asking.close()

    async def _ask(self) -> None:
        try:
            now = self._clock.now()
            before = await self._database.read(last_beat)
            if _is_early(before, now) or not await self._database.write(lambda tx: _claim(tx, now)):
                return
            problems = wrongs(await self._database.read(Signs.read), now)
            trouble = await self._watcher.unwell(problems) if problems else await self._watcher.alive()
            await self._keep(before, now, is_withheld=bool(problems), trouble=trouble)
        except Fault as fault:
            _log.warning("no heartbeat was sent", fault=str(fault))

    async def _keep(self, before: Beat | None, now: datetime, *, is_withheld: bool, trouble: str | None) -> None:
        is_answered = not is_withheld and trouble is None
        beat = Beat(now, now if is_answered else before.answered_at if before else None, is_withheld, trouble)
        _tell(before, beat)
        self._counted("withheld" if is_withheld else "answered" if is_answered else "unheard")
        await self._database.write(lambda tx: _put(tx, beat))


def last_beat(tx: Connection) -> Beat | None:
    """Find what became of the last heartbeat; None when there was none."""
    text = setting(tx, _SETTING)
    return msgspec.json.decode(text, type=Beat) if text else None


def _is_early(before: Beat | None, now: datetime) -> bool:
    """Say whether one was sent just now; a clock that was put back makes none wait."""
    return before is not None and timedelta() <= now - before.tried_at < EVERY - _EARLY


def _claim(tx: Connection, now: datetime) -> bool:
    """Take this minute's heartbeat, unless another worker has."""
    hold(tx, _SETTING)
    before = last_beat(tx)
    if _is_early(before, now):
        return False
    _put(tx, msgspec.structs.replace(before, tried_at=now) if before else Beat(now))
    return True


def _put(tx: Connection, beat: Beat) -> None:
    put_setting(tx, _SETTING, msgspec.json.encode(beat).decode())


def _tell(before: Beat | None, beat: Beat) -> None:
    """Log what changed, not every minute what is still so."""
    known = (before.withheld, before.trouble) if before else (False, None)
    if (beat.withheld, beat.trouble) == known:
        return
    if beat.trouble is not None:
        _log.error("the heartbeat is not heard", error=beat.trouble, withheld=beat.withheld)
    elif beat.withheld:
        _log.error("the heartbeat is withheld: something is wrong; see /readyz")
    else:
        _log.info("the heartbeat is heard again")


def _report(error: BaseException) -> None:
    """Log what broke in our own code; the next minute tries again."""
    _log.error("the heartbeat broke off", error=type(error).__name__)
