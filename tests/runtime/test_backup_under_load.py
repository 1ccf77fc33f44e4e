"""A backup taken while eight clients and the worker write restores to a house that is whole and goes on (D7)."""

from pathlib import Path

import pytest

from engine.runtime.clock import SystemClock
from engine.runtime.history import rebuild_with
from engine.runtime.planned import planned_steps
from engine.store.audit import verify
from engine.store.backup import Source, examine, make_backup
from engine.store.restore import put_in_place
from tests.runtime import crashing
from tests.runtime.given import WORK, house, playbook

KINDS = ("sqlite",)
"""A backup of PostgreSQL is PostgreSQL's own."""

ROUNDS = 3


def _untold(what: str, share: float) -> None:
    pass


@pytest.fixture
def backups(tmp_path: Path) -> list[Path]:
    """Take backups while a process of eight clients writes, the first as soon as something was acknowledged."""
    folder = tmp_path / "first"
    folder.mkdir()
    crashing.prepare(folder, playbook(WORK))
    ours, theirs = crashing.CONTEXT.Pipe()
    process = crashing.CONTEXT.Process(target=crashing.clients, args=(folder, 1, theirs))
    process.start()
    assert ours.poll(30)
    files = []
    try:
        for number in range(1, ROUNDS + 1):
            while process.is_alive() and len(crashing.lines(folder / "acknowledged.txt")) < 60 * number:
                process.join(0.05)
            files.append(folder / f"{number}.tar")
            made = make_backup(
                Source(folder / "firebreak.db", "1.2.3", SystemClock().now()), files[-1], planned=planned_steps, told=_untold
            )
            assert made.findings == ()
    finally:
        process.kill()
        process.join()
    return files


async def test_backups_taken_under_eight_clients_restore_whole_and_go_on(backups: list[Path], tmp_path: Path) -> None:
    sizes = []
    for file in backups:
        again = tmp_path / file.stem
        again.mkdir()
        look = examine(file, again / "staged.db", planned=planned_steps, told=_untold)
        put_in_place(again / "staged.db", again / "firebreak.db", now=look.manifest.taken_at)
        async with house(again, clock=SystemClock()) as home:
            report = await home.database.read(lambda tx, at=home: verify(tx, at.sealer, rebuild=rebuild_with(at.library)))  # type: ignore[misc]
            assert (look.findings, report.findings) == ((), ())
            assert (await home.declare()).key == f"INC-{report.incidents + 1}"
        sizes.append(report.incidents)

    assert 0 < sizes[0] < sizes[-1]
