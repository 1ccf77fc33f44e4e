"""A real `firebreak serve` with an app token and no address of its own: it connects, answers, comes back after a cut, and ends in peace."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.given import write_house
from tests.fake_slack import APP_TOKEN, TOKEN, FakeSlack
from tests.fake_slack_server import fake_slack
from tests.fake_slack_socket import FakeSocket, fake_socket

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """The command, and Slack's side of its connection."""

    process: subprocess.Popen[bytes]
    socket: FakeSocket
    slack: FakeSlack
    log: Path

    async def types(self, text: str) -> str:
        who = {"team_id": "T0TEAM", "user_id": "U0ANA", "channel_id": "C1", "channel_name": "random", "command": "/incident"}
        fields = {**who, "text": text, "trigger_id": self.slack.trigger(), "response_url": self.slack.response_url()}
        return str((await self.socket.sends("slash_commands", fields)).get("text", ""))

    async def ends(self) -> int:
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, 20)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    with fake_slack() as slack:
        slack.user("U0ANA")
        async with fake_socket(slack) as socket, _serving(tmp_path, slack, socket) as running:
            yield running


@asynccontextmanager
async def _serving(folder: Path, slack: FakeSlack, socket: FakeSocket) -> AsyncIterator[Served]:
    house = write_house(folder)
    text = house.organisation.read_text("utf-8").replace("email: ana@example.com", "email: ana@example.com, slack: U0ANA")
    house.organisation.write_text(text, "utf-8")
    ours = {
        "DATA_DIR": str(house.data_dir),
        "PLAYBOOKS": str(house.playbooks),
        "ORGANISATION": str(house.organisation),
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.url,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FIREBREAK_")}
    environment = inherited | {f"FIREBREAK_{name}": value for name, value in ours.items()}
    command = [str(Path(sys.executable).with_name("firebreak")), "serve", "--port", "0"]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)  # noqa: ASYNC220 - it starts at once
    try:
        await socket.connected()
        yield Served(process, socket, slack, log)
    finally:
        process.kill()
        process.wait()


async def test_an_incident_is_started_and_noted_without_an_address(served: Served) -> None:
    help_text = await served.types("help")
    await served.types("start trial Something at Plant 4")
    view = served.slack.views[-1]

    assert "*What `/incident` does*" in help_text
    assert view["callback_id"] == "start"


async def test_a_cut_connection_comes_back(served: Served) -> None:
    served.socket.kill()
    await served.socket.connected(2)

    assert "*What `/incident` does*" in await served.types("help")


async def test_the_log_says_so_and_holds_no_token(served: Served) -> None:
    await served.types("note INC-1 a word that is nobody's business")
    code = await served.ends()
    log = served.log.read_text("utf-8")

    assert code == 0
    assert "slack is connected by socket mode" in log
    assert "socket mode has ended" in log
    assert not [word for word in (APP_TOKEN, TOKEN, "nobody's business", "ticket-") if word in log]
