"""Two servers and three workers on one PostgreSQL, clients that write through both servers, and everything that may go wrong meanwhile.

    python -m tests.journeys.fleet_run        # prints the report; `make several`

PostgreSQL is killed and started again twice; a worker is killed with -9 while Slack has taken its message and holds the answer back;
three commits of the servers lose their answers. Then an independent checker (`checker.py`) replays what was acknowledged against the
log, and counts in the fake Slack what was posted.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.load_fill import Filled, fill
from engine.language.load import load_organisation
from engine.runtime.clock import SystemClock
from tests.fake_slack import TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack
from tests.journeys.checker import Stored, Verdict, judged, stored_at
from tests.journeys.ledger import Ledger, Writer, settle
from tests.journeys.soaking import chain_of, serving
from tests.postgres_proxy import PostgresProxy, postgres_proxy
from tests.postgres_server import PostgresServer, name_of, postgres_server
from tests.until import until, until_found

SERVERS: Final = 2
WORKERS: Final = 3
WRITERS: Final = 6
STEPS: Final = 34
PAUSE: Final = 1.5
"""Seconds between two requests of one client: a room takes one message a second."""
NOTES: Final = 4
"""Notes between two completed steps, each of which is told to the same person: they, too, take one message a second."""
DOWN: Final = 1.0
"""Seconds without PostgreSQL."""
TAKEOVER: Final = 10.0
"""Seconds in which another worker goes on with what a dead one had in hand."""
POST: Final = "chat.postMessage"
_LOOKED: Final = ("conversations.history", "conversations.replies")
_SILENT: Final = frozenset({"room", "invite", "bookmarks", "close"})
"""Deliveries that are no message."""
FAKETIME: Final = "*/faketime/libfaketime.so.1"
_START: Final = 90.0
_DRAIN: Final = 120.0


@dataclass
class Weather:
    """What the fake Slack was asked, and whose answer it holds back."""

    calls: list[tuple[float, str, str]] = field(default_factory=list)
    holding: bool = False
    held: str = ""
    """The id of the delivery whose message stands although nobody was told."""
    where: str = ""

    def __call__(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        channel = str(arguments.get("channel", ""))
        self.calls.append((time.monotonic(), method, channel))
        if not (self.holding and method == POST and channel.startswith("C")):
            return None
        self.holding, self.where = False, channel
        self.held = str(arguments["metadata"]["event_payload"]["op_id"])
        return Fault("held")

    def posts(self) -> int:
        return sum(method == POST for _, method, _ in self.calls)

    def looked_after(self, instant: float) -> float | None:
        """Say how many seconds later somebody looked whether the message stands."""
        return next((at - instant for at, method, where in self.calls if at > instant and where == self.where and method in _LOOKED), None)


@dataclass
class Report:
    """What was found at the end."""

    verdict: Verdict
    ledger: Ledger
    audit: str
    owed: int
    posted: int
    twice: list[str]
    """Deliveries that stand more than once in a channel; in a direct message, which can't be looked up, more than twice."""
    never: list[str]
    takeover: float
    recoveries: list[float]
    """Seconds from PostgreSQL's return to the next acknowledgement."""

    @property
    def faults(self) -> list[str]:
        late = [f"taken over after {self.takeover:.1f} s"] if self.takeover > TAKEOVER else []
        slow = [f"wrote again {each:.1f} s after PostgreSQL was back" for each in self.recoveries if each > 5]
        delivered = [f"posted twice: {each}" for each in self.twice] + [f"never posted: {each}" for each in self.never]
        refused = [f"refused: {each}" for each in self.ledger.refused]
        return self.verdict.faults + delivered + late + slow + refused + ([] if "consistent" in self.audit else [self.audit])

    def text(self) -> str:
        answers = ", ".join(f"{times} times {status}" for status, times in sorted(self.ledger.statuses.items()))
        back = ", ".join(f"{each:.1f} s" for each in self.recoveries)
        lines = [
            *self.verdict.lines(),
            f"firebreak audit verify           {self.audit}",
            f"deliveries owed, posted          {self.owed}, {self.posted}",
            f"  posted twice in channels       {len(self.twice)}",
            f"  never posted                   {len(self.never)}",
            f"clocks of the workers apart      {'5 minutes' if set_wrong(0) else 'not at all: libfaketime is not here'}",
            f"killed worker's work taken over  {self.takeover:.1f} s after kill -9",
            f"wrote again after PostgreSQL     {back}",
            f"answers                          {answers}",
            f"slowest answer                   {self.ledger.slowest:.1f} s",
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Working:
    """A running `firebreak worker`, and what it says."""

    process: "subprocess.Popen[str]"
    log: Path

    @property
    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return "the worker runs" in self.log.read_text()


@dataclass
class Fleet:
    """The running processes and what is around them."""

    filled: Filled
    postgres: PostgresServer
    slack: FakeSlack
    weather: Weather
    ledger: Ledger
    workers: dict[str, Working]
    line: PostgresProxy
    killed_at: float = 0.0
    back_at: list[float] = field(default_factory=list)


@contextmanager
def fleet(filled: Filled, postgres: PostgresServer) -> Iterator[Fleet]:
    """Run them until the block ends."""
    with ExitStack() as running:
        slack = running.enter_context(fake_slack())
        slack.clock = lambda: SystemClock().now().timestamp()
        _people(slack, filled)
        slack.weather = weather = Weather()
        at = {"FIREBREAK_SLACK_BOT_TOKEN": TOKEN, "FIREBREAK_SLACK_API_URL": slack.url}
        line = running.enter_context(postgres_proxy(postgres.socket))
        behind = replace(filled, url=line.url(name_of(filled.url)))
        lives = [running.enter_context(serving(behind, "--no-worker", **at)) for _ in range(SERVERS)]
        workers = {name_at(number): running.enter_context(_working(filled, number, slack.url)) for number in range(WORKERS)}
        ledger = Ledger([life.process for life in lives], filled.token)
        yield Fleet(filled, postgres, slack, weather, ledger, workers, line)
        slack.let_go.set()


@contextmanager
def _working(filled: Filled, number: int, slack: str) -> Iterator[Working]:
    """Run `firebreak worker`, which the fake Slack knows by its address, on a machine whose clock is wrong."""
    name = name_at(number)
    environment = {"PATH": "/usr/bin:/bin", "FIREBREAK_LOG_LEVEL": "warning", **filled.settings, "FIREBREAK_SLACK_BOT_TOKEN": TOKEN}
    environment["FIREBREAK_SLACK_API_URL"] = slack.replace("/api/", f"{name}/api/")
    environment |= set_wrong(number)
    environment["FIREBREAK_DATA_DIR"] = str(filled.folder / f"data{name.replace('/', '-')}")
    command = [str(Path(sys.executable).with_name("firebreak")), "worker"]
    file = filled.folder / f"{name[1:]}.log"
    with file.open("w") as log:
        process = subprocess.Popen(command, cwd=filled.folder, env=environment, stdout=log, stderr=log, text=True)
    try:
        yield Working(process, file)
    finally:
        process.kill()
        process.wait()


def name_at(number: int) -> str:
    """Name a worker as it stands in its address of Slack."""
    return f"/worker-{number}"


def set_wrong(number: int) -> dict[str, str]:
    """Put the clocks of the first two workers five minutes apart, where `libfaketime` is installed."""
    wrong_by = ("+150", "-150", "+0")[number]
    library = next(Path("/usr/lib").glob(FAKETIME), None)
    return {"LD_PRELOAD": str(library), "FAKETIME": wrong_by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if library else {}


def _people(slack: FakeSlack, filled: Filled) -> None:
    file = filled.folder / "playbooks/organisation.yaml"
    organisation = load_organisation(file.read_text("utf-8"), file=file.name).organisation
    assert organisation is not None
    for person in organisation.people.values():
        slack.user(person.slack or f"U0{person.name.split()[0].upper()}", email=person.email)


async def live(fleet: Fleet, seconds: float) -> None:
    """Let clients write for so long, kill what is to be killed, and wait until everything that is owed has been sent."""
    stop, ledger, weather = asyncio.Event(), fleet.ledger, fleet.weather
    await until(lambda: all(worker.is_ready for worker in fleet.workers.values()), _START)
    writers = [asyncio.create_task(Writer(ledger, place, stop).write(pause=PAUSE, notes=NOTES, steps=STEPS)) for place in range(WRITERS)]
    begun = time.monotonic()
    await until(lambda: weather.posts() >= WRITERS)
    await _restart(fleet)
    weather.holding = True
    await until(lambda: bool(fleet.slack.held))
    fleet.workers[fleet.slack.held[0]].process.kill()
    fleet.killed_at = time.monotonic()
    await _restart(fleet)
    fleet.line.cuts.extend(("answered", "sent", "unsent"))
    await until(lambda: weather.looked_after(fleet.killed_at) is not None)
    await until(lambda: time.monotonic() - begun >= seconds and not fleet.line.cuts, seconds + 30)
    stop.set()
    await asyncio.gather(*writers)
    await settle(ledger)
    await until_found(lambda: _is_drained(fleet.filled.url), _DRAIN, every=0.2)


async def _is_drained(url: str) -> bool:
    return all(row["state"] != "pending" for row in (await stored_at(url)).owed)


async def _restart(fleet: Fleet) -> None:
    """Kill PostgreSQL, start it again after a moment, and wait until clients write again."""
    await asyncio.to_thread(fleet.postgres.stop, signal.SIGQUIT)
    await asyncio.sleep(DOWN)
    await asyncio.to_thread(fleet.postgres.start)
    fleet.back_at.append(back := time.monotonic())
    await until(lambda: fleet.ledger.recovery(back) < float("inf"))


def report_on(fleet: Fleet) -> Report:
    """Look at everything, without asking the service."""
    stored = asyncio.run(stored_at(fleet.filled.url))
    where: Counter[tuple[str, str]] = Counter()
    for channel in fleet.slack.channels.values():
        where.update((channel.id, _op_id(each)) for each in channel.messages.values())
    times: Counter[str] = Counter()
    for (_, op_id), number in where.items():
        times[op_id] += number
    most = {op_id: 2 if channel.startswith("D") else 1 for channel, op_id in where}
    audit = chain_of(fleet.filled)
    return Report(
        verdict=judged(stored, fleet.ledger),
        ledger=fleet.ledger,
        audit=audit.stdout.strip().splitlines()[-1] if audit.returncode == 0 else f"exit {audit.returncode}: {audit.stdout}",
        owed=len(stored.owed),
        posted=sum(row["id"] in times for row in stored.owed),
        twice=[op_id for op_id, number in times.items() if number > most[op_id]],
        never=_never(stored, times),
        takeover=fleet.weather.looked_after(fleet.killed_at) or float("inf"),
        recoveries=[fleet.ledger.recovery(at) for at in fleet.back_at],
    )


def _never(stored: Stored, posted: Counter[str]) -> list[str]:
    unsent = [f"{row['id']} is {row['state']}: {row['last_error']}" for row in stored.owed if row["state"] != "sent"]
    return unsent + [row["id"] for row in stored.owed if row["state"] == "sent" and row["kind"] not in _SILENT and not posted[row["id"]]]


def _op_id(message: dict[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["op_id"])


def run(folder: Path, postgres: PostgresServer, seconds: float) -> Report:
    """Live through it all in a database of its own, and give the report."""
    with postgres.lent() as address, fleet(fill(folder, 0, address, only_trial=True), postgres) as running:
        asyncio.run(live(running, seconds))
        return report_on(running)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, postgres_server() as server:
        found = run(Path(place), server, float(os.environ.get("LASTS", "30")))
    sys.stdout.write(found.text() + "\n" + "".join(f"FAULT: {each}\n" for each in found.faults))
    sys.exit(1 if found.faults else 0)
