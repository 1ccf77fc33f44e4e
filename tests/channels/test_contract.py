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
from engine.channels.email import EmailChannel
from engine.channels.http_step import HttpStepChannel
from engine.channels.outlet import Outlet
from engine.channels.pagerduty import PagerDutyChannel
from engine.channels.reaching import Reaching
from engine.channels.router import Router
from engine.channels.smtp_server import SmtpServer
from engine.channels.ticket import TicketChannel
from engine.channels.twilio import TwilioAccount, TwilioChannel
from engine.channels.webhook import WebhookChannel
from tests.channels.fake_mail import FakeMail, fake_mail
from tests.channels.fake_providers import SID, be_pagerduty, be_twilio, said_by_phone
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
    remote: LocalServer | FakeMail | None
    words: str = WORDS
    wait: float | None = 7
    """What it makes of an answer that asks to wait 7 seconds; mail servers have no words for that."""


@dataclass
class Bench:
    """Everything that a channel may be put on."""

    server: LocalServer
    outlet: Outlet
    mail: FakeMail


def _console(_: Bench) -> Stage:
    stream = io.StringIO()
    channel = ConsoleChannel(Console(file=stream, width=40, no_color=True))
    return Stage(channel, outgoing("slack:#press"), lambda: [stream.getvalue()] if stream.getvalue() else [], None)


def _texts(server: LocalServer) -> list[str]:
    return [str(json.loads(each.body).get("data", json.loads(each.body))["text"]) for each in server.received]


def _webhook(bench: Bench) -> Stage:
    server, outlet = bench.server, bench.outlet
    channels = {"newsroom": {"kind": "webhook", "url_secret": "NEWSROOM_URL", "audience": ["public"]}}
    environment = {"NEWSROOM_URL": f"{server.url}/{SECRET}", "NEWSROOM_SIGNING_SECRET": "whsec_" + "c2VjcmV0" * 4}
    channel = WebhookChannel(outlet, always(organisation(channels=channels)), environment=environment, now=lambda: NOW)
    return Stage(channel, outgoing("channel:newsroom", kind="publish", outside=True), lambda: _texts(server), server)


def _ticket(bench: Bench) -> Stage:
    server, outlet = bench.server, bench.outlet
    tickets = {"itsm": {"kind": "webhook", "url": f"{server.url}/tickets", "secret": "ITSM_TOKEN"}}
    channel = TicketChannel(outlet, always(organisation(tickets=tickets)), environment={"ITSM_TOKEN": SECRET})
    return Stage(channel, outgoing("ticket:itsm", kind="ticket", step="open_ticket"), lambda: _texts(server), server)


def _http(bench: Bench) -> Stage:
    server, outlet = bench.server, bench.outlet
    body = {"method": "POST", "url": f"{server.url}/x?{SECRET}", "headers": {"Authorization": "Bearer ${TOKEN}"}, "secret": ["TOKEN"]}
    channel = HttpStepChannel(outlet, environment={"TOKEN": SECRET})
    return Stage(channel, outgoing("http", kind="http", body={**body, "body": {"text": WORDS}}), lambda: _texts(server), server)


def _router(bench: Bench) -> Stage:
    stage = _webhook(bench)
    router = Router({"webhook": stage.channel}, always(organisation()))
    return Stage(router, outgoing("webhook:newsroom", outside=True), stage.arrived, stage.remote)


def _email(bench: Bench) -> Stage:
    channel = EmailChannel(
        SmtpServer("127.0.0.1", bench.mail.port, "firebreak@example.com", "none"),
        always(organisation()),
        now=lambda: NOW,
        room_link=no_room,
        answers_at=lambda name: f"https://firebreak.example/reach/email/{name}",
    )
    return Stage(
        channel, outgoing("email:press@example.com"), lambda: [mail.get_content() for mail in bench.mail.taken], bench.mail, wait=None
    )


PEOPLE = {"ben": {"name": "Ben Okafor", "phone": "+1 604 555 0110", "pagerduty": "PAGERDUTY_BEN"}}
PAGE = {"page": {"says": "INC-7, severity 1", "subject": "INC-7 A trial", "acknowledge": True}}


def _told(by: str) -> Outgoing:
    return outgoing("person:ben", kind="tell", body={**PAGE, "by": by})


def _said(server: LocalServer) -> list[str]:
    return [said_by_phone(each) for each in server.received]


def _twilio(bench: Bench, by: str) -> Stage:
    be_twilio(bench.server, SECRET)
    account = TwilioAccount(SID, SECRET, "+16045550000", bench.server.url)
    channel = TwilioChannel(
        bench.outlet, always(organisation(people=PEOPLE)), account, answers_at=lambda name: f"https://fb.example/{name}"
    )
    return Stage(channel, _told(by), lambda: _said(bench.server), bench.server, "INC-7, severity 1")


def _phone(bench: Bench) -> Stage:
    return _twilio(bench, "phone")


def _sms(bench: Bench) -> Stage:
    return _twilio(bench, "sms")


def _pagerduty(bench: Bench) -> Stage:
    be_pagerduty(bench.server, routing_key=SECRET)
    channel = PagerDutyChannel(
        bench.outlet,
        always(organisation(people=PEOPLE)),
        environment={"PAGERDUTY_BEN": SECRET},
        page_key=lambda key, _: f"{key}:0123",
        url=bench.server.url,
    )

    def arrived() -> list[str]:
        return [json.loads(each.body)["payload"]["summary"] for each in bench.server.received]

    return Stage(channel, _told("pagerduty"), arrived, bench.server, "INC-7, severity 1: acknowledge")


def _reaching(bench: Bench) -> Stage:
    stage = _sms(bench)
    reaching = Reaching({"sms": stage.channel}, always(organisation(people=PEOPLE)))
    return Stage(reaching, stage.outgoing, stage.arrived, stage.remote, stage.words)


async def no_room(_: str) -> None:
    return None


EVERY = (_console, _webhook, _ticket, _http, _router, _email, _phone, _sms, _pagerduty, _reaching)


@pytest.fixture(params=EVERY, ids=lambda build: build.__name__.strip("_"))
async def stage(request: pytest.FixtureRequest, server: LocalServer) -> AsyncIterator[Stage]:
    outlet = Outlet(lambda: ["127.0.0.1"])
    async with fake_mail() as mail:
        yield request.param(Bench(server, outlet, mail))
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

        assert any(stage.words in text for text in stage.arrived())

    async def test_one_call_sends_at_most_once(self, stage: Stage) -> None:
        await _send_while(stage, Reply(cut=True))

        assert len(stage.arrived()) == 1

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_a_busy_other_side_may_be_tried_again(self, stage: Stage, status: int) -> None:
        outcome = await _send_while(stage, Reply(status=status, headers={"Retry-After": "7"}))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and outcome.retry

    async def test_retry_after_is_passed_on(self, stage: Stage) -> None:
        outcome = await _send_while(stage, Reply(status=429, headers={"Retry-After": "7"}))

        assert isinstance(outcome, Sent) if stage.remote is None else isinstance(outcome, Failed) and outcome.retry_after == stage.wait

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
