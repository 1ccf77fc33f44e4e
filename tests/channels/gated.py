"""Sentences to begin a test of the gate to Slack with: one life of the process that sends, and what outlives it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.channels.channel import Failed, Outcome, Outgoing
from engine.channels.slack import SlackChannel
from engine.channels.slack_gate import Gate
from engine.incident.effects import Delivery
from engine.runtime.clock import Clock
from tests.channels.given import always, organisation
from tests.fake_slack import TOKEN, FakeSlack
from tests.fake_slack_server import fake_slack

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@contextmanager
def two_rooms(clock: Clock) -> Iterator[FakeSlack]:
    """A Slack with two channels and one person, on the clock of the test."""
    with fake_slack() as running:
        running.channel("inc-7")
        running.channel("other")
        running.user("U0ANA")
        running.clock = lambda: clock.now().timestamp()
        yield running


class Rooms:
    """INC-7 is worked in the channel `inc-7`."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack

    async def channel_of(self, incident_key: str) -> str | None:
        return self._slack.named("inc-7").id

    async def message_of(self, *_: Any) -> None:
        return None


class Kept:
    """A record of calls that outlives the process."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, datetime, datetime | None]] = []

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> timedelta:
        self.calls.append((name, at, paused_until))
        return timedelta()

    async def since(self, at: datetime) -> list[tuple[str, datetime, datetime | None]]:
        return [call for call in self.calls if call[1] >= at or (call[2] is not None and call[2] > at)]


class Slow(Kept):
    """Writes the next call down only when `gate` is set; `reached` says that it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.gate: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def note(self, name: str, at: datetime, paused_until: datetime | None = None) -> timedelta:
        if self.gate is not None and paused_until is None:
            self.reached.set()
            await self.gate.wait()
        return await super().note(name, at, paused_until)


@dataclass
class Moved:
    """A clock that can be put back."""

    at: datetime

    def now(self) -> datetime:
        return self.at


class Alarm:
    """What the gate says to whoever tells people elsewhere; None: Slack takes calls."""

    def __init__(self) -> None:
        self.heard: list[str | None] = []

    def shut(self, code: str) -> None:
        self.heard.append(code)

    def opened(self) -> None:
        self.heard.append(None)


class Sender:
    """One life of the process that sends."""

    def __init__(self, slack: FakeSlack, clock: Clock, kept: Kept) -> None:
        self.alarm = Alarm()
        self.gate = Gate(clock.now, kept, alarm=self.alarm)
        self.channel = SlackChannel(TOKEN, always(organisation()), Rooms(slack), gate=self.gate, base_url=slack.url, timeout=2)
        self._count = 0

    async def say(self, target: str = "war_room:inc-7", kind: Any = "say", **more: Any) -> Outcome:
        self._count += 1
        about = {name: more.pop(name) for name in ("receipt", "doubted_since", "doubts") if name in more}
        delivery = Delivery(f"INC-7:{self._count}:0", kind, target, f"INC-7 is told for the time number {self._count}.", **more)
        return await self.channel.send(Outgoing(delivery, incident="f" * 32, key="INC-7", **about))


@asynccontextmanager
async def life(slack: FakeSlack, clock: Clock, kept: Kept | None = None) -> AsyncIterator[Sender]:
    made = Sender(slack, clock, kept or Kept())
    yield made
    await made.channel.close()


def waits(outcome: Outcome) -> float:
    """How long an outcome asks to wait, without having tried."""
    assert isinstance(outcome, Failed), outcome
    assert (outcome.retry, outcome.tried) == (True, False)
    assert outcome.retry_after is not None
    return outcome.retry_after
