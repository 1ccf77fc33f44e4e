"""The set-up page leads to a server that answers Slack, in both modes: `firebreak serve` with the variables that the page names."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.runtime.clock import SystemClock
from tests.api.cli.given import Served, served
from tests.fake_slack import APP_TOKEN, TEAM, TOKEN, FakeSlack
from tests.fake_slack_server import fake_slack
from tests.fake_slack_socket import fake_socket
from tests.journeys.slack_people import APP, SECRET, Door, Somebody

BOTH = {"FIREBREAK_SLACK_BOT_TOKEN": TOKEN}
HTTP = {**BOTH, "FIREBREAK_SLACK_SIGNING_SECRET": SECRET}
SOCKET = {**BOTH, "FIREBREAK_SLACK_APP_TOKEN": APP_TOKEN}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        running.user("U0ANA", email="ana@example.com")
        running.channel("general")
        yield running


def readiness(server: Served) -> str:
    return str(httpx.get(f"{server.url}/readyz", timeout=20).json()["slack"])


def test_over_http_a_signed_command_is_answered(tmp_path: Path, slack: FakeSlack) -> None:
    with served(tmp_path, FIREBREAK_SLACK_API_URL=slack.url, **HTTP) as server:
        door = Door(server.url, slack, SystemClock().now())
        said = Somebody("U0ANA", door).types("help", channel=slack.named("general"))
        ready = readiness(server)

    assert "go to Slack" in server.introduction
    assert ready == "ok"
    assert "What `/incident` does" in said["text"]


async def test_over_socket_mode_a_command_is_answered_without_an_address(tmp_path: Path, slack: FakeSlack) -> None:
    typed = {
        "team_id": TEAM,
        "channel_id": slack.named("general").id,
        "channel_name": "general",
        "user_id": "U0ANA",
        "command": "/incident",
        "text": "help",
        "api_app_id": APP,
        "response_url": slack.response_url(),
        "trigger_id": slack.trigger(),
    }
    async with fake_socket(slack) as socket:
        with served(tmp_path, FIREBREAK_SLACK_API_URL=slack.url, **SOCKET) as server:
            await socket.connected()
            said = await socket.sends("slash_commands", typed)
            async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
                unsigned = await client.post("/slack/commands", data=typed)

    assert "What `/incident` does" in said["text"]
    assert unsigned.status_code in (401, 404)
