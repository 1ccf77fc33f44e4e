"""The one gate that every call of deliveries to Slack goes through: pace, pauses, and the circuit.

    enter   may this call be made now? If not: when         leave   what Slack said, learnt for the next one
    admit   before a delivery: is Slack taking anything at all? While it is not, one probe asks now and then

Rules:
- A call is written down before it is made, a pause before it is obeyed: a restart forgets neither. Where several processes
  call, the record they share has the last word; what is counted here only saves asking it in vain.
- The circuit opens when Slack refuses the app's credentials, or answers nothing at all several times running.
  Then nothing is called but `auth.test`, by one delivery at a time; the others wait and use up no attempt.
- A method that the app has no scope for rests by itself; everything else goes on.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from engine.channels.slack_errors import class_of
from engine.channels.slack_pace import MINUTE, POST, SECOND, Pace
from engine.channels.slack_trouble import Trouble

PROBE: Final = "auth.test"
PROBE_EVERY: Final = timedelta(seconds=60)
SILENCE: Final = "no answer"
"""The circuit's word for a Slack that can't be reached."""

_SILENT: Final = 5
_FIRST_PROBE: Final = timedelta(seconds=5)

_log = structlog.get_logger("firebreak.slack")


class Alarm(Protocol):
    """Tells people elsewhere, because Slack is no place to say that Slack is away."""

    def shut(self, code: str) -> None:
        """Hear that the circuit opened, or that it is open for another reason now."""
        ...

    def opened(self) -> None:
        """Hear that Slack takes calls: after the circuit was open, and once in each life of the process."""
        ...


class CallRecord(Protocol):
    """Remembers calls across restarts, and those of other processes."""

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> timedelta:
        """Write down, durably, that a call is made, or the pause that it was answered with.

        Gives zero, or how long a call must wait for those of other processes: then nothing was written down.
        """
        ...

    async def since(self, at: datetime) -> Sequence[tuple[str, datetime, datetime | None]]:
        """Give the calls made since an instant, and the pauses that end after it, oldest first."""
        ...


class _Nobody:
    """Tells nobody else."""

    def shut(self, code: str) -> None:
        pass

    def opened(self) -> None:
        pass


@dataclass(slots=True)
class _Circuit:
    """Why nothing is called, and when to look again."""

    code: str
    every: timedelta
    next_probe: datetime


class Gate:
    """The gate of one workspace; `alarm` is told when the circuit opens and when it closes."""

    def __init__(self, now: Callable[[], datetime], record: CallRecord, *, alarm: Alarm | None = None) -> None:
        self._now = now
        self._record = record
        self._alarm = alarm or _Nobody()
        self._is_well = False
        self._pace = Pace()
        self._loading = asyncio.Lock()
        self._is_loaded = False
        self._circuit: _Circuit | None = None
        self._silent = 0
        self._unscoped: dict[str, datetime] = {}
        self._ids: dict[str, str] = {}

    @property
    def trouble(self) -> str | None:
        """Say why Slack takes nothing, or not everything; None while all is well."""
        if self._circuit is not None:
            return self._circuit.code
        resting = sorted(method for method, until in self._unscoped.items() if until > self._now())
        return f"missing_scope ({', '.join(resting)})" if resting else None

    async def admit(self, probe: Callable[[], Awaitable[Trouble | None]]) -> Trouble | None:
        """Let a delivery begin, or say when it may; while the circuit is open `probe` is what finds out."""
        circuit = self._circuit
        if circuit is None:
            return None
        now = self._now()
        circuit.next_probe = min(circuit.next_probe, now + PROBE_EVERY)  # the clock may have been put back
        if now < circuit.next_probe:
            return self._wait(circuit.code, circuit.next_probe)
        circuit.next_probe = now + circuit.every
        if await probe() is not None:
            return self._wait(circuit.code, circuit.next_probe)
        _log.info("slack takes calls again", after=circuit.code)
        self._circuit, self._silent = None, 0
        self._answers()
        return None

    async def enter(self, method: str, channel: str) -> Trouble | None:
        """Make room for a call and write it down, or say when it may be made."""
        if not self._is_loaded:
            await self._load()
        now, where = self._now(), self._where(method, channel)
        if held := self._shut_out(method):
            return held
        at = self._pace.ask(method, where, now)
        if at > now:
            return self._wait("paced", at)
        wait = await self._record.note(f"{method} {where}", now)
        if wait > timedelta():
            return self._wait("paced", self._pace.take_back(method, where, now, self._now() + wait))
        return self._shut_out(method) or self._overtaken(method, where)

    def _shut_out(self, method: str) -> Trouble | None:
        """Say until when nothing of the kind is called; None when it may be."""
        if self._circuit is not None and method != PROBE:
            return self._wait(self._circuit.code, self._circuit.next_probe)
        until = min(self._unscoped.get(method, self._now()), self._now() + PROBE_EVERY)
        return self._wait("missing_scope", until) if until > self._now() else None

    def _overtaken(self, method: str, where: str) -> Trouble | None:
        """Hold a call back whose pause was heard of, from another call's answer, while this one was written down."""
        until = self._pace.paused_until(method, where, self._now())
        return self._wait("paced", until) if until > self._now() else None

    async def learn(self, name: str, channel: str) -> None:
        """Learn the id of a channel that was written to by its name (or by a person's id): what is called either way counts for both."""
        called, known = fingerprint(name), fingerprint(channel)
        if known and self._ids.get(called, called) != known:
            self._ids[called], now = known, self._now()
            self._pace.pause(POST, known, now + SECOND, now)
            await self._record.note(f"{POST} {known}", now, now + SECOND)

    async def leave(self, method: str, channel: str, trouble: Trouble | None) -> None:
        """Learn from what came back."""
        is_silent = trouble is not None and (trouble.code.startswith(("no answer", "could not connect")) or trouble.status >= 500)
        self._silent = self._silent + 1 if is_silent else 0
        if trouble is None:
            self._answers()
            return
        kind = class_of(method, trouble.code)
        if trouble.code == "ratelimited":
            await self._pause(method, channel, trouble)
        elif kind == "credentials":
            self._open(trouble.code, PROBE_EVERY, self._now() + PROBE_EVERY)
        elif kind == "scope":
            _log.error("the slack app lacks a scope", method=method)
            self._unscoped[method] = self._now() + PROBE_EVERY
        elif self._silent >= _SILENT:
            self._open(SILENCE, self._later(), self._now() + _FIRST_PROBE)

    def _answers(self) -> None:
        """Tell once that Slack takes calls."""
        if self._circuit is None and not self._is_well:
            self._is_well = True
            self._alarm.opened()

    def _later(self) -> timedelta:
        """Look soon at first, then less and less often."""
        known = self._circuit.every if self._circuit and self._circuit.code == SILENCE else _FIRST_PROBE
        return min(known * 2, PROBE_EVERY)

    async def shut(self, code: str) -> None:
        """Open the circuit because Slack told us otherwise that the app is shut out."""
        self._open(code, PROBE_EVERY, self._now() + PROBE_EVERY)

    def _open(self, code: str, every: timedelta, next_probe: datetime) -> None:
        is_news, self._is_well = self._circuit is None or self._circuit.code != code, False
        if self._circuit is not None:
            self._circuit.code, self._circuit.every = code, every
        else:
            self._circuit = _Circuit(code, every, next_probe)
            _log.error("slack takes no calls; deliveries wait", code=code, probe_at=next_probe)
        if is_news:
            self._alarm.shut(code)

    async def _pause(self, method: str, channel: str, trouble: Trouble) -> None:
        now, where = self._now(), self._where(method, channel)
        until = now + timedelta(seconds=trouble.retry_after or 0)
        self._pace.pause(method, where, until, now)
        await self._record.note(f"{method} {where}", now, until)

    async def _load(self) -> None:
        async with self._loading:
            if self._is_loaded:
                return
            now = self._now()
            for name, at, paused_until in await self._record.since(now - MINUTE):
                method, _, where = name.partition(" ")
                called, _, known = where.partition(" ")
                self._ids |= {called: known} if known else {}
                if paused_until is None:
                    self._pace.made(method, where, at)
                else:  # a clock that was put back meanwhile makes it no longer
                    self._pace.pause(method, where, min(paused_until, now + (paused_until - at)), now)
            self._is_loaded = True

    def _where(self, method: str, channel: str) -> str:
        if method != POST:
            return ""
        called = fingerprint(channel)
        return f"{called} {self._ids.get(called, '')}".strip()

    def _wait(self, code: str, until: datetime) -> Trouble:
        return Trouble(code, retry_after=max(0.0, (until - self._now()).total_seconds()), waits=True)


def fingerprint(channel: str) -> str:
    """Name a channel without saying which: it is only ever compared."""
    return hashlib.sha256(channel.encode()).hexdigest()[:16] if channel else ""
