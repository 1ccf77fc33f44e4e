"""How long `firebreak simulate` takes for 10,000 runs of the filmed argument, on the wall, with all that it does.

The whole command is timed in a process of its own: start, loading, the runs, and those that show what one more
person would change. Fewer runs are made and scaled up, because what a run costs does not depend on how many
there are; the processor time of a run, which other work on the machine disturbs less, is printed beside it.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
PLAYBOOK = ROOT / "playbooks" / "filmed_workplace_argument.yaml"
RUNS = 2_000
PROMISED = 10_000
PROCESSES = 2
GOAL_S = 30.0


def measure() -> Figure:
    """Measure on two processes, on the shipped playbook and organisation."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    options = ("--runs", str(RUNS), "--processes", str(PROCESSES), "--seed", "1", "--start", "2026-11-30T10:00", "--json")
    command = [sys.executable, "-c", "from api.cli.main import app; app()", "simulate", str(PLAYBOOK), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"the measured command failed: {done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    how = f"{RUNS:,} runs on {PROCESSES} processes ({os.cpu_count()} cores) took {wall:.1f} s; {1000 * cpu / RUNS:.1f} ms of processor for each"
    return Figure(f"firebreak simulate, {PROMISED:,} runs", wall * PROMISED / RUNS, GOAL_S, "s", how)
