"""When Slack takes nothing, people hear of it elsewhere: once when it begins, once when it is over, whatever restarts in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.runtime.slack_alarm import PATIENCE, SlackAlarm
from tests.runtime.given import House, ScriptedChannel, house

SILENCE = "no answer"
OPS = "ops@example.com"


class Told(ScriptedChannel):
    """Where people are reached beyond Slack."""

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Whom it reached, and the first words."""
        return [(each.delivery.target.partition(":")[2], each.delivery.text.partition(",")[0]) for each in self.sent]


class Hanging(Told):
    """A mail server that answers nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> Outcome:
        await self.let.wait()
        return await super().send(outgoing)


def alarm(home: House, told: Told, *people: str) -> SlackAlarm:
    return SlackAlarm(home.database, home.clock, lambda: list(people or (OPS,)), told, address="http://firebreak.test", silence=SILENCE)


@asynccontextmanager
async def life(folder: Path, told: Told, *people: str) -> AsyncIterator[tuple[House, SlackAlarm]]:
    async with house(folder) as home:
        made = alarm(home, told, *people)
        yield home, made
        await made.settled()
        await made.close()


async def test_refused_credentials_are_told_at_once_and_their_end_too(tmp_path: Path) -> None:
    told = Told()
    async with life(tmp_path, told) as (home, bell):
        bell.shut("token_revoked")
        await bell.settled()
        home.clock.forward(minutes=40)
        bell.opened()

    assert told.heard == [(OPS, "Slack refuses the app (token_revoked)"), (OPS, "Slack takes messages again")]
    assert "http://firebreak.test/rooms" in told.sent[0].delivery.text


async def test_a_restart_tells_neither_twice(tmp_path: Path) -> None:
    told = Told()
    for _ in range(3):
        async with life(tmp_path, told) as (_, bell):
            bell.shut("token_revoked")
    for _ in range(3):
        async with life(tmp_path, told) as (_, bell):
            bell.opened()

    assert [words for _, words in told.heard] == ["Slack refuses the app (token_revoked)", "Slack takes messages again"]


async def test_a_slack_that_answers_again_within_five_minutes_is_not_worth_a_word(tmp_path: Path) -> None:
    told = Told()
    async with life(tmp_path, told) as (home, bell):
        bell.shut(SILENCE)
        home.clock.forward(minutes=4)
        await bell.remind()
        await bell.settled()
        bell.opened()

    assert told.heard == []


async def test_a_slack_that_stays_away_is_told_after_five_minutes(tmp_path: Path) -> None:
    told = Told()
    async with life(tmp_path, told) as (home, bell):
        bell.shut(SILENCE)
        home.clock.forward(seconds=PATIENCE / timedelta(seconds=1))
        await bell.remind()
        await bell.settled()
        bell.opened()

    assert [words for _, words in told.heard] == ["Slack does not answer", "Slack takes messages again"]


async def test_credentials_that_are_refused_after_a_silence_are_told_as_well(tmp_path: Path) -> None:
    told = Told()
    async with life(tmp_path, told) as (home, bell):
        bell.shut(SILENCE)
        home.clock.forward(minutes=6)
        await bell.remind()
        await bell.settled()
        bell.shut("account_inactive")

    assert [words for _, words in told.heard] == ["Slack does not answer", "Slack refuses the app (account_inactive)"]


async def test_who_could_not_be_reached_is_tried_again_and_the_others_are_not_told_twice(tmp_path: Path) -> None:
    told = Told([Failed("the mail server answered 451", retry=True), Sent({})])
    async with life(tmp_path, told, "ana", OPS) as (_, bell):
        bell.shut("token_revoked")
        await bell.settled()
        await bell.remind()
        await bell.settled()
        await bell.remind()

    assert [name for name, _ in told.heard] == ["ana", OPS, "ana"]


async def test_a_mail_server_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    told = Hanging()
    async with life(tmp_path, told) as (_, bell):
        bell.shut("token_revoked")
        await bell.remind()
        bell.opened()
        during = told.heard
        told.let.set()

    assert during == []


async def test_its_words_name_no_incident_and_a_phone_is_not_sent_to_slack(tmp_path: Path) -> None:
    told = Told()
    async with life(tmp_path, told) as (_, bell):
        bell.shut("token_revoked")

    (outgoing,) = told.sent
    assert (outgoing.incident, outgoing.key, outgoing.delivery.body["by"]) == ("", "Firebreak", "email")
    assert outgoing.delivery.body["page"] == {
        "subject": "Firebreak: Slack refuses the app",
        "says": "Firebreak: Slack refuses the app",
        "acknowledge": False,
        "then": "See your mail or the browser.",
    }


async def test_without_anybody_named_nobody_is_told(tmp_path: Path) -> None:
    told = Told()
    async with house(tmp_path) as home:
        bell = SlackAlarm(home.database, home.clock, list, told, address="http://firebreak.test", silence=SILENCE)
        bell.shut("token_revoked")
        await bell.settled()

    assert told.heard == []


@pytest.mark.parametrize("code", ["token_revoked", SILENCE])
async def test_who_was_not_told_of_the_beginning_is_not_told_of_the_end(tmp_path: Path, code: str) -> None:
    told = Hanging()
    async with house(tmp_path) as home:
        bell = alarm(home, told)
        bell.shut(code)
        await bell.close()
    told.let.set()
    async with life(tmp_path, told) as (_, bell):
        bell.opened()

    assert told.heard == []
