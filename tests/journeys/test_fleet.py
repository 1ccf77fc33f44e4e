"""Two servers, three workers, one PostgreSQL, everything killed once: the independent checker has nothing to report."""

from pathlib import Path

import pytest

from tests.journeys.fleet_run import run
from tests.journeys.soaking import SOAK
from tests.postgres_server import PostgresServer

SECONDS = 8.0 * SOAK


@pytest.mark.timeout(240 + 30 * SOAK)
def test_a_fleet_that_is_killed_piece_by_piece_loses_nothing_and_says_nothing_twice(tmp_path: Path, postgres: PostgresServer) -> None:
    report = run(tmp_path, postgres, SECONDS)

    assert report.faults == [], report.text()
    assert report.verdict.indeterminate >= report.verdict.kept > 0
    assert report.posted > len(report.ledger.asked)
