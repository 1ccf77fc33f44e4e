"""An overdue key-holder is reached at two o'clock at night: Slack, text message, phone, until they press 1."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.night import Night, night
from tests.channels.local_server import Reply
from tests.fake_slack import Fault


@pytest.fixture
async def dark(tmp_path: Path) -> AsyncIterator[Night]:
    async with night(tmp_path) as running:
        yield running
    assert not running.slack.refusals


async def with_an_overdue_key(dark: Night) -> str:
    """An incident in which counsel acknowledged at once, and lets an approval become late."""
    key = await dark.house.declared()
    base = f"/v1/incidents/{key}"
    await dark.house.does("ben", f"{base}/roles/legal/acknowledge")
    await dark.house.does("ana", f"{base}/steps/facts/tick", item="Who")
    await dark.house.does("ana", f"{base}/steps/facts/tick", item="Where")
    await dark.house.does("ana", f"{base}/steps/facts/complete")
    await dark.house.does("cho", f"{base}/steps/speak/answer", option="post")
    await dark.house.does("dee", f"{base}/steps/draft/submit")
    await dark.forward(minutes=1)
    return key


async def test_an_overdue_key_holder_is_called_by_text_and_then_by_phone(dark: Night) -> None:
    await with_an_overdue_key(dark)
    await dark.forward(minutes=20)
    assert dark.heard("Messages") == []
    await dark.forward(minutes=4)

    assert dark.heard("Messages") == [("+16045550110", "INC-1, severity 2. Reply 1 to acknowledge.")]
    assert [(to, said.partition(".")[0]) for to, said in dark.heard("Calls")] == [
        ("+16045550110", "INC-1, severity 2, press 1 to acknowledge")
    ]


async def test_pressing_1_ends_the_calls_and_the_room_hears_it(dark: Night) -> None:
    key = await with_an_overdue_key(dark)
    await dark.forward(minutes=24)
    answer = await dark.presses("1")
    await dark.settle()
    called = len(dark.twilio.received)
    await dark.forward(hours=3)

    assert "Thank you. INC-1 is acknowledged" in answer.text
    assert [each for each in dark.slack.messages(f"inc-{key.lower()}") if "acknowledged by phone" in each["text"]]
    assert len(dark.twilio.received) == called


async def test_who_was_given_a_role_is_told_on_slack_and_then_called_although_it_is_night(dark: Night) -> None:
    await dark.house.declared()
    await dark.settle()
    told = [each["text"] for each in dark.slack.messages("@U0BEN")]
    await dark.forward(minutes=5)

    assert [text for text in told if "you have a role in it" in text]
    assert (len(dark.calls("Messages")), len(dark.calls("Calls"))) == (1, 1)


async def test_whoever_answers_by_text_is_not_called_by_phone(dark: Night) -> None:
    await dark.house.declared()
    await dark.forward(minutes=3)
    answer = await dark.texts("1")
    await dark.forward(minutes=20)

    assert "INC-1: acknowledged." in answer.text
    assert dark.calls("Calls") == []


async def test_a_call_does_not_wait_behind_messages_that_slack_does_not_take(dark: Night) -> None:
    dark.slack.fail("chat.postMessage", *[Fault("500")] * 400)
    await dark.house.declared()
    await dark.forward(minutes=6)

    assert (len(dark.calls("Messages")), len(dark.calls("Calls"))) == (1, 1)


async def test_a_provider_that_is_away_does_not_keep_a_key_holder_asleep(dark: Night) -> None:
    dark.twilio.answer(Reply(status=503))
    await dark.house.declared()
    await dark.forward(minutes=12)
    rows = (await (await dark.house.person("ana")).get("/v1/incidents/INC-1/deliveries", params={"limit": 200})).json()["items"]
    detours = [row for row in rows if (row["receipt"] or {}).get("instead_of") and row["target"].endswith(":ben")]

    assert [(each["receipt"]["instead_of"], each["receipt"]["by"]) for each in detours] == [("sms", "slack"), ("phone", "slack")]
    assert "answered 503" in detours[0]["receipt"]["because"]
