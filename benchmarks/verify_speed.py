"""How long `firebreak verify` takes: a playbook of 202 steps with 40 decisions and approvals, and the slowest shipped one.

Processor time in this process, after a first round that warms nothing but Python itself: a proof is made once for a file.
"""

import statistics
import time
from pathlib import Path

from benchmarks.figure import Figure
from engine.analysis.feasibility import feasibility
from engine.analysis.proving.rules import verified
from engine.language.checked import Checked
from engine.language.load import load_organisation, load_playbook
from tests.analysis.proving.large import large_world

PLAYBOOKS = Path(__file__).parents[1] / "playbooks"
ROUNDS = 5
GOAL_MS = 1000.0


def measure() -> Figure:
    """Prove each of them some times over; the figure is the large one's."""
    world = large_world()
    large = _median(Checked(world.plan.playbook, world.organisation))
    shipped = {checked.playbook.id: _median(checked) for checked in _shipped()}
    slowest = max(shipped, key=lambda name: shipped[name])
    others = f"the slowest of {len(shipped)} shipped is {slowest}, {shipped[slowest]:.0f} ms"
    how = f"{len(world.plan.graph.steps)} steps; medians of {ROUNDS}; {others}"
    return Figure("firebreak verify, policies and times", large, GOAL_MS, "ms", how)


def _median(checked: Checked) -> float:
    return statistics.median(_timed(checked) for _ in range(ROUNDS)) * 1000


def _timed(checked: Checked) -> float:
    begun = time.process_time()
    verified(checked)
    feasibility(checked)
    return time.process_time() - begun


def _shipped() -> list[Checked]:
    organisation = load_organisation((PLAYBOOKS / "organisation.yaml").read_bytes(), file="organisation.yaml").organisation
    files = [file for file in sorted(PLAYBOOKS.glob("*.yaml")) if ".test" not in file.name and file.stem != "organisation"]
    loaded = (load_playbook(file.read_bytes(), file=file.name, read=_read, organisation=organisation) for file in files)
    return [Checked(each.playbook, organisation, each.files) for each in loaded if each.playbook is not None]


def _read(name: str) -> str:
    return (PLAYBOOKS / name).read_text("utf-8")
