"""A real database file for each test, opened for writing."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.store.database import SqliteDatabase, open_database
from engine.store.migrate import upgrade
from engine.store.seal import Sealer
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
async def database(file: Path) -> AsyncIterator[SqliteDatabase]:
    opened = open_database(f"sqlite:///{file}")
    yield opened
    await opened.close()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(SECRET)
