"""Whoever was called answers anywhere: signatures and addresses are checked, every answer counts once, and nothing else is said by it."""

import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from rich.console import Console
from structlog.testing import capture_logs

from api.answers import Answers
from api.settings import Settings
from api.wiring import build
from engine.channels.channel import Outgoing, Sent
from engine.incident.effects import Delivery
from engine.store.fault import Fault
from tests.api.given import House
from tests.api.night import OURS, Night, night
from tests.channels.fake_providers import SID


@pytest.fixture
async def dark(tmp_path: Path) -> AsyncIterator[Night]:
    async with night(tmp_path) as running:
        yield running


async def phoned(dark: Night) -> None:
    """Counsel's phone has rung."""
    await dark.house.declared()
    await dark.forward(minutes=5)


async def mailed(dark: Night) -> str:
    """The press officer has mail: the path of the page in it."""
    await dark.house.declared()
    await dark.forward(minutes=2)
    text = str(dark.mail.taken[0].get_content())
    return text.rpartition(OURS)[2].strip()


async def paged(dark: Night) -> str:
    """Communications have an alert in PagerDuty: its key."""
    key = await dark.house.declared()
    await dark.house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item="Who")
    await dark.house.does("ana", f"/v1/incidents/{key}/steps/facts/tick", item="Where")
    await dark.house.does("ana", f"/v1/incidents/{key}/steps/facts/complete")
    await dark.forward(minutes=4)
    return str(dark.events("trigger")[0]["dedup_key"])


async def test_a_pressed_1_acknowledges_by_phone(dark: Night) -> None:
    await phoned(dark)
    answer = await dark.presses("1")

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/xml")
    assert (await dark.role("legal"))["acknowledged_at"] is not None
    assert "acknowledged by phone" in await dark.timeline()


@pytest.mark.parametrize("digit", ["2", "", "11", "#"])
async def test_another_key_acknowledges_nothing_and_is_asked_again(dark: Night, digit: str) -> None:
    await phoned(dark)
    answer = await dark.presses(digit)

    assert "Press 1" in answer.text
    assert (await dark.role("legal"))["acknowledged_at"] is None


async def test_the_same_answer_again_changes_nothing(dark: Night) -> None:
    await phoned(dark)
    await dark.presses("1")
    before = await dark.version()
    again = await dark.again()

    assert (again.status_code, await dark.version()) == (200, before)
    assert "acknowledged before" in again.text


async def test_a_bad_signature_is_refused(dark: Night) -> None:
    await phoned(dark)
    fields = {"CallSid": "CA1", "To": "+16045550110", "Digits": "1"}
    answer = await dark.from_twilio(dark.answers_at(), fields, token="somebody else's")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert (await dark.role("legal"))["acknowledged_at"] is None


async def test_a_changed_field_breaks_the_signature(dark: Night) -> None:
    await phoned(dark)
    await dark.presses("2")
    path, body, headers = dark.sent[-1]

    assert (await dark.client.post(path, content=body.replace(b"Digits=2", b"Digits=1"), headers=headers)).status_code == 403


async def test_a_call_to_another_number_answers_for_nobody(dark: Night) -> None:
    await phoned(dark)

    assert (await dark.presses("1", to="+16045559999")).status_code == 403


async def test_an_address_that_was_not_made_here_is_refused(dark: Night) -> None:
    await phoned(dark)
    made_up = f"{OURS}/reach/voice/INC-1.12.1.{'0' * 32}"

    assert (await dark.presses("1", at=made_up)).status_code == 403


async def test_an_unknown_incident_is_not_found(dark: Night) -> None:
    token = Answers(dark.house.parts.sealer, OURS).token("INC-99:3:0")

    assert (await dark.presses("1", at=f"{OURS}/reach/voice/{token}")).status_code == 404
    assert (await dark.client.get(f"/reach/email/{token}")).status_code == 404
    assert (await dark.client.post(f"/reach/email/{token}")).status_code == 404


async def test_whoever_lost_the_role_is_told_so(dark: Night) -> None:
    await phoned(dark)
    at = dark.answers_at()
    await dark.house.does("ben", "/v1/incidents/INC-1/roles/legal/hand-over", to="eve", note="I am ill")
    answer = await dark.presses("1", at=at)

    assert "You have no part in INC-1 any more" in answer.text
    assert (await dark.role("legal"))["acknowledged_at"] is None


async def test_a_text_with_1_acknowledges_everything_that_waits(dark: Night) -> None:
    await dark.house.declared()
    await dark.house.declared()
    await dark.forward(minutes=3)
    answer = await dark.texts(" 1 ")

    assert "INC-1: acknowledged." in answer.text
    assert "INC-2: acknowledged." in answer.text
    assert "acknowledged by text message" in await dark.timeline()


async def test_a_text_with_a_key_acknowledges_that_alone(dark: Night) -> None:
    await dark.house.declared()
    await dark.house.declared()
    await dark.forward(minutes=3)
    await dark.texts("1 inc-2")

    assert (await dark.role("legal"))["acknowledged_at"] is None
    assert (await dark.role("legal", "INC-2"))["acknowledged_at"] is not None


@pytest.mark.parametrize(
    ("text", "expected"), [("what is it?", "Reply 1 to acknowledge."), ("1", "Nothing waits for you."), ("1 INC-99", "no part")]
)
async def test_a_text_that_means_nothing_is_answered_and_changes_nothing(dark: Night, text: str, expected: str) -> None:
    await dark.house.declared()
    if text == "1":
        await dark.house.does("ben", "/v1/incidents/INC-1/roles/legal/acknowledge")

    assert expected in (await dark.texts(text)).text


async def test_an_unknown_number_is_not_answered(dark: Night) -> None:
    await dark.house.declared()
    answer = await dark.texts("1", number="+16045559999")

    assert (answer.status_code, "Message" in answer.text) == (200, False)


async def test_reading_the_page_changes_nothing(dark: Night) -> None:
    path = await mailed(dark)
    before = await dark.version()
    page = await dark.client.get(path)

    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert '<form method="post">' in page.text
    assert await dark.version() == before


async def test_the_pages_button_acknowledges_once(dark: Night) -> None:
    path = await mailed(dark)
    first = await dark.client.post(path)
    before = await dark.version()
    second = await dark.client.post(path)

    assert "INC-1: acknowledged." in first.text
    assert ("acknowledged before" in second.text, await dark.version()) == (True, before)
    assert "acknowledged by e-mail" in await dark.timeline()


async def test_the_page_names_nobody_and_no_title(dark: Night) -> None:
    page = (await dark.client.get(await mailed(dark))).text

    assert [word for word in ("Dee", "Lund", "trial", "Plant") if word in page] == []


async def test_an_alert_says_the_key_and_the_severity_and_nobodys_name(dark: Night) -> None:
    await paged(dark)
    (event,) = dark.events("trigger")

    assert event["payload"] == {"summary": "INC-1, severity 2: acknowledge", "source": "firebreak", "severity": "critical"}
    assert "cho" not in json.dumps(event).lower()


async def test_an_acknowledged_alert_acknowledges_and_is_resolved(dark: Night) -> None:
    alert = await paged(dark)
    answer = await dark.from_pagerduty("incident.acknowledged", alert)
    await dark.settle()

    assert answer.status_code == 202
    assert "acknowledged by PagerDuty" in await dark.timeline()
    assert [event["dedup_key"] for event in dark.events("resolve")] == [alert]


async def test_an_alert_is_resolved_when_somebody_answers_on_another_way(dark: Night) -> None:
    alert = await paged(dark)
    await dark.house.does("cho", "/v1/incidents/INC-1/roles/comms_lead/acknowledge")
    await dark.settle()

    assert [event["dedup_key"] for event in dark.events("resolve")] == [alert]


async def test_an_acknowledged_alert_that_comes_twice_counts_once(dark: Night) -> None:
    await dark.from_pagerduty("incident.acknowledged", await paged(dark))
    before = await dark.version()

    assert ((await dark.again()).status_code, await dark.version()) == (202, before)


async def test_pagerdutys_signature_is_checked(dark: Night) -> None:
    alert = await paged(dark)

    assert (await dark.from_pagerduty("incident.acknowledged", alert, secret="another")).status_code == 403
    assert (await dark.role("comms_lead"))["acknowledged_at"] is None


@pytest.mark.parametrize(
    ("kind", "alert", "status"),
    [
        ("incident.triggered", "{alert}", 202),
        ("pagey.ping", "{alert}", 202),
        ("incident.acknowledged", "d3640fbd41094207a1c11e58e46b1662", 202),
        ("incident.acknowledged", f"INC-99:{'0' * 32}", 404),
        ("incident.acknowledged", f"INC-1:{'0' * 32}", 202),
    ],
)
async def test_other_alerts_acknowledge_nothing(dark: Night, kind: str, alert: str, status: int) -> None:
    ours = await paged(dark)

    assert (await dark.from_pagerduty(kind, alert.replace("{alert}", ours))).status_code == status
    assert (await dark.role("comms_lead"))["acknowledged_at"] is None


@pytest.mark.parametrize("path", ["/reach/sms", f"/reach/voice/INC-1.1.1.{'0' * 32}", "/reach/pagerduty"])
async def test_without_an_account_nobody_answers_there(house: House, path: str) -> None:
    assert (await (await house.client()).post(path, content=b"Body=1")).status_code == 404


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 400, b"{" * 100])
async def test_a_body_that_is_none_is_an_answer_and_no_error(dark: Night, body: bytes) -> None:
    answers = [
        await dark.client.post(path, content=body, headers={b"x-twilio-signature": "ä".encode()})
        for path in ("/reach/sms", "/reach/pagerduty")
    ]

    assert all(answer.status_code in (400, 403) for answer in answers)


async def test_people_are_reached_on_the_console_where_nothing_is_set_up(house: House) -> None:
    body = {"reason": "called", "by": "email", "page": {"says": "INC-1, severity 2", "acknowledge": True}}
    call = Outgoing(Delivery("INC-1:1:0", "tell", "person:ben", "words", body=body), "1" * 32, "INC-1")

    outcome = await house.parts.channel.send(call)

    assert isinstance(outcome, Sent)
    assert "person ben  tell by email" in house.printed.getvalue()


WITHOUT_AN_ADDRESS = {"twilio_account_sid": SID, "twilio_auth_token": SecretStr("hunter2"), "twilio_from": "+16045550000"}


@pytest.mark.parametrize(
    "half",
    [
        {"twilio_account_sid": SID},
        {"twilio_from": "555"},
        {"smtp_url": SecretStr("smtp://hunter2@mail.example.com")},
        WITHOUT_AN_ADDRESS,
    ],
    ids=["no token", "no account", "no sender", "nowhere to answer"],
)
async def test_an_account_that_is_set_up_by_halves_is_a_fault(tmp_path: Path, half: dict[str, object]) -> None:
    settings = Settings(data_dir=tmp_path).model_copy(update=half)

    with pytest.raises(Fault) as fault:
        await build(settings, console=Console(file=StringIO()), environment={})

    assert "hunter2" not in str(fault.value)


async def test_the_page_can_not_be_framed_or_run_anything(dark: Night) -> None:
    answer: httpx.Response = await dark.client.get(await mailed(dark))

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_the_log_does_not_keep_an_address_that_answers_for_somebody(dark: Night) -> None:
    path = await mailed(dark)
    with capture_logs() as lines:
        await dark.client.get(path)

    assert [line["route"] for line in lines if line["event"] == "answered"] == ["/reach/email/{token}"]
    assert path.rpartition("/")[2] not in str(lines)
