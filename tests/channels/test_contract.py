"""Every channel keeps the promise of `channel.py`: one class, all implementations."""

import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from rich.console import Console

from engine.channels.channel import Channel, Failed, Outgoing, Sent
from engine.channels.console import ConsoleChannel
from engine.channels.http_step import HttpStepChannel
from engine.channels.outlet import Outlet
from engine.channels.router import Router
from engine.channels.ticket import TicketChannel
from engine.channels.webhook import WebhookChannel
from tests.channels.given import WORDS, always, organisation, outgoing
from tests.channels.local_server import LocalServer, Reply

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "s3cr3t-path-and-token"


@dataclass
class Stage:
    """A channel, a delivery it takes, and what arrived on the other side."""

    channel: Channel
    outgoing: Outgoing
    arrived: Callable[[], list[str]]
    remote: LocalServer | None


def _console(_: LocalServer, __: Outlet) -> Stage:
    stream = io.StringIO()
    channel = ConsoleChannel(Console(file=stream, width=40, no_color=True))
    return Stage(channel, outgoing("slack:#press"), lambda: [stream.getvalue()] if stream.getvalue() else [], None)


def _texts(server: LocalServer) -> list[str]:
    return [str(json.loads(each.body).get("data", json.loads(each.body))["text"]) for each in server.received]


def _webhook(server: LocalServer, outlet: Outlet) -> Stage:
    channels = {"newsroom": {"kind": "webhook", "url_secret": "NEWSROOM_URL", "audience": ["public"]}}
    environment = {"NEWSROOM_URL": f"{server.url}/{SECRET}", "NEWSROOM_SIGNING_SECRET": "whsec_" + "c2VjcmV0" * 4}
    channel = WebhookChannel(outlet, always(organisation(channels=channels)), environment=environment, now=lambda: NOW)
    return Stage(channel, outgoing("channel:newsroom", kind="publish", outside=True), lambda: _texts(server), server)


def _ticket(server: LocalServer, outlet: Outlet) -> Stage:
    tickets = {"itsm": {"kind": "webhook", "url": f"{server.url}/tickets", "secret": "ITSM_TOKEN"}}
    channel = TicketChannel(outlet, always(organisation(tickets=tickets)), environment={"ITSM_TOKEN": SECRET})
    return Stage(channel, outgoing("ticket:itsm", kind="ticket", step="open_ticket"), lambda: _texts(server), server)


def _http(server: LocalServer, outlet: Outlet) -> Stage:
    body = {"method": "POST", "url": f"{server.url}/x?{SECRET}", "headers": {"Authorization": "Bearer ${TOKEN}"}, "secret": ["TOKEN"]}
    channel = HttpStepChannel(outlet, environment={"TOKEN": SECRET})
    return Stage(channel, outgoing("http", kind="http", body={**body, "body": {"text": WORDS}}), lambda: _texts(server), server)


def _router(server: LocalServer, outlet: Outlet) -> Stage:
    stage = _webhook(server, outlet)
    router = Router({"webhook": stage.channel}, always(organisation()))
    return Stage(router, outgoing("webhook:newsroom", outside=True), stage.arrived, server)


@pytest.fixture(params=[_console, _webhook, _ticket, _http, _router], ids=["console", "webhook", "ticket", "http", "router"])
async def stage(request: pytest.FixtureRequest, server: LocalServer) -> AsyncIterator[Stage]:
    outlet = Outlet(lambda: ["127.0.0.1"])
    yield request.param(server, outlet)
    await outlet.close()


async def _send_while(stage: Stage, *replies: Reply) -> Sent | Failed:
    if stage.remote is not None:
        stage.remote.answer(*replies)
    return await stage.channel.send(stage.outgoing)


class TestEveryChannel:
    async def test_arrival_gives_a_receipt_that_is_json(self, stage: Stage) -> None:
        outcome = await stage.channel.send(stage.outgoing)

        assert isinstance(outcome, Sent)
        assert json.loads(json.dumps(outcome.receipt)) == outcome.receipt
        assert outcome.receipt

    async def test_the_words_arrive_unchanged(self, stage: Stage) -> None:
        await stage.channel.send(stage.outgoing)

        assert any(WORDS in text for text in stage.arrived())

    async def test_one_call_sends_at_most_once(self, stage: Stage) -> None:
        await _send_while(stage, Reply(cut=True))

        assert len(stage.arrived()) == 1

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_a_busy_other_side_may_be_tried_again(self, stage: Stage, status: int) -> None:
        outcome = await _send_while(stage, Reply(status=status, headers={"Retry-After": "7"}))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and outcome.retry

    async def test_retry_after_is_passed_on(self, stage: Stage) -> None:
        outcome = await _send_while(stage, Reply(status=429, headers={"Retry-After": "7"}))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and outcome.retry_after == 7

    @pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
    async def test_a_refusal_is_not_tried_again(self, stage: Stage, status: int) -> None:
        outcome = await _send_while(stage, Reply(status=status, headers={"Location": "http://127.0.0.1:1/"}))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and not outcome.retry

    async def test_a_lost_answer_is_ambiguous_and_may_be_tried_again(self, stage: Stage) -> None:
        outcome = await _send_while(stage, Reply(cut=True))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and outcome.retry and outcome.ambiguous

    @pytest.mark.parametrize("reply", [Reply(cut=True), Reply(status=500), Reply(status=404)], ids=["cut", "500", "404"])
    async def test_no_error_holds_a_secret(self, stage: Stage, reply: Reply) -> None:
        outcome = await _send_while(stage, reply)

        assert SECRET not in repr(outcome)
