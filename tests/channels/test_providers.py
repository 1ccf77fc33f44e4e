"""What Twilio and PagerDuty are asked to do, word for word, and what each of their answers means."""

import json
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from engine.channels.channel import Failed, Outgoing, Sent
from engine.channels.outlet import Outlet
from engine.channels.pagerduty import PagerDutyChannel
from engine.channels.twilio import TwilioAccount, TwilioChannel
from engine.incident.phone import number_of
from tests.channels.fake_providers import ROUTING_KEY, SID, be_pagerduty, be_twilio, form
from tests.channels.given import always, organisation, outgoing
from tests.channels.local_server import LocalServer, Reply

TOKEN = "t0ken-of-twilio"
PEOPLE = {
    "ben": {"name": "Ben Okafor", "phone": "+1 (604) 555-0110", "pagerduty": "PAGERDUTY_BEN"},
    "cho": {"name": "Cho Min", "phone": "604 555 0102"},
}
NAMES = ("Ben", "Okafor", "ben", "trial", "Plant")


def told(by: str, who: str = "ben", **page: Any) -> Outgoing:
    given = {"says": "INC-7, severity 1", "subject": "INC-7 A trial", "acknowledge": True, **page}
    return outgoing(f"person:{who}", kind="tell", text="INC-7 A trial: Ben Okafor is counsel at Plant 4", body={"by": by, "page": given})


@pytest.fixture
async def outlet() -> AsyncIterator[Outlet]:
    outlet = Outlet(lambda: ["127.0.0.1"])
    yield outlet
    await outlet.close()


@pytest.fixture
def twilio(server: LocalServer, outlet: Outlet) -> TwilioChannel:
    be_twilio(server, TOKEN)
    account = TwilioAccount(SID, TOKEN, "+16045550000", server.url)
    return TwilioChannel(outlet, always(organisation(people=PEOPLE)), account, answers_at=lambda name: f"https://fb.example/voice/{name}")


@pytest.fixture
def pagerduty(server: LocalServer, outlet: Outlet) -> PagerDutyChannel:
    be_pagerduty(server)
    known = always(organisation(people=PEOPLE))
    environment = {"PAGERDUTY_BEN": ROUTING_KEY}
    return PagerDutyChannel(outlet, known, environment=environment, page_key=lambda key, _: f"{key}:0123", url=server.url)


async def test_a_text_message_says_key_severity_and_how_to_answer(twilio: TwilioChannel, server: LocalServer) -> None:
    assert isinstance(await twilio.send(told("sms")), Sent)

    assert form(server.received[0]) == {
        "To": "+16045550110",
        "From": "+16045550000",
        "Body": "INC-7, severity 1. Reply 1 to acknowledge.",
    }


async def test_a_call_says_key_severity_and_listens_for_1(twilio: TwilioChannel, server: LocalServer) -> None:
    await twilio.send(told("phone"))
    root = ET.fromstring(form(server.received[0])["Twiml"])
    gather = root.find("Gather")

    assert gather is not None
    assert gather.attrib == {"numDigits": "1", "action": "https://fb.example/voice/INC-7:31:0", "method": "POST", "timeout": "10"}
    assert [say.text for say in gather] == ["INC-7, severity 1, press 1 to acknowledge."]


@pytest.mark.parametrize("by", ["sms", "phone"])
async def test_no_name_and_no_title_goes_over_the_telephone(twilio: TwilioChannel, server: LocalServer, by: str) -> None:
    await twilio.send(told(by))

    assert [name for name in NAMES if name.encode() in server.received[0].body] == []


async def test_who_has_nothing_to_acknowledge_is_not_asked_to(twilio: TwilioChannel, server: LocalServer) -> None:
    await twilio.send(told("sms", acknowledge=False))
    await twilio.send(told("phone", acknowledge=False))

    assert form(server.received[0])["Body"] == "INC-7, severity 1. Open Slack."
    assert "Gather" not in form(server.received[1])["Twiml"]


async def test_a_number_that_is_not_international_is_not_called(twilio: TwilioChannel, server: LocalServer) -> None:
    outcome = await twilio.send(told("phone", "cho"))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, server.received) == (False, [])


async def test_twilios_number_of_an_error_is_passed_on_and_its_words_are_not(twilio: TwilioChannel, server: LocalServer) -> None:
    server.objects = lambda _: Reply(400, body=json.dumps({"code": 21211, "message": "The number +16045550110 is not valid"}).encode())
    outcome = await twilio.send(told("phone"))

    assert isinstance(outcome, Failed)
    assert "error 21211" in outcome.error
    assert "6045550110" not in outcome.error


async def test_wrong_credentials_are_not_tried_again(outlet: Outlet, server: LocalServer) -> None:
    be_twilio(server, "another token")
    account = TwilioAccount(SID, TOKEN, "+16045550000", server.url)
    channel = TwilioChannel(outlet, always(organisation(people=PEOPLE)), account, answers_at=str)
    outcome = await channel.send(told("sms"))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, "error 20003" in outcome.error) == (False, True)
    assert TOKEN not in repr(account)


async def test_an_alert_names_neither_person_nor_title(pagerduty: PagerDutyChannel, server: LocalServer) -> None:
    outcome = await pagerduty.send(told("pagerduty"))
    event = json.loads(server.received[0].body)

    assert outcome == Sent({"dedup_key": "INC-7:0123", "status": 202})
    assert event["payload"]["summary"] == "INC-7, severity 1: acknowledge"
    assert [name for name in NAMES if name in server.received[0].body.decode()] == []


async def test_a_settled_page_resolves_its_alert(pagerduty: PagerDutyChannel, server: LocalServer) -> None:
    await pagerduty.send(told("pagerduty", resolve=True))

    assert json.loads(server.received[0].body) == {"routing_key": ROUTING_KEY, "dedup_key": "INC-7:0123", "event_action": "resolve"}


async def test_who_has_no_key_in_the_environment_is_not_paged(outlet: Outlet, server: LocalServer) -> None:
    channel = PagerDutyChannel(outlet, always(organisation(people=PEOPLE)), environment={}, page_key=lambda *_: "k", url=server.url)
    outcome = await channel.send(told("pagerduty"))

    assert outcome == Failed("'ben' has no PagerDuty key; set PAGERDUTY_BEN", retry=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 604 555 0110", "+16045550110"),
        ("+49 (40) 5550-134", "+49405550134"),
        ("604 555 0110", None),
        ("+0 604 555 0110", None),
        ("+1604555011012345", None),
        ("+1 604 555 01x0", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_number_in_international_form_is_one(text: str | None, number: str | None) -> None:
    assert number_of(text) == number
