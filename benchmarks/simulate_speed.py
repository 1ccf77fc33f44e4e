"""How long `firebreak simulate` takes for 10,000 runs of the filmed argument, on all cores of this machine.

A few runs are made, as a whole process with everything that the command does (reading, what one
more person would change, the table), and the time that goes with the number of runs is scaled; starting is counted once.
"""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
PLAYBOOK = ROOT / "playbooks" / "filmed_workplace_argument.yaml"
WANTED = 10_000
FEW, MANY = 200, 1_200
COMPARED = 900
"""Runs that `simulate` makes beside 10,000 to compare one more person in three roles, beyond those it makes beside a few."""

GOAL_S = 30.0

CHILD = "from api.cli.main import app; app()"


def measure() -> Figure:
    """Measure a few runs and many, and tell what 10,000 take at that pace."""
    few, many = _timed(FEW), _timed(MANY)
    each = (many - few) / (MANY - FEW)
    more = WANTED - FEW + COMPARED
    how = f"{MANY:,} runs take {many:.1f} s, {FEW} take {few:.1f} s; {each * 1000:.1f} ms on the wall for each more"
    return Figure(f"firebreak simulate, {WANTED:,} runs (scaled from {MANY:,})", few + each * more, GOAL_S, "s", how)


def _timed(runs: int) -> float:
    started = time.perf_counter()
    arguments = [sys.executable, "-c", CHILD, "simulate", str(PLAYBOOK), "--runs", str(runs), "--seed", "1", "--plain"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the measured command failed: {done.stderr}")
    return time.perf_counter() - started
