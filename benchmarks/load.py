"""The whole service under load, beside what HTTP and one durable commit cost alone on the same machine at the same time.

`python -m benchmarks.load` declares, completes steps, gives slash commands and lists with 1, 8, 32 and 256 clients, over 1,000 incidents;
`--long` also over 100,000. It prints ratios to the floors and writes `build/load.json` and `build/load.svg`. `docs/performance.md` says
what each figure means. Rules: each operation runs between its floors, so that a machine whose speed drifts moves both; an answer
that was not given in good order is a failure, and is never counted as fast.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from benchmarks.load_client import Ask, Connection, Sample, every, loop, written
from benchmarks.load_fill import Filled, fill
from benchmarks.load_operations import Operations, floors
from benchmarks.load_report import figures, table, write
from benchmarks.load_server import Process, firebreak, floor
from benchmarks.slack_ack import ROOT, environment

CLIENTS: Final = (1, 8, 32, 256)
SECONDS: Final = 2.0
FEW: Final = 1_000
MANY: Final = 100_000
WORKED_ON: Final = 512
"""Incidents that are declared to be worked on, 34 steps each."""

_FAKE: Final = """
import sys
from tests.fake_slack_server import fake_slack
with fake_slack() as slack:
    for name in sys.argv[1:]:
        slack.user(name, email=f"{name.removeprefix('U0').lower()}@example.com")
    print(slack.url, flush=True)
    sys.stdin.read()
"""


@dataclass(slots=True)
class Measured:
    """What one database of `incidents` came to; memory in MiB, seconds from the start until it was ready."""

    incidents: int
    samples: list[Sample] = field(default_factory=list)
    ready: float = 0.0
    memory_before: float = 0.0
    memory_after: float = 0.0
    filled_in: float = 0.0


def run(
    incidents: int, *, clients: Sequence[int] = CLIENTS, seconds: float = SECONDS, worked_on: int = WORKED_ON, url: str | None = None
) -> Measured:
    """Measure on a database that is made for it."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        begun = time.perf_counter()
        filled = fill(folder, incidents, url)
        measured = Measured(incidents, filled_in=time.perf_counter() - begun)
        slack = stack.enter_context(fake_people(folder))
        bare = stack.enter_context(floor(folder))
        ours = stack.enter_context(firebreak(folder, environment(folder, slack) | filled.settings))
        asyncio.run(_measure(measured, ours, bare, filled, clients=clients, seconds=seconds, worked_on=worked_on))
        return measured


async def _measure(
    measured: Measured, ours: Process, bare: Process, filled: Filled, *, clients: Sequence[int], seconds: float, worked_on: int
) -> None:
    measured.ready = await ready(ours)
    measured.memory_before = ours.memory
    declared = await every([Operations(filled.token, []).trial()] * worked_on, ours)
    operations = Operations(filled.token, [str(json.loads(each)["key"]) for each in declared])
    everything = [(bare, name, makes) for name, makes in floors().items()] + [(ours, name, it) for name, it in operations.named().items()]
    for process, name, makes in everything:
        await loop(process, name, 8, min(seconds, 0.3), makes)
    for count in clients:
        for process, name, makes in everything:
            measured.samples.append(await loop(process, name, count, seconds, makes))
    measured.memory_after = ours.memory


async def ready(process: Process) -> float:
    """Wait until it says that it is ready; gives seconds since its start."""
    connection, ask = Connection(process.port), Ask(written("GET", "/readyz"))
    while (await connection.ask(ask.wire))[0] != ask.status:
        continue
    connection.close()
    return time.perf_counter() - process.begun


@contextmanager
def fake_people(folder: Path) -> Iterator[str]:
    """Run a fake Slack that knows everybody in the organisation."""
    people = re.findall(r"slack: (U\w+)", (folder / "playbooks/organisation.yaml").read_text("utf-8"))
    running = subprocess.Popen([sys.executable, "-c", _FAKE, *people], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
    finally:
        running.kill()
        running.communicate()


def measure(*, is_long: bool = False, folder: Path = ROOT / "build") -> list[Figure]:
    """Measure, print the table, write it down; gives the figures that have goals."""
    measured = [run(incidents) for incidents in ((FEW, MANY) if is_long else (FEW,))]
    print(table(measured))
    write(measured, folder)
    return figures(measured)


def main() -> int:
    """Measure as asked; 1 when a goal is missed."""
    asked = argparse.ArgumentParser(description="Measure the whole service under load.")
    asked.add_argument("--long", action="store_true", help=f"also with {MANY:,} incidents")
    found = measure(is_long=asked.parse_args().long)
    for figure in found:
        print(figure)
    return 0 if all(figure.is_met for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
