"""Takes one owed delivery to its channel and writes down what became of it.

    1 claim     the delivery is leased: nobody else sends it until the lease runs out
    2 check     hold, version and approvals, on the incident as it is now; what may not go waits
    3 send      outside any transaction, within a bounded time
    4 record    what became of it, and the step's `RecordDelivery`, in one transaction

Killed before 3 it is sent later; between 3 and 4 it is sent again under the same id, which every channel can
tell; after 4 never again. `at(n)` is called when step n is done. Failures are tried again by `retry.py`, then the
delivery is dead: visible, and revived by hand. What only has to wait (for its pace, for a pause, for credentials) is
given back with its time and uses up no attempt. When the target of a delivery is gone, somebody is told.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from engine.channels.channel import Channel, Failed, Outcome, Outgoing, Sent
from engine.incident.actor import DELIVERY
from engine.incident.commands import RecordDelivery
from engine.incident.effects import Delivery
from engine.incident.guards import is_looked_at, may_send
from engine.incident.out_of_reach import out_of_reach
from engine.runtime.clock import Clock, roll
from engine.runtime.handle import Handler
from engine.runtime.jobs import ALONE, SHARED, Claimed, Jobs, jobs_on
from engine.runtime.linked import TARGET, LinkedIncidents
from engine.runtime.measuring import Meter, Unmeasured
from engine.runtime.outcome import Decided
from engine.runtime.retry import DEFAULT, RetryPolicy, next_attempt
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.outbox import Arrival, Owed, owe, record_dead, record_retry, record_sent, record_waiting, release_leases
from engine.store.seal import Sealer

SEND_LIMIT: Final = 120.0
"""Seconds after which a sending is given up, its outcome unknown."""
_RECORD_TRIES: Final = 60
_MOMENT: Final = timedelta(seconds=1)

_log = structlog.get_logger("firebreak.courier")


def _nothing(step: int) -> None:
    """Let the process live."""


class Courier:
    """Sends through `channel` whatever is not for another incident; `pause` is in seconds, between tries to record."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        handler: Handler,
        channel: Channel,
        clock: Clock,
        *,
        dice: Callable[[], float] = roll,
        policy: RetryPolicy = DEFAULT,
        lease: timedelta | None = None,
        pause: float = 1.0,
        at: Callable[[int], None] = _nothing,
        meter: Meter | None = None,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._handler = handler
        self._meter = meter or Unmeasured()
        self._channel = channel
        self._linked = LinkedIncidents(handler)
        self._clock = clock
        self._dice = dice
        self._policy = policy
        self._lease = lease or (SHARED if database.is_shared else ALONE)
        self.jobs = jobs_on(database)
        self._pause = pause
        self._at = at

    async def claim(self, limit: int) -> Claimed:
        """Lease what may be sent now: of each lane at most one post, and edits of what stands already."""
        claimed = await self.jobs.deliveries(self._sealer, self._clock.now(), limit=limit, lease=self._lease)
        self._at(1)
        return claimed

    async def put_back(self, owed: Owed) -> None:
        """Leave for a moment what was claimed although its last sending has not let go of it yet; else its new lease would hold it."""
        at = self._clock.now() + _MOMENT
        await self._database.write(lambda tx: record_retry(tx, self._sealer, owed, at=at, error="still being sent", tried=False))

    async def take_over(self) -> None:
        """Send again at once what the process before had in flight, where nobody else sends; elsewhere its jobs are another's soon."""
        if self._database.is_shared:
            return
        released = await self._database.write(release_leases)
        if released:
            _log.info("deliveries of an earlier process taken over", deliveries=released)

    async def deliver(self, owed: Owed) -> None:
        """Send one claimed delivery, unless it must wait, and record the outcome."""
        with self._meter.delivering(owed.delivery, owed.attempt):
            async with self.jobs.held(owed.job):
                await self._deliver(owed)

    async def _deliver(self, owed: Owed) -> None:
        if owed.attempt > max(self._policy.attempts, policy_of(owed, self._policy).attempts):
            await self._record(owed, Failed("the process that sent it died over it, again and again", retry=False))
            return
        reason = await self._why_not(owed) if is_looked_at(owed.delivery) else None
        self._at(2)
        if reason is not None:
            await self._database.write(_Concluded(_Waits(owed, reason), self.jobs, owed, self._clock.now()))
            return
        outcome = await self._send(owed)
        self._at(3)
        await self._record_patiently(owed, outcome)
        self._at(4)
        self._meter.delivered(owed.delivery, outcome, self._clock.now() - owed.owed_at)

    async def _why_not(self, owed: Owed) -> str | None:
        seen = await self._handler.look(owed.incident_id, DELIVERY)
        return may_send(seen.world, seen.incident, owed.delivery) if seen else "its incident does not exist"

    async def give_back(self, owed: Owed, error: str) -> None:
        """Try a delivery later whose sending broke off in our own code."""
        await self._record(owed, Failed(error, retry=True, ambiguous=True))

    async def _send(self, owed: Owed) -> Outcome:
        channel = self._linked if owed.delivery.target == TARGET else self._channel
        try:
            async with asyncio.timeout(SEND_LIMIT):
                return await channel.send(_outgoing(owed))
        except TimeoutError:
            return Failed(f"gave up after {SEND_LIMIT:.0f} s", retry=True, ambiguous=True)

    async def _record_patiently(self, owed: Owed, outcome: Outcome) -> None:
        """Record what was sent even if the database is away for a while: otherwise it would be sent again."""
        for _ in range(_RECORD_TRIES):
            try:
                await self._record(owed, outcome)
            except Fault as fault:
                _log.warning("what was sent can't be recorded yet", delivery=owed.delivery.id, fault=str(fault))
                await asyncio.sleep(self._pause)
            else:
                return
        await self._record(owed, outcome)

    async def _record(self, owed: Owed, outcome: Outcome) -> None:
        is_reported = bool(owed.delivery.receipt and owed.delivery.step)
        if isinstance(outcome, Sent) and not is_reported:
            await self.jobs.arrived(self._sealer, Arrival(owed, outcome.receipt), self._clock.now())
            return
        settled = await self._settled(owed, outcome)
        concluded = _Concluded(settled, self.jobs, owed, self._clock.now())
        if is_reported and not isinstance(settled, _Again):
            await self._handler.handle(owed.incident_id, _report(owed, outcome), DELIVERY, memory=_Settling(concluded))
            return
        await self._database.write(concluded)

    async def _settled(self, owed: Owed, outcome: Outcome) -> "Settlement":
        """Say what to write about an outcome."""
        now = self._clock.now()
        if isinstance(outcome, Sent):
            return _Arrived(self._sealer, owed, outcome.receipt, now)
        if not outcome.tried:
            return _Again(self._sealer, owed, now + timedelta(seconds=outcome.retry_after or 0), outcome)
        again = self._next_attempt(owed, outcome, now)
        if outcome.retry and again is not None:
            _log.info("delivery will be tried again", delivery=owed.delivery.id, attempt=owed.attempt, at=again, error=outcome.error)
            return _Again(self._sealer, owed, again, outcome)
        _log.warning("delivery is dead", delivery=owed.delivery.id, attempts=owed.attempt, error=outcome.error)
        return _Dead(self._sealer, owed, outcome.error, now, await self._told(owed, outcome))

    async def _told(self, owed: Owed, outcome: Failed) -> tuple[Delivery, ...]:
        """Say who hears that a target is gone; where a step hears of it, the step tells."""
        is_news = outcome.gone and not owed.delivery.receipt
        seen = await self._handler.look(owed.incident_id, DELIVERY) if is_news else None
        return out_of_reach(seen.world, seen.incident, owed.delivery, outcome.error) if seen else ()

    def _next_attempt(self, owed: Owed, outcome: Failed, now: datetime) -> datetime | None:
        policy = policy_of(owed, self._policy)
        least = max(outcome.retry_after or 0, policy.unsure.total_seconds() if outcome.ambiguous else 0)
        return next_attempt(policy, attempt=owed.attempt, now=now, dice=self._dice(), retry_after=least)


@dataclass(frozen=True, slots=True)
class _Arrived:
    sealer: Sealer
    owed: Owed
    receipt: dict[str, Any]
    now: datetime

    def __call__(self, tx: Connection) -> None:
        record_sent(tx, self.sealer, self.owed, self.receipt, self.now)


@dataclass(frozen=True, slots=True)
class _Again:
    sealer: Sealer
    owed: Owed
    at: datetime
    why: Failed

    def __call__(self, tx: Connection) -> None:
        why = self.why
        record_retry(tx, self.sealer, self.owed, at=self.at, error=why.error, ambiguous=why.ambiguous, tried=why.tried, receipt=why.receipt)


@dataclass(frozen=True, slots=True)
class _Dead:
    sealer: Sealer
    owed: Owed
    error: str
    now: datetime
    told: tuple[Delivery, ...]

    def __call__(self, tx: Connection) -> None:
        record_dead(tx, self.owed, self.error, self.now)
        owe(tx, self.sealer, self.owed.incident_id, self.told, self.now)


@dataclass(frozen=True, slots=True)
class _Waits:
    owed: Owed
    reason: str

    def __call__(self, tx: Connection) -> None:
        record_waiting(tx, self.owed, self.reason)


Settlement = _Arrived | _Again | _Dead | _Waits


@dataclass(frozen=True, slots=True)
class _Concluded:
    """Settles a delivery, ends its job, and lets go what waited for it: all of it in one transaction."""

    settle: Settlement
    jobs: Jobs
    owed: Owed
    now: datetime

    def __call__(self, tx: Connection) -> None:
        self.settle(tx)
        self.jobs.settled(tx, self.owed, self.now)


@dataclass(frozen=True, slots=True)
class _Settling:
    """Settles a delivery in the transaction that tells its step, whatever the step makes of it."""

    settle: _Concluded

    def recall(self, tx: Connection) -> None:
        """Know nothing: a report that comes twice changes nothing anyway."""

    def keep(self, tx: Connection, _decided: Decided, /) -> None:
        self.settle(tx)


def policy_of(owed: Owed, usual: RetryPolicy) -> RetryPolicy:
    """Take an `http` step's own retry (`times` after the first, `wait` seconds), else the usual one."""
    retry = owed.delivery.body.get("retry") if owed.delivery.kind == "http" else None
    if not isinstance(retry, dict):
        return usual
    wait = timedelta(seconds=float(retry.get("wait", 10)))
    return RetryPolicy(attempts=int(retry.get("times", 3)) + 1, first=wait, ceiling=wait, unsure=timedelta())


def _outgoing(owed: Owed) -> Outgoing:
    return Outgoing(
        delivery=owed.delivery,
        incident=owed.incident_id,
        key=owed.key,
        attempt=owed.attempt,
        receipt=owed.receipt or {},
        doubted_since=owed.doubted_since,
        doubts=owed.doubts,
    )


def _report(owed: Owed, outcome: Outcome) -> RecordDelivery:
    delivery = owed.delivery
    step = delivery.step or ""
    if isinstance(outcome, Failed):
        return RecordDelivery(delivery=delivery.id, step=step, outcome="failed", error=outcome.error)
    channel = {"channel": delivery.target.removeprefix("channel:")} if delivery.kind == "publish" else {}
    return RecordDelivery(delivery=delivery.id, step=step, outcome="sent", receipt={**outcome.receipt, **channel})
