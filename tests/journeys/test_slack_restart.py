"""What `firebreak serve` knows about Slack outlives a power cut: a pause it was asked for, and who was told that Slack is away."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.language.load import load_organisation
from tests.api.cli.given import PLAYBOOKS, Served, served
from tests.channels.fake_mail import FakeMail, fake_mail
from tests.fake_slack import TOKEN, FakeSlack, Fault
from tests.fake_slack_server import fake_slack
from tests.journeys.given import Client, eventually
from tests.journeys.slack_people import SECRET

START = {
    "playbook": "filmed_workplace_argument",
    "inputs": {"video_urls": ["https://video.example/1"], "site": "Plant 4"},
    "unknown": ["people"],
}
OPS = "ops@example.com"
ALARM = "select value from settings where name = 'slack_alarm'"
PAUSE = 8
ENOUGH = 6
"""Messages that were sent to the room when the test has seen enough: two before the pause, one that it was the answer to."""
POST = "chat.postMessage"


@dataclass
class Seen:
    at: float
    method: str
    channel: str
    fault: Fault | None


@dataclass
class Weather:
    """Writes every call down; asks for one pause, before the third message into the first room."""

    seen: list[Seen] = field(default_factory=list)

    def __call__(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        channel = str(arguments.get("channel", ""))
        posts = [each for each in self.seen if each.method == POST and each.channel.startswith("C")]
        is_third = len(posts) == 2 and method == POST and channel == posts[0].channel
        fault = Fault("429", retry_after=PAUSE) if is_third else None
        self.seen.append(Seen(time.monotonic(), method, channel, fault))
        return fault

    @property
    def pause(self) -> Seen | None:
        return next((each for each in self.seen if each.fault), None)

    @property
    def paused(self) -> str | None:
        return self.pause.channel if self.pause else None


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as running:
        organisation = load_organisation((PLAYBOOKS / "organisation.yaml").read_text("utf-8"), file="organisation.yaml").organisation
        assert organisation is not None
        for person in organisation.people.values():
            running.user(person.slack or f"U0{person.name.split()[0].upper()}", email=person.email)
        yield running


@pytest.fixture
async def mail() -> AsyncIterator[FakeMail]:
    async with fake_mail() as running:
        yield running


def _settings(slack: FakeSlack, **more: str) -> dict[str, str]:
    return {
        "FIREBREAK_SLACK_BOT_TOKEN": TOKEN,
        "FIREBREAK_SLACK_SIGNING_SECRET": SECRET,
        "FIREBREAK_SLACK_API_URL": slack.url,
        **more,
    }


def _start(server: Served) -> str:
    assert server.token is not None
    admin = Client(server.url, server.token)
    token = admin.post("/v1/tokens", {"name": "ana", "person": "ana", "scopes": ["incidents:read", "incidents:write"]}, expect=201)
    return str(Client(server.url, token["token"]).post("/v1/incidents", START, expect=201)["key"])


def _kept(folder: Path, question: str) -> list[Any]:
    with sqlite3.connect(f"file:{folder / 'firebreak.db'}?mode=ro", uri=True) as database:
        return database.execute(question).fetchall()


def test_a_pause_that_slack_asked_for_outlives_a_power_cut(tmp_path: Path, slack: FakeSlack) -> None:
    weather = slack.weather = Weather()
    with served(tmp_path, **_settings(slack)) as server:
        _start(server)
        eventually(lambda: bool(_kept(tmp_path, "select 1 from remote_calls where paused_until is not null")))
        server.process.kill()
    with served(tmp_path, **_settings(slack)):
        eventually(lambda: len([each for each in weather.seen if each.method == POST and each.channel == weather.paused]) >= ENOUGH)

    pause = weather.pause
    assert pause is not None
    after = [each.at - pause.at for each in weather.seen if each.method == POST and each.channel == pause.channel and each.at > pause.at]
    standing = [each["metadata"]["event_payload"]["op_id"] for each in slack.channels[pause.channel].messages.values()]
    assert min(after) >= PAUSE
    assert len(standing) == len(set(standing))
    assert len(standing) >= ENOUGH - 2


def _words_to(mail: FakeMail, address: str) -> list[str]:
    """The subjects of what somebody was written."""
    return [str(each["Subject"]) for each in mail.taken if each["To"] == address]


def _refusing(method: str, _: dict[str, Any]) -> Fault:
    return Fault("refused", error="token_revoked")


def _three_lives(folder: Path, slack: FakeSlack, mail: FakeMail, settings: dict[str, str]) -> None:
    """Slack refuses the app in two lives of the process, and takes it back in the third."""
    slack.weather = _refusing
    with served(folder, **settings) as server:
        _start(server)
        eventually(lambda: _words_to(mail, OPS) != [] and OPS in str(_kept(folder, ALARM)))
        server.process.kill()
    with served(folder, **settings) as server:
        eventually(lambda: "refuses" in str(httpx.get(f"{server.url}/readyz", timeout=20).json()["slack"]))
        server.process.kill()
    slack.weather = None
    with served(folder, **settings):
        eventually(lambda: len(_words_to(mail, OPS)) >= 2)


async def test_who_was_told_that_slack_refuses_the_app_is_told_once_and_hears_when_it_is_over(
    tmp_path: Path, slack: FakeSlack, mail: FakeMail
) -> None:
    organisation = tmp_path / "organisation.yaml"
    text = (PLAYBOOKS / "organisation.yaml").read_text("utf-8")
    organisation.write_text(text.replace("defaults: {", f"defaults: {{alarm: [{OPS}], "), "utf-8")
    smtp = f"smtp://127.0.0.1:{mail.port}?from=firebreak@example.com&tls=none"
    settings = _settings(slack, FIREBREAK_ORGANISATION=str(organisation), FIREBREAK_SMTP_URL=smtp)
    await asyncio.to_thread(_three_lives, tmp_path, slack, mail, settings)

    assert _words_to(mail, OPS) == ["Firebreak: Slack refuses the app", "Firebreak: Slack takes messages again"]
