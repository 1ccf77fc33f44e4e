"""What comes by Socket Mode gets the same answers as over HTTP; a connection that breaks is opened again, and nothing counts twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.slack.people import STRANGER
from engine.channels.slack_socket import SlackSocket
from tests.api.slack.given import Desk, open_desk
from tests.api.slack.socket_desk import PING, SocketDesk, open_socket_desk
from tests.fake_slack import APP_TOKEN, FakeSlack, Fault
from tests.fake_slack_socket import FakeSocket, fake_socket


@pytest.fixture(params=["http", "socket"])
async def either(request: pytest.FixtureRequest, tmp_path: Path, slack: FakeSlack) -> AsyncIterator[Desk]:
    """A desk by either way in."""
    async with (open_desk if request.param == "http" else open_socket_desk)(tmp_path, slack) as desk:
        yield desk


@pytest.fixture
async def desk(tmp_path: Path, slack: FakeSlack) -> AsyncIterator[SocketDesk]:
    async with open_socket_desk(tmp_path, slack) as desk:
        yield desk


async def test_a_command_is_answered(either: Desk) -> None:
    assert "*What `/incident` does*" in await either.types("ana", "help")


async def test_a_form_starts_an_incident(either: Desk) -> None:
    await either.types("ana", "start trial Something at Plant 4")
    said = await either.submits("ana", either.slack.views[-1], site="Plant 4")

    assert said["response_action"] == "update"
    assert (await either.incident())["title"] == "Something at Plant 4"


async def test_a_form_with_mistakes_stays_open(either: Desk) -> None:
    await either.types("ana", "start trial Something")
    said = await either.submits("ana", either.slack.views[-1])

    assert said["response_action"] == "errors"
    assert "in:site" in said["errors"]


async def test_a_press_counts_once_however_often_it_comes(either: Desk) -> None:
    room = await either.started()
    await either.presses("ana", room, "facts", "tick", ticked=("1",))
    before = (await either.incident())["version"]
    await either.again()

    assert (await either.step("facts"))["checklist"][0]["done"]
    assert (await either.incident())["version"] == before


async def test_a_note_counts_once_however_often_it_comes(either: Desk) -> None:
    await either.house.declared()
    said = await either.types("ana", "note INC-1 the press has called")
    before = (await either.incident())["version"]
    again = await either.again()

    assert again.json()["text"] == said
    assert (await either.incident())["version"] == before


async def test_a_refused_press_is_whispered(either: Desk) -> None:
    room = await either.started()
    either.slack.user("U0EVE")

    either.slack.heard.clear()
    await either.presses("eve", room, "facts", "tick", ticked=("1",))
    await asyncio.to_thread(either.slack.heard.wait, 10)

    assert either.slack.whispers[-1]["text"] == STRANGER.format(user="U0EVE")


async def test_the_shortcut_opens_the_form(either: Desk) -> None:
    answer = await either.interact("ana", "shortcut", callback_id="incident_start")

    assert (answer.status_code, answer.content) == (200, b"")
    assert len(either.slack.views) == 1


async def test_an_event_is_taken_without_a_word(either: Desk) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T0TEAM", "event_id": "Ev1", "event": {"type": "tokens_revoked", "tokens": {}}})
    answer = await either.send("/slack/events", body, "application/json")

    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_cut_connection_is_opened_again(desk: SocketDesk) -> None:
    assert desk.socket is not None
    desk.socket.kill()
    await desk.socket.connected(2)

    assert "*What `/incident` does*" in await desk.types("ana", "help")


async def test_the_product_moves_when_slack_asks_it_to(desk: SocketDesk) -> None:
    assert desk.socket is not None
    await desk.socket.asks_to_move()
    await desk.socket.connected(2)

    assert "*What `/incident` does*" in await desk.types("ana", "help")


async def test_what_was_not_answered_before_the_cut_counts_once(desk: SocketDesk) -> None:
    assert desk.socket is not None
    await desk.house.declared()
    text = "note INC-1 the press has called"
    fields = {"team_id": "T0TEAM", "user_id": "U0ANA", "text": text, "trigger_id": "1.1", "command": "/incident", "response_url": ""}
    envelope = desk.socket.new_envelope()
    await desk.socket.send("slash_commands", fields, envelope=envelope)
    desk.socket.kill()
    await desk.socket.connected(2)
    said = await desk.socket.sends("slash_commands", fields, envelope=envelope, retry_attempt=1, retry_reason="timeout")
    notes = [entry for entry in await _timeline(desk) if "the press has called" in json.dumps(entry)]

    assert said["text"] == "INC-1: Note: Ana Ruiz added: the press has called."
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("slash_commands", {"text": "help"}),
        ("slash_commands", {"text": "nul \x00", "trigger_id": "1.1"}),
        ("slash_commands", {"text": 7, "trigger_id": "1.1"}),
        ("interactive", {"type": "block_actions", "actions": "none"}),
        ("interactive", {}),
        ("interactive", {"type": "block_actions", "user": {"id": "\ud800"}}),
        ("events_api", {"type": 7}),
        ("events_api", {"event": "none"}),
        ("options", {"type": "block_suggestion"}),
        ("something_new", {}),
    ],
)
async def test_what_can_not_be_read_is_answered_empty(desk: SocketDesk, kind: str, payload: dict[str, Any]) -> None:
    assert desk.socket is not None

    assert await desk.socket.sends(kind, payload) == {}
    assert "*What `/incident` does*" in await desk.types("ana", "help")


@pytest.mark.parametrize("words", ["", "{", "[]", "hello", '{"type": "hello"}', '{"type": "slash_commands", "envelope_id": "1"}'])
async def test_words_that_are_no_envelope_are_let_be(desk: SocketDesk, words: str) -> None:
    assert desk.socket is not None
    await desk.socket.says(words)

    assert "*What `/incident` does*" in await desk.types("ana", "help")


async def _run(socket: FakeSocket, slack: FakeSlack) -> tuple[asyncio.Event, asyncio.Task[None]]:
    async def take(*_: Any) -> None:
        """Nothing is sent here."""

    stop = asyncio.Event()
    return stop, asyncio.create_task(SlackSocket(APP_TOKEN, base_url=slack.url, ping=PING).run(stop, take))


async def test_while_slack_is_away_at_the_start_it_is_tried_on(slack: FakeSlack) -> None:
    slack.fail("apps.connections.open", Fault("500"), Fault("refused", error="internal_error"))
    async with fake_socket(slack) as socket:
        stop, running = await _run(socket, slack)
        await socket.connected()
        stop.set()
        await running

    assert len(slack.called("apps.connections.open")) >= 1


async def test_without_any_connection_the_end_comes_at_once(slack: FakeSlack) -> None:
    slack.fail("apps.connections.open", *[Fault("500")] * 1_000)
    async with fake_socket(slack) as socket:
        stop, running = await _run(socket, slack)
        stop.set()
        async with asyncio.timeout(5):
            await running

    assert socket.connections == 0


async def _timeline(desk: Desk) -> list[dict[str, Any]]:
    answer = await (await desk.house.admin()).get("/v1/incidents/INC-1/timeline")
    return list(answer.json()["items"])
