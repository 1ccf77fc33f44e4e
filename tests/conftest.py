"""What holds for every test: no test fails because the machine is slow, and CI throws the same dice every time."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres_server import PostgresServer, postgres_server

BOTH: Final = ("sqlite", "postgresql")

settings.register_profile(
    "firebreak",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("firebreak")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever uses a database on both kinds, unless it speaks of SQLite's file, or its module says `KINDS`."""
    is_its_own = any("kind" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    is_its_own = is_its_own or hasattr(metafunc.module, "kind")
    if "kind" in metafunc.fixturenames and not is_its_own:
        kinds = ("sqlite",) if "file" in metafunc.fixturenames else getattr(metafunc.module, "KINDS", BOTH)
        metafunc.parametrize("kind", kinds)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session, started when a test first wants it."""
    with postgres_server() as server:
        yield server
