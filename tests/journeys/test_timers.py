"""Many pending timers, in a short form: those that fall due are answered soon, and a worker that has nothing to do does nothing.

`make bench` measures a million.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.slack_ack import percentile
from benchmarks.timers import run
from tests.runtime.given import DATABASES

ALARMS, DUE = 20_000, 40
SOON = 5.0
"""Seconds, of 99 in a hundred: the goal is one, on a machine that does nothing else."""
LITTLE = 5.0
"""Percent of a core: the goal is one, over half a minute; a second says less."""
GROWTH = 16.0
"""MiB that the sending of what falls due may add."""


@pytest.fixture(autouse=True)
def databases(kind: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the house stand on that kind of database."""
    DATABASES.server = request.getfixturevalue("postgres") if kind == "postgresql" else None
    yield
    DATABASES.give_back()


def test_timers_that_fall_due_among_many_are_answered_soon_and_the_others_cost_nothing(tmp_path: Path, kind: str) -> None:
    measured = run(tmp_path, kind, alarms=ALARMS, due=DUE, over=2.0, idle=1.0)

    assert len(measured.lateness) == DUE
    assert percentile(measured.lateness) <= SOON
    assert measured.idle <= LITTLE
    assert measured.memory[1] - measured.memory[0] <= GROWTH
