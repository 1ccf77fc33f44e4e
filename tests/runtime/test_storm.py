"""A thousand messages, half of all calls turned away, an hour without Slack, the process killed twice: each arrives once."""

import asyncio
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from engine.channels.slack_pace import POST, TIERS
from tests.fake_slack import FakeSlack, Fault
from tests.fake_slack_server import fake_slack
from tests.runtime.crashing import CONTEXT, as_main
from tests.runtime.given import MONDAY
from tests.runtime.storming import Storm, die_at, queue, send_all

KINDS = ("sqlite",)
"""It is about Slack's limits, which one process keeps: where the answers are stored makes no difference."""

INCIDENTS = 20
OWN, SHARED, DIRECT = 38, 8, 4
"""Messages of each incident: to a channel of its own, to one that all share, to one person."""
OUTAGE = 3_600.0
BEFORE_OUTAGE = 400
"""Messages that have arrived when Slack goes down."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a place in memory
"""Where the database stands, if it is there: a killed process loses nothing in memory either, and thousands of commits are quick."""


@dataclass
class Seen:
    at: float
    method: str
    channel: str
    fault: Fault | None

    @property
    def limit(self) -> str:
        """What Slack counts this call by."""
        return f"{self.method} {self.channel}" if self.method == POST else self.method


@dataclass
class Weather:
    """Half of all calls are turned away; some answers are lost; then nothing is answered for an hour."""

    slack: FakeSlack
    now: Callable[[], float]
    dice: random.Random = field(default_factory=lambda: random.Random(4))
    seen: list[Seen] = field(default_factory=list)
    kept: int = 0
    down_at: float | None = None
    reached: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        fault = self._fault(method, str(arguments.get("channel", "")))
        self.seen.append(Seen(self.now(), method, str(arguments.get("channel", "")), fault))
        arrives = method == POST and (fault is None or fault.kind in ("lost", "truncated"))
        with self.reached:
            self.kept += arrives
            if self.kept >= BEFORE_OUTAGE and self.down_at is None:
                self.down_at = self.now()
            self.reached.notify_all()
        return fault

    @property
    def is_down(self) -> bool:
        return self.down_at is not None and self.now() < self.down_at + OUTAGE

    def _fault(self, method: str, channel: str) -> Fault | None:
        if self.is_down:
            return Fault(self.dice.choice(("500", "502", "reset")))
        if self.dice.random() < 0.5:
            return Fault("429", retry_after=self.dice.randint(1, 30))
        if method == POST and self.dice.random() < 0.05:
            return Fault(self.dice.choice(("lost", "truncated", "reset", "500")))
        return None

    def wait_for(self, happened: Callable[[], bool]) -> None:
        with self.reached:
            assert self.reached.wait_for(happened, timeout=60)


@dataclass
class Aftermath:
    """What the fake Slack holds and has seen."""

    weather: Weather
    expected: list[str]
    killed: list[int | None]
    killed_at: list[float]

    @property
    def channels(self) -> list[str]:
        return list(self.weather.slack.channels)

    @property
    def turned_away(self) -> float:
        """The share of the calls in which Slack was up and said 429."""
        up = [each for each in self.weather.seen if each.fault is None or each.fault.kind == "429"]
        return sum(each.fault is not None for each in up) / len(up)

    def ids(self, channel: str) -> list[str]:
        return [each["metadata"]["event_payload"]["op_id"] for each in self.weather.slack.channels[channel].messages.values()]


def _lived_through(folder: Path) -> Aftermath:
    """Three lives of the process, on one clock and one file."""
    seconds = CONTEXT.Value("d", MONDAY.timestamp())
    with fake_slack() as slack:
        slack.clock = lambda: seconds.value
        slack.user("U0ANA", email="ana@example.com")
        slack.channel("shared")
        own = [slack.channel(f"room-{number}").id for number in range(INCIDENTS)]
        expected = asyncio.run(queue(folder, {number: _targets(own[number], number) for number in range(INCIDENTS)}))
        weather = Weather(slack, slack.now)
        slack.weather = weather
        storm = Storm(folder, slack.url, seconds)
        killed = [_killed(storm, lambda: weather.wait_for(lambda: weather.kept >= BEFORE_OUTAGE // 2))]
        killed_at = [slack.now()]
        killed.append(
            _killed(storm, lambda: weather.wait_for(lambda: weather.is_down and weather.now() > (weather.down_at or 0) + OUTAGE / 2))
        )
        killed_at.append(slack.now())
        return Aftermath(weather, expected, [*killed, _ended(storm)], killed_at)


def _targets(own: str, number: int) -> list[str]:
    said = [f"slack:{own}"] * OWN + ["slack:#shared"] * SHARED + ["person:ana"] * DIRECT
    random.Random(number).shuffle(said)
    return said


def _killed(storm: Storm, wait: Callable[[], None]) -> int | None:
    process = CONTEXT.Process(target=send_all, args=(storm,))
    process.start()
    wait()
    process.kill()
    process.join(10)
    return process.exitcode


def _ended(storm: Storm) -> int | None:
    process = CONTEXT.Process(target=send_all, args=(storm,))
    process.start()
    process.join(90)
    if process.is_alive():
        process.kill()
    return process.exitcode


def test_a_thousand_messages_arrive_once_in_order_and_never_too_early(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as place:
        after = _lived_through(Path(place))

    assert after.killed == [-9, -9, 0]
    assert len(after.expected) == 1_000
    assert 0.4 < after.turned_away < 0.6
    assert {name: found for name, judge in JUDGES.items() if (found := judge(after))} == {}


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("step", range(1, 5))
def test_killed_at_any_step_of_sending_each_message_stands_once_and_in_order(tmp_path: Path, step: int, nth: int) -> None:
    with fake_slack() as slack:
        seconds = CONTEXT.Value("d", MONDAY.timestamp())
        slack.clock = lambda: seconds.value
        rooms = [slack.channel(f"room-{number}") for number in range(2)]
        expected = asyncio.run(queue(tmp_path, {number: [f"slack:{room.id}"] * 4 for number, room in enumerate(rooms)}))
        storm = Storm(tmp_path, slack.url, seconds)
        ends = (as_main(die_at, storm, step, nth), as_main(send_all, storm))

        standing = [each["metadata"]["event_payload"]["op_id"] for room in rooms for each in room.messages.values()]
        assert (ends, standing) == ((-9, 0), expected)


def _missing(after: Aftermath) -> set[str]:
    return set(after.expected) ^ {each for channel in after.channels for each in after.ids(channel)}


def _doubled(after: Aftermath) -> list[str]:
    standing = [each for channel in after.channels for each in after.ids(channel)]
    return [each for each, times in Counter(standing).items() if times > 1]


def _out_of_order(after: Aftermath) -> list[str]:
    """Channels in which an incident's messages do not stand as they were owed."""
    found = []
    for channel in after.channels:
        by_incident = defaultdict(list)
        for each in dict.fromkeys(after.ids(channel)):
            by_incident[each.partition(":")[0]].append(each)
        found += [channel for ids in by_incident.values() if ids != sorted(ids)]
    return found


def _before_retry_after_was_over(after: Aftermath) -> list[Seen]:
    """Calls made too early. What was answered in the instant of a kill was perhaps never heard, so that it binds nobody."""
    early: list[Seen] = []
    paused: dict[str, tuple[float, float]] = {}
    for call in after.weather.seen:
        start, end = paused.get(call.limit, (0.0, 0.0))
        if start < call.at < end:
            early.append(call)
        if call.fault and call.fault.kind == "429" and call.at not in after.killed_at:
            paused[call.limit] = (call.at, call.at + call.fault.retry_after)
    return early


def _more_than_one_message_a_second(after: Aftermath) -> list[str]:
    by_channel = defaultdict(list)
    for call in after.weather.seen:
        if call.method == POST:
            by_channel[call.channel].append(call.at)
    assert len(by_channel) == INCIDENTS + 2
    return [channel for channel, calls in by_channel.items() if any(later - earlier < 0.999 for earlier, later in pairwise(calls))]


def _more_often_than_its_tier_allows(after: Aftermath) -> list[str]:
    by_method = defaultdict(list)
    for call in after.weather.seen:
        by_method[call.method].append(call.at)
    return [
        method
        for method, calls in by_method.items()
        if method in TIERS and any(calls[place + TIERS[method]] - calls[place] < 59.999 for place in range(len(calls) - TIERS[method]))
    ]


def _asked_while_it_was_down(after: Aftermath) -> list[Seen]:
    """More than a probe a minute, and what the second life needed to find out for itself."""
    down_at = after.weather.down_at or 0
    during = [call for call in after.weather.seen if down_at < call.at < down_at + OUTAGE]
    return during if len(during) > 150 else []


JUDGES = {
    "missing": _missing,
    "doubled": _doubled,
    "out of order": _out_of_order,
    "before Retry-After was over": _before_retry_after_was_over,
    "more than one message a second": _more_than_one_message_a_second,
    "more often than its tier allows": _more_often_than_its_tier_allows,
    "asked while it was down": _asked_while_it_was_down,
}
