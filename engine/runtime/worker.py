"""What happens by itself: time acts in incidents whose alarm is due, and what is owed is sent.

Rules:
- Alarms first, longest due first, several in one go: after a night in the dark everything overdue happens
  once, in each incident in its order. Then deliveries, several at a time, in order within each lane; one that is still under way
  when its lease runs out is not begun a second time.
- Between two pieces of work the worker sleeps until the next alarm, the next delivery or a wake-up, which waits a moment for
  others; where other processes make work too, it hears of new jobs, and never sleeps longer than a second. Each job is done by
  one of them (`jobs.py`).
- What works `beside` it in loops of its own is begun and ended with it, and begun again when it breaks.
- One piece that breaks is logged, put off and never stops the others: the only broad `except` stands here.
- When the clock is put back, what waited for an instant that is now far ahead goes at once; who may not be called yet knows it.
- The worker leaves a sign of life every `HEARTBEAT` seconds, and does its chores then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from engine.incident.actor import TIMER
from engine.incident.commands import Tick
from engine.runtime.clock import Clock
from engine.runtime.courier import Courier
from engine.runtime.handle import Handler
from engine.runtime.jobs import LISTED, Due, Finishing
from engine.runtime.measuring import Meter, Unmeasured
from engine.runtime.outcome import Handled
from engine.runtime.waiting import any_of
from engine.store.alarms import next_alarm_at, set_alarm
from engine.store.database import Database
from engine.store.outbox import Owed, make_due, next_due
from engine.store.settings import put_setting, setting

HEARTBEAT: Final = 30.0
"""Seconds between two signs of life; also the longest sleep."""
DRAIN: Final = 8.0
"""Seconds that sendings under way are given when the service stops."""
MAX_SENDING: Final = 16

_CONNECTIONS: Final = 6
"""Alarms that are answered at the same time where each of them needs a connection."""
_LOOK_SECONDS: Final = 1.0
"""Longest sleep where other processes make work for us."""
_AGAIN_SECONDS: Final = 0.1
"""Shortest sleep there: what is due may be another's already."""
_PUT_OFF: Final = timedelta(minutes=1)
_BREATH: Final = 1.0
_TOGETHER: Final = 0.01
"""Seconds that a wake-up waits for others: what several requests owe is then claimed and recorded in one go."""
_JUMP: Final = timedelta(seconds=5)
"""Less than this the clock may be put back without anybody's noticing."""
_SETTING: Final = "worker_heartbeat"

_log = structlog.get_logger("firebreak.worker")

Chore = Callable[[], Awaitable[object]]
Loop = Callable[[asyncio.Event], Awaitable[object]]
"""Works until the event is set."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """When time must act next, and when there may be something to send; None: not ahead."""

    alarm: datetime | None = None
    delivery: datetime | None = None

    @property
    def earliest(self) -> datetime | None:
        return min((at for at in (self.alarm, self.delivery) if at is not None), default=None)


class Worker:
    """Runs in the process that writes; `chores` are done at every heartbeat."""

    def __init__(
        self,
        database: Database,
        handler: Handler,
        courier: Courier,
        clock: Clock,
        *,
        chores: Sequence[Chore] = (),
        beside: Sequence[Loop] = (),
        meter: Meter | None = None,
    ) -> None:
        self._database = database
        self._handler = handler
        self._courier = courier
        self._jobs = courier.jobs
        self._clock = clock
        self._chores = tuple(chores)
        self._beside = tuple(beside)
        self._meter = meter or Unmeasured()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._beaten_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._ahead = _Ahead()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then let what is under way end."""
        _log.info("worker started")
        await self._guarded("take-over", self._courier.take_over)
        listening = asyncio.create_task(self._jobs.listen(self._handler.woken.set))
        beside = [asyncio.create_task(self._looping(each, stop)) for each in self._beside]
        try:
            await self._turn_until(stop)
        finally:
            listening.cancel()
            for each in () if stop.is_set() else beside:  # told to stop they end by themselves, and let end what they began
                each.cancel()
        if self._sending:
            await asyncio.wait(self._sending.values(), timeout=DRAIN)
        unfinished = tuple(self._sending.values())
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, listening, *beside, return_exceptions=True)
        _log.info("worker stopped", unfinished=len(unfinished))

    async def _turn_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._handler.woken.clear()
            is_well = await self._guarded("turn", self._turn_and_beat)
            await self._sleep(stop, self._seconds_to_sleep() if is_well else _BREATH)

    async def _looping(self, work: Loop, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._guarded("work beside", lambda: work(stop))
            await any_of(stop, seconds=_BREATH)

    async def run_until_idle(self) -> int:
        """Do everything that is due at the clock's now, and all that follows from it; returns how many pieces that was."""
        done = 0
        while pieces := await self._turn(at_once=True):
            done += pieces
            if self._sending:
                await asyncio.wait(self._sending.values())
        return done

    async def next_at(self) -> datetime | None:
        """Find when there will be something to do; None when nothing is ahead."""
        return (await self._look_ahead()).earliest

    async def _look_ahead(self) -> _Ahead:
        return await self._database.read(lambda tx: _Ahead(next_alarm_at(tx), next_due(tx)))

    async def _turn_and_beat(self) -> None:
        if await self._turn(at_once=False) and self._database.is_shared:
            self._handler.woken.set()  # more may be queued behind it
        await self._beat()

    async def _turn(self, *, at_once: bool) -> int:
        """Do what is due now; returns how many pieces were begun."""
        now = self._clock.now()
        await self._look_at_the_clock(now)
        await self._jobs.sweep(now, at_once=at_once)
        self._ahead = await self._look_ahead()
        is_queued = self._database.is_shared  # by whoever's clock
        rung = await self._ring_due(now) if is_queued or _is_due(self._ahead.alarm, now) else 0
        if rung == LISTED:
            return rung
        return rung + (await self._start_sending() if is_queued or _is_due(self._ahead.delivery, now) else 0)

    async def _look_at_the_clock(self, now: datetime) -> None:
        back, self._seen_at = (self._seen_at or now) - now, now
        if back > _JUMP:
            due = await self._database.write(lambda tx: make_due(tx, now))
            _log.warning("the clock was put back", seconds=back.total_seconds(), deliveries=due)

    async def _ring_due(self, now: datetime) -> int:
        """Ring what is due, in order and in one go; returns how many."""
        alarms = await self._jobs.alarms(now)
        hands = asyncio.Semaphore(_CONNECTIONS if self._database.is_shared else LISTED)
        async with self._jobs.held(*(each.job for each in alarms)):
            await asyncio.gather(*(self._answer(hands, each) for each in alarms))
        return len(alarms)

    async def _answer(self, hands: asyncio.Semaphore, due: Due) -> None:
        async with hands:
            with bound_contextvars(incident=due.incident_id):
                if not await self._guarded("alarm", partial(self._ring, due)):
                    await self._put_off(due)
        self._meter.rang(max(self._clock.now() - due.at, timedelta()))

    async def _ring(self, due: Due) -> None:
        outcome = await self._handler.handle(due.incident_id, Tick(), TIMER, memory=Finishing(self._jobs, due.job))
        if not isinstance(outcome, Handled):
            _log.warning("an alarm was refused", outcome=type(outcome).__name__, code=getattr(outcome, "code", None))
            await self._database.write(lambda tx: set_alarm(tx, due.incident_id, None))

    async def _put_off(self, due: Due) -> None:
        later = self._clock.now() + _PUT_OFF

        def put_off(tx: Connection) -> None:
            set_alarm(tx, due.incident_id, later)
            self._jobs.finish(tx, due.job)

        await self._guarded("putting off", lambda: self._database.write(put_off))

    async def _start_sending(self) -> int:
        room = MAX_SENDING - len(self._sending)
        if room <= 0:
            return 0
        claimed = await self._courier.claim(room)
        self._ahead = replace(self._ahead, delivery=claimed.next_at)
        for owed in claimed.owed:
            if owed.delivery.id in self._sending:
                await self._courier.put_back(owed)
                continue
            task = asyncio.create_task(self._deliver(owed))
            self._sending[owed.delivery.id] = task
            task.add_done_callback(partial(self._sent, owed.delivery.id))
        return len(claimed.owed)

    async def _deliver(self, owed: Owed) -> None:
        with bound_contextvars(incident=owed.incident_id, delivery=owed.delivery.id):
            if not await self._guarded("delivery", lambda: self._courier.deliver(owed)):
                await self._guarded("giving back", lambda: self._courier.give_back(owed, "it broke off in our own code; see the log"))

    def _sent(self, delivery_id: str, _task: asyncio.Task[None]) -> None:
        del self._sending[delivery_id]
        self._handler.woken.set()

    async def _beat(self) -> None:
        now = self._clock.now()
        if self._beaten_at is not None and abs(now - self._beaten_at) < timedelta(seconds=HEARTBEAT):
            return
        self._beaten_at = now
        await self._database.write(lambda tx: put_setting(tx, _SETTING, now.isoformat()))
        for chore in (self._jobs.look_after, *self._chores):
            await self._guarded("chore", chore)

    async def _sleep(self, stop: asyncio.Event, seconds: float) -> None:
        """Wait until told to stop, or for so long; after a wake-up a moment longer, for what comes together with it."""
        is_woken = await any_of(stop, self._handler.woken, seconds=seconds)
        if is_woken:
            await any_of(stop, seconds=_TOGETHER)

    def _seconds_to_sleep(self) -> float:
        """Say how long nothing is due; while every hand is full, deliveries wait for a wake-up."""
        is_full = len(self._sending) >= MAX_SENDING
        at = self._ahead.alarm if is_full else self._ahead.earliest
        least, longest = (_AGAIN_SECONDS, _LOOK_SECONDS) if self._database.is_shared else (0.0, HEARTBEAT)
        return longest if at is None else min(max(least, (at - self._clock.now()).total_seconds()), longest)

    async def _guarded(self, what: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Do one piece of work; what breaks in it is logged, and the worker goes on."""
        try:
            await work()
        except Exception:  # noqa: BLE001 - one broken piece must not stop time for every other incident
            _log.exception("a piece of work broke off", what=what)
            return False
        return True


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def last_heartbeat(tx: Connection) -> datetime | None:
    """Find when the worker was last alive (aware UTC); None when it has never been."""
    text = setting(tx, _SETTING)
    return datetime.fromisoformat(text) if text else None
