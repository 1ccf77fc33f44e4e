"""A real database for each test, opened for writing: a file of its own, and the same again on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.store.database import Database, open_database
from engine.store.migrate import upgrade
from engine.store.seal import Sealer
from tests.postgres_server import PostgresServer
from tests.store.given import SECRET


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded database to copy: migrating one for each test would take most of the time."""
    path = tmp_path_factory.mktemp("upgraded") / "firebreak.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def file(tmp_path: Path, upgraded: Path) -> Path:
    """An upgraded database that nobody has open."""
    return Path(shutil.copy(upgraded, tmp_path))


@pytest.fixture
def address(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an upgraded database of that kind that nobody has open."""
    if kind == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('file')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.lent() as taken:
        yield taken


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    opened = open_database(address)
    yield opened
    await opened.close()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(SECRET)
