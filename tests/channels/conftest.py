"""What the tests of the channels share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from engine.channels.slack import SlackChannel
from tests.channels.given import always, organisation
from tests.channels.local_server import LocalServer, local_server
from tests.channels.slack_given import PEOPLE, OneRoom
from tests.fake_slack import TOKEN, Channel, FakeSlack
from tests.fake_slack_server import fake_slack


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with local_server() as running:
        yield running


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.user("U0ANA")
        running.user("U0BEN", email="ben@example.com")
        yield running


@pytest.fixture
def room(slack: FakeSlack) -> Channel:
    return slack.channel("inc-7")


@pytest.fixture
async def channel(slack: FakeSlack, room: Channel) -> AsyncIterator[SlackChannel]:
    channels = {"staff": {"kind": "slack", "to": "#all-staff"}, "post": {"kind": "slack"}}
    made = SlackChannel(TOKEN, always(organisation(people=PEOPLE, channels=channels)), OneRoom(room.id), base_url=slack.url, timeout=2)
    yield made
    await made.close()
