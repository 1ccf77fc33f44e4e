"""The processes that are measured, as they would run: what they use is read from the operating system."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.slack_ack import ROOT

PATIENCE: Final = 60.0


@dataclass(slots=True)
class Process:
    """One server; it was started at `begun` of the performance counter."""

    port: int
    id: int
    begun: float

    @property
    def processor(self) -> float:
        """Seconds of processor time so far; 0 where the system doesn't say."""
        stat = Path(f"/proc/{self.id}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def starved(self) -> float:
        """Seconds for which its main thread could have run and others had the processor; 0 where the system doesn't say."""
        file = Path(f"/proc/{self.id}/schedstat")
        return int(file.read_text("utf-8").split()[1]) / 1e9 if file.exists() else 0.0

    @property
    def memory(self) -> float:
        """MiB that it holds now; 0 where the system doesn't say."""
        status = Path(f"/proc/{self.id}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text("utf-8")) if status.exists() else None
        return int(found[1]) / 1024 if found else 0.0

    @property
    def files(self) -> int:
        """Open file descriptors; 0 where the system doesn't say."""
        folder = Path(f"/proc/{self.id}/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0


@contextmanager
def floor(folder: Path) -> Iterator[Process]:
    """Run the two floors."""
    with started([sys.executable, "-m", "benchmarks.load_floor", str(folder / "floor.db")], cwd=ROOT, env=dict(os.environ)) as process:
        yield process


@contextmanager
def postgres_floor(url: str) -> Iterator[Process]:
    """Run the two floors, whose commits go to PostgreSQL."""
    with started([sys.executable, "-m", "benchmarks.load_floor", url], cwd=ROOT, env=dict(os.environ)) as process:
        yield process


@contextmanager
def firebreak(folder: Path, env: dict[str, str], *options: str) -> Iterator[Process]:
    """Run `firebreak serve` in a folder, the worker in it unless the `options` say otherwise."""
    command = [str(Path(sys.executable).with_name("firebreak")), "serve", "--port", "0", *options]
    with started(command, cwd=folder, env=env) as process:
        yield process


@contextmanager
def worker(folder: Path, env: dict[str, str]) -> Iterator[Process]:
    """Run `firebreak worker` in a folder; it has no port."""
    command = [str(Path(sys.executable).with_name("firebreak")), "worker"]
    with started(command, cwd=folder, env=env, says="the worker runs", errors=subprocess.STDOUT) as process:
        yield process


@contextmanager
def started(
    command: list[str], *, cwd: Path, env: dict[str, str], says: str = " serves on ", errors: int = subprocess.DEVNULL
) -> Iterator[Process]:
    """Run a command that prints where it serves, or what it `says` instead; it ends with the block. `errors` is where its others go.

    Raises RuntimeError when it does not begin or end in peace.
    """
    begun = time.perf_counter()
    running = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert running.stdout is not None
        line = next((line for line in running.stdout if says in line), None)
        if line is None:
            raise RuntimeError("the server did not start")
        port = re.search(r":([0-9]+)$", line.strip())
        yield Process(int(port[1]) if port else 0, running.pid, begun)
    finally:
        if running.poll() is None:
            running.terminate()
        running.communicate(timeout=PATIENCE)
