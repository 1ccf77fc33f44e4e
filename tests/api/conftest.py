"""What every test of the HTTP way in starts from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.given import House, running


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path) as house:
        yield house
