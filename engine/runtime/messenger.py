"""Sends webhooks their messages: what happened becomes messages (`fan_out.py`), each is sent in its turn, and what came of it is kept.

    1 claim    messages that are due are leased, a few for each webhook; nobody else sends them until the lease runs out
    2 judge    the token, what its owner may see now, the address and the secrets that are good now
    3 post     outside any transaction, within five seconds
    4 record   sent, to be tried again, failed for good, or withdrawn; and the next of its lane may go

Killed before 3 it is sent later; between 3 and 4 once more under the same id; after 4 never again by itself. `at(n)` is called when
step n is done. A message that fails holds up its lane and nothing else. A webhook whose receiver is gone, has failed for days, or
whose token is no longer good is paused, and its operator told by the log and by `/readyz`; it stays where it is until it is resumed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from engine.channels.poster import Posted, Poster, Posting
from engine.incident.visibility import can_see
from engine.runtime.clock import Clock, new_mark, roll
from engine.runtime.fan_out import FanOut, reader_of, seen_by_all
from engine.runtime.library import Library
from engine.runtime.waiting import any_of
from engine.runtime.webhook_message import Sendable, Writer
from engine.store.database import Database
from engine.store.fault import Fault
from engine.store.seal import Sealer
from engine.store.tokens import is_good, token_by_id
from engine.store.webhook_messages import (
    FAILED,
    SENT,
    Claimed,
    Tried,
    claim_messages,
    forget_messages,
    give_back_message,
    hold_back,
    hold_messages,
    is_message_due,
    put_off_message,
    release_messages,
    settle_message,
    withdraw_message,
)
from engine.store.webhooks import ACTIVE, FAILING, GONE, PAUSED, TOKEN, Webhook, note_failing, put_state, secrets_of, webhook_by_id

WAITS: Final = tuple(timedelta(seconds=each) for each in (5, 300, 1_800, 7_200, 18_000, 36_000, 23_100))
"""Between the tries of a message: eight of them, the last one a day after the first."""
SPREAD: Final = 0.1
"""How much of a wait is left to the dice, so that what failed together doesn't come back together."""
DOUBTFUL: Final = 4
"""A webhook is paused for its failures only by a message that failed as often as this: not by one bad minute after a quiet week."""
PAUSE_AFTER: Final = timedelta(days=5)
KEEP: Final = timedelta(days=30)
"""How long what was sent, or failed for good, stands in the log."""
LEASE: Final = timedelta(seconds=60)
"""Twelve times as long as a try may take."""
EACH: Final = 4
"""Messages of one webhook that are under way at the same time, each of another incident."""
MOST: Final = 32
LOOK_SECONDS: Final = 0.5
PING_PATIENCE: Final = 4.0
"""Seconds for a ping: somebody waits for its answer."""
TOGETHER: Final = 0.02
"""Seconds that a turn waits for others to end, so that what is claimed and recorded is so in one go."""
FAN_OUT_SECONDS: Final = 0.2
"""At least, between two looks at the log: what happened meanwhile is looked at together."""
_ROUNDS: Final = 100
_DRAIN: Final = 6.0
_GONE: Final = 410
_SCOPES: Final = frozenset({"webhooks:write", "incidents:read"})

_log = structlog.get_logger("firebreak.webhooks")


def _nothing(step: int) -> None:
    """Let the process live."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is posted for a claimed message."""

    webhook: Webhook
    posting: Posting


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why nothing is posted: the webhook's token (`pause`), or its owner may not see this any more."""

    pause: str | None


class Messenger:
    """Works beside the worker, in every process that has one."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        library: Library,
        clock: Clock,
        poster: Poster,
        *,
        address: str,
        dice: Callable[[], float] = roll,
        keep: timedelta = KEEP,
        pause_after: timedelta = PAUSE_AFTER,
        at: Callable[[int], None] = _nothing,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._library = library
        self._clock = clock
        self._poster = poster
        self._fan_out = FanOut(database, sealer, library, clock)
        self._writer = Writer(sealer, address)
        self._dice = dice
        self._keep = keep
        self._pause_after = pause_after
        self._at = at
        self._holder = new_mark()
        self._sending: dict[asyncio.Task[None], str] = {}
        self._looked_at = float("-inf")
        self.woken = asyncio.Event()

    def refused(self, url: str) -> str | None:
        """Say why an address can't be a webhook's; None where it can."""
        return self._poster.refused(url)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then let what is under way end."""
        await self._guarded(self._taken_over)
        while not stop.is_set():
            self.woken.clear()
            is_busy = await self._guarded(lambda: self._turn(at_once=False))
            await any_of(stop, self.woken, seconds=TOGETHER if is_busy else LOOK_SECONDS)
            await any_of(stop, seconds=TOGETHER)
        if self._sending:
            await asyncio.wait(self._sending, timeout=_DRAIN)
        for task in tuple(self._sending):
            task.cancel()

    async def run_until_idle(self) -> None:
        """Send everything that is due at the clock's now, and all that follows from it."""
        while await self._turn(at_once=True) or self._sending:
            if self._sending:
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)

    async def forget_old(self) -> None:
        """Forget what has stood in the log for long enough."""
        before = self._clock.now() - self._keep
        for _ in range(_ROUNDS):
            if not await self._database.write(lambda tx: forget_messages(tx, before)):
                return

    async def take_over(self) -> None:
        """Send again at once what the process before had in hand, where nobody else sends; elsewhere its leases run out."""
        if not self._database.is_shared:
            await self._database.write(release_messages)

    async def ping(self, webhook: Webhook) -> Posted:
        """Post a message that says only that messages arrive, at once and once; nothing of it is kept."""
        now = self._clock.now()
        secrets = await self._database.read(lambda tx: secrets_of(tx, self._sealer, webhook.id))
        written = self._writer.ping(webhook.id, new_mark()[:16], now)
        return await self._poster.post(_posting(webhook, written, secrets.good(now), timeout=PING_PATIENCE))

    async def _taken_over(self) -> bool:
        await self.take_over()
        return True

    async def _turn(self, *, at_once: bool) -> bool:
        """Make messages of what happened and begin to send what is due; says whether there may be more soon."""
        clock, has_more = asyncio.get_running_loop().time(), False
        if at_once or clock - self._looked_at >= FAN_OUT_SECONDS:
            self._looked_at = clock
            has_more = await self._fan_out.turn()
        return await self._start() > 0 or has_more

    async def _start(self) -> int:
        now, room = self._clock.now(), MOST - len(self._sending)
        if room <= 0 or self._fan_out.is_for_nobody or not await self._database.glance(lambda tx: is_message_due(tx, now)):
            return 0
        busy, until = Counter(self._sending.values()), now + LEASE

        def claimed(tx: Connection) -> list[Claimed]:
            return claim_messages(tx, now, limit=room, each=EACH, busy=busy, holder=self._holder, lease_until=until)

        found = await self._database.write(claimed)
        self._at(1)
        for each in found:
            task = asyncio.create_task(self._send(each))
            self._sending[task] = each.webhook_id
            task.add_done_callback(self._sent)
        return len(found)

    def _sent(self, task: "asyncio.Task[None]") -> None:
        webhook_id = self._sending.pop(task)
        self.woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a webhook's message broke off in our own code; its lease runs out", webhook=webhook_id, exc_info=error)

    async def _send(self, claimed: Claimed) -> None:
        try:
            await self._deliver(claimed)
        except Fault as fault:
            _log.warning("a webhook's message can't be sent now; its lease runs out", webhook=claimed.webhook_id, fault=str(fault))

    async def _deliver(self, claimed: Claimed) -> None:
        if claimed.attempt > len(WAITS) + 1:
            tried = Tried(self._clock.now(), None, None, "it broke off in our own code, again and again; see the log")
            await self._database.write(lambda tx: settle_message(tx, claimed, FAILED, tried))
            return
        ready = await self._database.read(lambda tx: self._judged(tx, claimed))
        self._at(2)
        if ready is None:
            await self._database.write(lambda tx: give_back_message(tx, claimed, self._clock.now()))
            return
        if isinstance(ready, _Stopped):
            await self._database.write(partial(self._stopped, claimed, ready))
            return
        posted = await self._poster.post(ready.posting)
        self._at(3)
        await self._database.write(partial(self._recorded, claimed, ready.webhook, posted))
        self._at(4)

    def _judged(self, tx: Connection, claimed: Claimed) -> _Ready | _Stopped | None:
        """Find what to post; None where the webhook is paused or gone by now."""
        webhook = webhook_by_id(tx, self._sealer, claimed.webhook_id)
        if webhook is None or webhook.state != ACTIVE:
            return None
        now = self._clock.now()
        token = token_by_id(tx, webhook.owner.token)
        if token is None or not is_good(token, now) or not ("admin" in token.scopes or token.scopes >= _SCOPES):
            return _Stopped(TOKEN)
        owner = reader_of(webhook.owner)
        seen = seen_by_all(tx, self._sealer, self._library, claimed.event.incident_id)
        if seen is None or not can_see(seen.world, seen.incident, owner):
            return _Stopped(None)
        written = self._writer.message(tx, seen, claimed.event.seq, owner, webhook=webhook.id)
        if written is None:
            return _Stopped(None)
        return _Ready(webhook, _posting(webhook, written, secrets_of(tx, self._sealer, webhook.id).good(now)))

    def _stopped(self, claimed: Claimed, stopped: _Stopped, tx: Connection) -> None:
        now = self._clock.now()
        hold_messages(tx, claimed.webhook_id)
        if stopped.pause is None:
            withdraw_message(tx, claimed, now)
            return
        give_back_message(tx, claimed, now)
        self._pause(tx, claimed.webhook_id, stopped.pause, now)

    def _recorded(self, claimed: Claimed, webhook: Webhook, posted: Posted, tx: Connection) -> None:
        now = self._clock.now()
        tried = Tried(now, posted.status, posted.milliseconds, posted.error)
        hold_messages(tx, claimed.webhook_id)
        if posted.error is None:
            settle_message(tx, claimed, SENT, tried)
            note_failing(tx, webhook.id, None)
            return
        again = self._again(claimed.attempt, now, posted.retry_after)
        is_held = settle_message(tx, claimed, FAILED, tried) if again is None else put_off_message(tx, claimed, tried, until=again)
        if not is_held:
            return
        note_failing(tx, webhook.id, now)
        _log.info("a webhook's message did not arrive", webhook=webhook.id, attempt=claimed.attempt, again=again, error=posted.error)
        if posted.status == _GONE:
            self._pause(tx, webhook.id, GONE, now)
        elif claimed.attempt >= DOUBTFUL and now - (webhook.failing_since or now) >= self._pause_after:
            self._pause(tx, webhook.id, FAILING, now)

    def _again(self, attempt: int, now: datetime, retry_after: float | None) -> datetime | None:
        """Say when to try again after a try that failed; None when it was the last."""
        if attempt > len(WAITS):
            return None
        spread = WAITS[attempt - 1] * (1 + SPREAD * (self._dice() - 0.5))
        return now + max(spread, timedelta(seconds=retry_after or 0))

    def _pause(self, tx: Connection, webhook_id: str, because: str, now: datetime) -> None:
        if put_state(tx, webhook_id, PAUSED, because=because, now=now):
            hold_back(tx, webhook_id)
            _log.warning("a webhook is paused; its owner or an admin resumes it", webhook=webhook_id, because=because)

    async def _guarded(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do one piece of work; a database that is away is asked again."""
        try:
            return await work()
        except Fault as fault:
            _log.warning("webhooks wait for the database", fault=str(fault))
            return False


def _posting(webhook: Webhook, written: Sendable, secrets: tuple[str, ...], **bounds: float) -> Posting:
    return Posting(webhook.url, written.id, written.body, secrets, **bounds)
