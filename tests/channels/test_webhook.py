"""A webhook is signed as Standard Webhooks, by the library that receivers use, and is sent nowhere by accident."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.outlet import Outlet
from engine.channels.ticket import TicketChannel
from engine.channels.webhook import WebhookChannel
from engine.runtime.clock import SystemClock
from tests.channels.given import always, organisation, outgoing
from tests.channels.local_server import LocalServer, Reply

KEY = "whsec_" + "c2VjcmV0" * 4
PUBLISH = outgoing("channel:newsroom", kind="publish", outside=True, body={"version": "ab" * 32})


async def _send(server: LocalServer, delivery: Outgoing = PUBLISH, *, environment: dict[str, str] | None = None, **entry: Any) -> Outcome:
    channels = {"newsroom": {"kind": "webhook", "url_secret": "NEWSROOM_URL", **entry}}
    known = {"NEWSROOM_URL": f"{server.url}/in", "NEWSROOM_SIGNING_SECRET": KEY}
    outlet = Outlet(lambda: ["127.0.0.1"])
    channel = WebhookChannel(
        outlet, always(organisation(channels=channels)), environment=known if environment is None else environment, now=SystemClock().now
    )
    try:
        return await channel.send(delivery)
    finally:
        await outlet.close()


async def test_a_receiver_with_the_key_accepts_the_signature(server: LocalServer) -> None:
    await _send(server)

    received = server.received[0]
    said = Webhook(KEY).verify(received.body, received.headers)
    assert said["type"] == "firebreak.publish"
    assert said["data"]["version"] == "ab" * 32


async def test_every_attempt_carries_the_same_id(server: LocalServer) -> None:
    server.answer(Reply(status=500), Reply())

    await _send(server)
    await _send(server)

    assert [each.headers["webhook-id"] for each in server.received] == ["INC-7:31:0", "INC-7:31:0"]


async def test_an_edited_delivery_is_new_to_the_receiver(server: LocalServer) -> None:
    for text in ("one", "two", "two"):
        await _send(server, outgoing("webhook:newsroom", id="INC-7:card", kind="card", text=text, replaces=True))

    first, second, third = (each.headers["webhook-id"] for each in server.received)
    assert (first != second, second == third) == (True, True)


async def test_without_a_signing_secret_it_goes_unsigned(server: LocalServer) -> None:
    outcome = await _send(server, environment={"NEWSROOM_URL": server.url})

    assert isinstance(outcome, Sent)
    assert "webhook-signature" not in server.received[0].headers


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "set NEWSROOM_URL"),
        ({"NEWSROOM_URL": "http://127.0.0.1:1", "NEWSROOM_SIGNING_SECRET": "whsec_"}, "is not a signing secret"),
        ({"NEWSROOM_URL": "http://127.0.0.1:1", "NEWSROOM_SIGNING_SECRET": "whsec_é"}, "is not a signing secret"),
    ],
)
async def test_what_is_not_set_up_says_what_to_set(server: LocalServer, environment: dict[str, str], said: str) -> None:
    outcome = await _send(server, environment=environment)

    assert isinstance(outcome, Failed)
    assert said in outcome.error
    assert not outcome.retry


async def test_the_answer_s_link_becomes_the_receipt_s(server: LocalServer) -> None:
    server.answer(Reply(status=201, body=b'{"url": "https://news.example.com/1"}'))

    outcome = await _send(server)

    assert outcome == Sent({"status": 201, "link": "https://news.example.com/1"})


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (Reply(status=201, headers={"Location": "https://itsm.example/browse/FB-7"}), "https://itsm.example/browse/FB-7"),
        (Reply(status=200, body=b'{"key": "FB-7"}'), "FB-7"),
        (Reply(status=200, body=b'{"id": 7}'), "7"),
        (Reply(status=202, body=b""), "INC-7:31:0"),
    ],
)
async def test_a_ticket_s_reference_is_what_the_system_calls_it(server: LocalServer, reply: Reply, found: str) -> None:
    server.answer(reply)
    outlet = Outlet(lambda: ["127.0.0.1"])
    channel = TicketChannel(outlet, always(organisation(tickets={"itsm": {"kind": "webhook", "url": server.url}})), environment={})

    outcome = await channel.send(outgoing("ticket:itsm", kind="ticket", step="open_ticket"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["reference"] == found
    assert server.received[0].headers["idempotency-key"] == "INC-7:31:0"


async def test_a_ticket_system_without_its_secret_is_not_called(server: LocalServer) -> None:
    outlet = Outlet(lambda: ["127.0.0.1"])
    tickets = {"itsm": {"kind": "webhook", "url": server.url, "secret": "ITSM_TOKEN"}}
    channel = TicketChannel(outlet, always(organisation(tickets=tickets)), environment={})

    outcome = await channel.send(outgoing("ticket:itsm", kind="ticket"))

    assert outcome == Failed("set ITSM_TOKEN in the environment for ticket system 'itsm'", retry=False)
    assert server.received == []


async def test_the_signature_s_time_is_the_moment_of_sending(server: LocalServer) -> None:
    before = int(datetime.now(UTC).timestamp())  # noqa: TID251 - compared with what the real clock stamped

    await _send(server)

    assert int(server.received[0].headers["webhook-timestamp"]) >= before
    assert json.loads(server.received[0].body)["data"]["incident"] == "INC-7"
