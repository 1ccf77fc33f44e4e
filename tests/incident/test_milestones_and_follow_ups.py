"""Milestones reached, missed or not applicable; follow-ups that count from the close, again after a reopening."""

from datetime import timedelta

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from tests.incident.given import MONDAY, ORGANISATION, Run, trial

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: call, task: Call, role: press}
  - {id: finish, task: Finish, role: incident_lead, sets: closed}
  - {id: review, task: Review, role: incident_lead, needs: [finish]}
"""
MILESTONE = "milestones: {known: {title: Known, reached_by: [facts, call], within: 30m%s}}\n"
FOLLOW_UP = "follow_ups: [{id: day_30, at: 30d from %s, role: press, task: Look again}]\n"


def followed(anchor: str = "closed", **fields: object) -> Run:
    return trial(STEPS, more=FOLLOW_UP % anchor, **fields)


def test_the_first_step_that_is_done_reaches_it() -> None:
    run = trial(STEPS, more=MILESTONE % "")
    run.forward(minutes=10)
    run.do(c.CompleteStep("call"), by="dee")
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.incident.milestones["known"].reached_at == MONDAY + timedelta(minutes=10)
    assert [event.by_step for event in run.events(e.MilestoneReached)] == ["call"]


def test_a_hand_skip_does_not_reach_it() -> None:
    run = trial(STEPS, more=MILESTONE % "")
    run.do(c.SkipStep("call", "no"), by="dee")

    assert run.incident.milestones["known"].reached_at is None


def test_it_is_missed_on_the_clock_and_those_named_are_told() -> None:
    run = trial(STEPS, more=MILESTONE % ", tell: [legal, press]")
    run.forward(hours=1)

    assert run.incident.milestones["known"].missed_at == MONDAY + timedelta(minutes=30)
    assert [event.tell for event in run.events(e.MilestoneMissed)] == [("ben", "dee")]


def test_what_is_reached_late_is_both_missed_and_reached() -> None:
    run = trial(STEPS, more=MILESTONE % "")
    run.forward(hours=1)
    run.do(c.CompleteStep("call"), by="dee")

    assert run.incident.milestones["known"].missed_at is not None
    assert run.incident.milestones["known"].reached_at == MONDAY + timedelta(hours=1)


def test_it_is_not_applicable_when_everything_that_reaches_it_was_skipped() -> None:
    run = trial(STEPS, more=MILESTONE % "")
    run.do(c.SkipStep("facts", "no"), by="dee")
    run.do(c.SkipStep("call", "no"), by="dee")
    run.forward(hours=1)

    assert run.events(e.MilestoneMissed) == []


@pytest.mark.parametrize(("anchor", "minutes"), [("detected", 20), ("facts", 75)])
def test_it_counts_from_its_anchor(anchor: str, minutes: int) -> None:
    more = (MILESTONE % f", from: {anchor}").replace("[facts, call]", "[call]")
    run = trial(STEPS, more=more, detected_at=MONDAY - timedelta(minutes=10))
    run.forward(minutes=45)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.incident.milestones["known"].due_at == MONDAY + timedelta(minutes=minutes)


def test_a_follow_up_starts_when_its_time_has_come() -> None:
    run = followed()
    run.do(c.Close())
    run.forward(days=29)
    assert run.step("day_30").state == "waiting"
    run.forward(days=1)

    assert run.step("day_30").state == "ready"


def test_a_follow_up_may_count_from_the_start() -> None:
    run = followed("declared")
    run.forward(days=30)

    assert run.step("day_30").state == "ready"


def test_a_follow_up_waits_for_the_end_of_quiet_hours() -> None:
    run = followed(organisation=ORGANISATION + 'quiet_hours: "08:00-11:00"\n')
    run.do(c.Close())

    assert run.step("day_30").starts_at == MONDAY + timedelta(days=30, hours=2)


def test_a_follow_up_is_skipped_by_its_guard_when_it_starts() -> None:
    run = trial(STEPS, more=(FOLLOW_UP % "closed").replace("task: Look again", "task: Look again, when: inputs.hurt"))
    run.do(c.Close())
    assert run.step("day_30").state == "waiting"
    run.forward(days=31)

    assert run.step("day_30").skip_cause == "guard"


def test_a_follow_up_of_what_did_not_happen_is_skipped_at_the_close() -> None:
    run = followed("facts")
    run.do(c.SkipStep("facts", "no"), by="dee")
    assert run.step("day_30").state == "waiting"
    run.do(c.Close())

    assert (run.step("day_30").skip_cause, run.step("day_30").reason) == ("anchor", "it counts from facts, which did not happen")


def test_the_incident_is_complete_only_after_the_last_follow_up() -> None:
    run = followed()
    for step in ("facts", "call"):
        run.do(c.CompleteStep(step), by="dee")
    run.do(c.Close())
    run.do(c.CompleteStep("review"))
    assert run.incident.status == "closed"
    run.forward(days=30)
    run.do(c.CompleteStep("day_30"), by="dee")

    assert run.incident.status == "complete"


def test_reopening_takes_the_date_back_and_the_next_close_gives_a_new_one() -> None:
    run = followed()
    run.do(c.Close())
    run.forward(days=3)
    run.do(c.Reopen("a second clip"))
    assert run.step("day_30").starts_at is None
    run.do(c.Close())

    assert run.step("day_30").starts_at == MONDAY + timedelta(days=33)


def test_reopening_takes_the_date_back_of_what_counts_from_a_step_after_the_close() -> None:
    run = followed("review")
    run.do(c.Close())
    run.do(c.CompleteStep("review"))
    assert run.step("day_30").starts_at is not None
    run.do(c.Reopen("a second clip"))

    assert (run.step("day_30").starts_at, run.step("review").state) == (None, "waiting")


def test_reopening_leaves_what_counts_from_the_start() -> None:
    run = followed("declared")
    run.do(c.Close())
    run.do(c.Reopen("a second clip"))

    assert run.step("day_30").starts_at == MONDAY + timedelta(days=30)


def test_a_follow_up_that_was_done_before_the_reopening_stands() -> None:
    run = followed()
    run.do(c.Close())
    run.forward(days=30)
    run.do(c.CompleteStep("day_30"), by="dee")
    run.do(c.Reopen("a second clip"))

    assert run.step("day_30").state == "done"
