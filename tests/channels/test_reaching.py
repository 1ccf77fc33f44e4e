"""Which way somebody is reached, what happens where it can't reach them, and how that shows."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.channels.channel import Failed, Outcome, Outgoing, Sent
from engine.channels.reaching import PATIENT, WAYS, Reaching, Way
from tests.channels.given import always, organisation, outgoing

PEOPLE = {
    "ana": {"name": "Ana Ruiz", "email": "ana@example.com", "slack": "U0ANA", "phone": "+1 604 555 0100", "pagerduty": "PAGERDUTY_ANA"},
    "ben": {"name": "Ben Okafor", "email": "ben@example.com"},
    "cho": {"name": "Cho Min", "phone": "604 555 0102"},
}


@dataclass
class Told:
    """A way out that keeps what it was given and answers as it is told."""

    answer: Outcome = field(default_factory=lambda: Sent({"ok": True}))
    sent: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        return self.answer


def ways(*without: Way) -> dict[Way, Told]:
    return {way: Told() for way in WAYS if way not in without}


def reaching(known: dict[Way, Told]) -> Reaching:
    return Reaching(dict(known), always(organisation(people=PEOPLE)))


def call(by: str, who: str = "ana", **page: Any) -> Outgoing:
    return outgoing(f"person:{who}", kind="tell", body={"by": by, "page": {"says": "INC-7, severity 1", **page}})


@pytest.mark.parametrize("by", WAYS)
async def test_somebody_is_reached_by_the_way_that_was_asked_for(by: Way) -> None:
    known = ways()
    outcome = await reaching(known).send(call(by))

    assert outcome == Sent({"ok": True, "by": by})
    assert [way for way, told in known.items() if told.sent] == [by]


async def test_without_a_word_about_it_somebody_is_told_on_slack() -> None:
    outcome = await reaching(ways()).send(outgoing("person:ana", kind="tell"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["by"] == "slack"


@pytest.mark.parametrize(("by", "expected"), [("phone", "email"), ("sms", "email"), ("pagerduty", "email"), ("slack", "slack")])
async def test_who_has_no_address_there_is_reached_by_the_next_way(by: str, expected: str) -> None:
    known = ways() if by == "slack" else ways("slack")
    outcome = await reaching(known).send(call(by, "ben"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["by"] == expected


async def test_a_detour_says_instead_of_what_and_why() -> None:
    outcome = await reaching(ways("sms", "pagerduty")).send(call("phone", "ben"))

    assert isinstance(outcome, Sent)
    assert (outcome.receipt["by"], outcome.receipt["instead_of"]) == ("slack", "phone")
    assert "'ben' has no phone number in international form in the organisation file" in outcome.receipt["because"]
    assert "nothing is set up to send by sms" in outcome.receipt["because"]


async def test_the_way_that_is_taken_knows_that_it_is() -> None:
    known = ways("phone")
    await reaching(known).send(call("phone"))

    assert known["sms"].sent[0].delivery.body["by"] == "sms"


async def test_a_way_that_refuses_for_good_is_passed_over() -> None:
    known = ways()
    known["phone"].answer = Failed("'api.twilio.com' answered 400, error 21211", retry=False)
    outcome = await reaching(known).send(call("phone"))

    assert isinstance(outcome, Sent)
    assert (outcome.receipt["by"], outcome.receipt["because"]) == ("sms", "phone: 'api.twilio.com' answered 400, error 21211")


async def test_a_way_that_is_busy_is_tried_again_before_another_one_is_taken() -> None:
    known = ways()
    known["phone"].answer = Failed("'api.twilio.com' answered 503", retry=True, ambiguous=True)
    first = await reaching(known).send(call("phone"))
    page = call("phone")
    last = await reaching(known).send(Outgoing(page.delivery, page.incident, page.key, attempt=PATIENT))

    assert first == known["phone"].answer
    assert isinstance(last, Sent)
    assert last.receipt["by"] == "sms"


async def test_what_slack_can_not_take_now_waits_for_slack() -> None:
    known = ways()
    known["slack"].answer = Failed("slack: ratelimited", retry=True)
    told = call("slack")
    outcome = await reaching(known).send(Outgoing(told.delivery, told.incident, told.key, attempt=9))

    assert outcome == known["slack"].answer
    assert known["email"].sent == []


async def test_what_is_in_doubt_on_one_way_is_not_in_doubt_on_a_detour() -> None:
    known = ways("phone")
    page = call("phone")
    await reaching(known).send(Outgoing(page.delivery, page.incident, page.key, attempt=2, doubts=1))

    assert (known["sms"].sent[0].attempt, known["sms"].sent[0].doubts) == (1, 0)


async def test_somebody_without_any_address_is_a_failure_that_says_so() -> None:
    outcome = await reaching(ways()).send(call("slack", "cho"))

    assert isinstance(outcome, Failed)
    assert not outcome.retry
    assert "'cho' has no Slack id or e-mail" in outcome.error


async def test_somebody_outside_the_organisation_is_written_to() -> None:
    outcome = await reaching(ways("slack")).send(call("phone", "duty@counsel.example"))

    assert isinstance(outcome, Sent)
    assert outcome.receipt["by"] == "email"


async def test_a_settled_page_is_told_to_pagerduty_alone() -> None:
    known = ways()
    await reaching(known).send(call("pagerduty", resolve=True))
    left_out = await reaching(known).send(call("pagerduty", "ben", resolve=True))

    assert [way for way, told in known.items() if told.sent] == ["pagerduty"]
    assert left_out == Sent({"left_out": "'ben' has no PagerDuty key in the organisation file"})


SHUT = Failed("slack refuses the app's credentials: token_revoked", retry=True, retry_after=60, tried=False, shut=True)


async def test_while_slack_is_shut_people_are_told_by_e_mail() -> None:
    known = ways()
    known["slack"].answer = SHUT
    outcome = await reaching(known).send(outgoing("person:ana", kind="tell"))

    assert isinstance(outcome, Sent)
    assert (outcome.receipt["by"], outcome.receipt["instead_of"]) == ("email", "slack")


async def test_who_has_no_other_way_waits_until_slack_opens_again() -> None:
    known = ways("email", "phone", "sms", "pagerduty")
    known["slack"].answer = SHUT
    outcome = await reaching(known).send(outgoing("person:ana", kind="tell"))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.tried, outcome.retry_after) == (True, False, 60)


async def test_that_nobody_can_be_reached_where_they_were_looked_for_is_passed_on() -> None:
    known = ways("email", "phone", "sms", "pagerduty")
    known["slack"].answer = Failed("slack: user_disabled", retry=False, gone=True)
    outcome = await reaching(known).send(outgoing("person:ana", kind="tell"))

    assert isinstance(outcome, Failed)
    assert outcome.gone


async def test_when_no_way_works_now_it_is_tried_again() -> None:
    known = ways()
    for told in known.values():
        told.answer = Failed("away", retry=True, retry_after=7)
    page = call("phone")
    outcome = await reaching(known).send(Outgoing(page.delivery, page.incident, page.key, attempt=PATIENT))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.retry_after) == (True, 7)
    assert [way for way, told in known.items() if told.sent] == list(WAYS)


async def test_a_call_has_a_lane_of_its_own_and_reaches_the_person_behind_it() -> None:
    known = ways()
    await reaching(known).send(outgoing("call:sms:ana", kind="tell", body={"by": "sms"}))

    assert known["sms"].sent[0].delivery.target == "person:ana"


@pytest.mark.parametrize(("seconds", "by"), [(1.05, None), (60.0, "email")])
async def test_a_call_waits_a_moment_for_slack_but_not_until_slack_is_back(seconds: float, by: str | None) -> None:
    known = ways("phone", "sms", "pagerduty")
    known["slack"].answer = Failed("slack: no answer", retry=True, retry_after=seconds, tried=False)
    outcome = await reaching(known).send(call("phone"))

    assert (outcome.receipt.get("by") if isinstance(outcome, Sent) else None) == by


@pytest.mark.parametrize(("name", "gone"), [("somebody_who_left", True), ("ben", False)])
async def test_who_is_in_the_file_no_more_is_gone_and_who_lacks_an_address_is_not(name: str, gone: bool) -> None:
    outcome = await reaching({}).send(call("slack", name))

    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.gone) == (False, gone)
