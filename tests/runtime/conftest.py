"""What the tests of the runtime share: each runs on both kinds of database."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.runtime.given import DATABASES, WORK, House, Recording, house, playbook

_AS_HERE = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)]
structlog.configure(processors=_AS_HERE)


@pytest.fixture(autouse=True)
def houses(kind: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Let houses stand on that kind of database, and take it away with the test."""
    DATABASES.server = request.getfixturevalue("postgres") if kind == "postgresql" else None
    structlog.reset_defaults()  # a command that ran in this process before may have left its own level
    structlog.configure(processors=[*_AS_HERE])
    yield
    DATABASES.give_back()


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house with one incident, of which everything has been sent."""
    async with house(tmp_path, playbook(WORK), channel=Recording()) as opened:
        await opened.declare()
        await opened.worker.run_until_idle()
        opened.channel.sent.clear()
        yield opened
