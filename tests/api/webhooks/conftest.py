"""What every test of webhooks over HTTP starts from."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.api.given import House, running
from tests.api.webhooks.given import GOES_OUT
from tests.channels.local_server import LocalServer, local_server


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with local_server() as running_server:
        yield running_server


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose organisation lets messages go to a receiver on this machine, and whose worker looks after nothing else."""
    async with running(tmp_path, organisation=GOES_OUT) as house:
        yield house
