"""How long `firebreak check` of a 300-line playbook takes beyond starting Python and importing what it needs.

Each round is a fresh process, so nothing is warm: it imports exactly what the command imports, looks at the
clock, runs the command and looks again. Processor time is what counts, because the command waits for
nothing; the whole process on the wall is printed beside it.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
LINES = 300
ROUNDS = 15
GOAL_MS = 50.0

CHILD = """
import sys, time
from api.cli.main import app, built, _check
built('check', _check())
begun = time.process_time()
try:
    app()
except SystemExit as ended:
    print(time.process_time() - begun, begun, file=sys.stderr)
    raise
"""


def measure() -> Figure:
    """Measure on a copy of the shipped playbooks, organisation and sub-playbooks beside it, as an author would have them."""
    with tempfile.TemporaryDirectory() as folder:
        playbook = _playbook(Path(folder))
        lines = len(playbook.read_text("utf-8").splitlines())
        rounds = [_timed(playbook) for _ in range(ROUNDS)]
    beyond, imports, wall = (statistics.median(side) * 1000 for side in zip(*rounds, strict=True))
    how = f"{lines} lines; medians of {ROUNDS}: interpreter and imports {imports:.0f} ms, whole process {wall:.0f} ms on the wall"
    return Figure("firebreak check, beyond interpreter and imports", beyond, GOAL_MS, "ms", how)


def _playbook(folder: Path) -> Path:
    shutil.copytree(ROOT / "playbooks", folder, dirs_exist_ok=True)
    playbook = folder / "filmed_workplace_argument.yaml"
    text = playbook.read_text("utf-8").rstrip("\n")
    more = LINES - len(text.splitlines())
    extra = [
        f"  - {{id: look_{day}, at: {day}d from closed, role: hr, task: Look again after {day} days}}" for day in range(200, 200 + more)
    ]
    playbook.write_text("\n".join((text, *extra, "")), "utf-8")
    return playbook


def _timed(playbook: Path) -> tuple[float, float, float]:
    """Give the seconds of processor time of the command and of what came before it, and of the whole on the wall."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", CHILD, "check", str(playbook)], cwd=ROOT, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"the measured command failed: {done.stdout}{done.stderr}")
    command, imports = map(float, done.stderr.splitlines()[-1].split())
    return command, imports, wall
