"""What every test of the way in from Slack starts from."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.api.slack.given import Desk, open_desk
from tests.fake_slack import FakeSlack
from tests.fake_slack_server import fake_slack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        yield running


@pytest.fixture
async def desk(tmp_path: Path, slack: FakeSlack) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, slack) as desk:
        yield desk
    assert not slack.refusals, "Slack took what this test sent only in part"
