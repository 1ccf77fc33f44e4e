"""What time does: deadlines from every anchor, ladders, reminders, quiet hours, and everything overdue in order."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import TIMER
from engine.incident.timers import next_alarm, pending
from tests.incident.given import MONDAY, ORGANISATION, Run, trial

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: other, task: Other, role: press}
"""
QUIET = ORGANISATION + 'quiet_hours: "22:00-07:00"\n'


def late(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def times(run: Run, kind: type) -> list[datetime]:
    return [entry.at for entry in run.entries if isinstance(entry.event, kind)]


def test_a_deadline_without_anchor_counts_from_when_the_step_becomes_ready() -> None:
    run = trial(STEPS + "  - {id: after, task: After, role: press, needs: [facts], due: 20m}\n")
    run.forward(minutes=7)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.step("after").due_at == late(27)


@pytest.mark.parametrize(("anchor", "expected"), [("declared", 20), ("detected", 10)])
def test_a_deadline_counts_from_the_start(anchor: str, expected: int) -> None:
    run = trial(f"  - {{id: facts, task: Find out, role: press, due: 20m from {anchor}}}\n", detected_at=late(-10))

    assert run.step("facts").due_at == late(expected)


def test_detected_is_declared_where_nobody_said_when() -> None:
    assert trial("  - {id: facts, task: Find out, role: press, due: 20m from detected}\n").step("facts").due_at == late(20)


def test_a_deadline_from_a_step_is_set_when_that_is_done() -> None:
    run = trial(STEPS + "  - {id: after, task: After, role: press, due: 20m from facts, escalate: [{late: 5m, to: incident_lead}]}\n")
    assert run.step("after").due_at is None
    run.forward(minutes=7)
    run.do(c.CompleteStep("facts"), by="dee")

    assert (run.step("after").due_at, run.step("after").rungs) == (late(27), (late(32),))


def test_a_deadline_from_a_milestone_is_set_when_that_is_reached() -> None:
    run = trial(
        STEPS + "  - {id: after, task: After, role: press, due: 20m from known}\n",
        more="milestones: {known: {title: Known, reached_by: [facts], within: 1h}}\n",
    )
    run.forward(minutes=7)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.step("after").due_at == late(27)


def test_a_deadline_from_the_close_is_set_by_the_close() -> None:
    run = trial(STEPS + "  - {id: after, task: After, role: press, due: 20m from closed}\n")
    run.forward(minutes=7)
    run.do(c.Close())

    assert run.step("after").due_at == late(27)


def test_a_deadline_from_what_was_skipped_is_never_set() -> None:
    run = trial(STEPS + "  - {id: after, task: After, role: press, due: 20m from facts}\n")
    run.do(c.SkipStep("facts", "known"), by="dee")

    assert run.step("after").due_at is None


def test_business_days_keep_their_hour_over_a_clock_change() -> None:
    friday = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
    run = trial("  - {id: facts, task: Find out, role: press, due: 1bd}\n", now=friday)
    due_at = run.step("facts").due_at

    assert due_at is not None
    assert due_at.astimezone(ZoneInfo("America/Vancouver")).isoformat() == "2026-03-09T10:00:00-07:00"


def test_a_site_brings_its_own_time_zone() -> None:
    head = "settings: {timezone: site}\n"
    organisation = ORGANISATION + "sites: {Berlin: {timezone: Europe/Berlin}}\n"
    evening = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
    run = trial(
        "  - {id: facts, task: Find out, role: press, due: 1bd}\n",
        more=head,
        organisation=organisation,
        inputs={"site": "Berlin"},
        now=evening,
    )

    assert run.step("facts").due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_events_keep_the_instant_that_was_computed() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 20m}\n")

    assert [event.due_at for event in run.events(e.StepReadied)] == [late(20)]


def test_a_ladder_is_climbed_on_the_clock() -> None:
    ladder = "escalate: [{late: 5m, to: incident_lead}, {late: 10m, to: [legal, press], by: phone}]"
    run = trial(f"  - {{id: facts, task: Find out, role: press, due: 10m, {ladder}}}\n")
    run.forward(hours=1)

    assert times(run, e.Escalated) == [late(15), late(20)]
    assert [(event.people, event.by) for event in run.events(e.Escalated)] == [(("ana",), "slack"), (("ben", "dee"), "phone")]


def test_without_a_ladder_of_its_own_a_step_climbs_the_organisations() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 10m}\n")
    run.forward(hours=1)

    assert times(run, e.Escalated) == [late(40)]


def test_ladders_of_a_step_that_is_late_when_it_is_born_count_from_its_start() -> None:
    ladder = "escalate: [{late: 5m, to: incident_lead}]"
    run = trial(STEPS + f"  - {{id: after, task: After, role: press, needs: [facts], due: 10m from declared, {ladder}}}\n")
    run.forward(hours=1)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.step("after").rungs == (late(65),)


def test_a_settled_step_climbs_no_further() -> None:
    run = trial(
        "  - {id: facts, task: Find out, role: press, due: 10m, escalate: [{late: 5m, to: incident_lead}, {late: 10m, to: legal}]}\n"
    )
    run.forward(minutes=16)
    run.do(c.CompleteStep("facts"), by="dee")
    run.forward(hours=5)

    assert len(run.events(e.Escalated)) == 1


def test_nothing_fails_because_time_passed() -> None:
    run = trial(STEPS.replace("role: press}", "role: press, due: 5m}"))
    run.forward(days=30)

    assert run.states("facts", "other") == {"facts": "ready", "other": "ready"}


def test_reminders_come_before_at_and_after_the_deadline() -> None:
    run = trial('  - {id: facts, task: Find out, role: press, due: 1h, remind: ["10m before", "at due", "every 15m after"]}\n')
    run.forward(minutes=100)

    assert times(run, e.Reminded) == [late(50), late(60), late(75), late(90)]


def test_reminders_that_are_already_past_are_left_out() -> None:
    run = trial('  - {id: facts, task: Find out, role: press, due: 5m, remind: ["10m before", "at due"]}\n')
    run.forward(hours=1)

    assert times(run, e.Reminded) == [late(5)]


def test_a_snooze_silences_reminders_but_never_the_ladder() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 10m, remind: [at due], escalate: [{late: 5m, to: incident_lead}]}\n")
    run.do(c.Snooze("facts", "30m"), by="dee")
    run.forward(hours=1)

    assert (times(run, e.Reminded), times(run, e.Escalated)) == ([late(30)], [late(15)])


def test_a_snooze_lasts_a_day_at_most() -> None:
    run = trial(STEPS)

    assert run.code(c.Snooze("facts", "2d"), by="dee") == "bad_value"
    assert run.code(c.Snooze("facts", "soon"), by="dee") == "bad_value"


def test_reminders_of_what_is_due_much_later_keep_quiet_hours() -> None:
    run = trial('  - {id: facts, task: Find out, role: press, due: 33h, remind: ["20h before"]}\n', organisation=QUIET)

    assert run.step("facts").reminders == (MONDAY.replace(day=24, hour=15),)


def test_reminders_of_what_is_due_soon_do_not_wait_for_the_morning() -> None:
    run = trial('  - {id: facts, task: Find out, role: press, due: 14h, remind: ["30m before"]}\n', organisation=QUIET)

    assert run.step("facts").reminders == (late(13 * 60 + 30),)


def test_ladders_never_keep_quiet_hours() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 14h}\n", organisation=QUIET)

    assert run.step("facts").rungs == (late(14 * 60 + 30),)


def test_after_hours_in_the_dark_everything_overdue_happens_once_and_in_order() -> None:
    run = trial("  - {id: bb, task: B, role: press, due: 10m}\n  - {id: aa, task: A, role: press, due: 20m}\n")
    run.do(c.Acknowledge("press"), by="dee")
    run.now += timedelta(hours=5)
    run.attempt(c.Tick(), by=TIMER)

    assert [event.step for event in run.events(e.Escalated)] == ["bb", "aa"]
    assert run.attempt(c.Tick(), by=TIMER) == ()


def test_one_alarm_is_the_earliest_of_all_timers() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 10m, remind: [at due]}\n")
    run.do(c.Acknowledge("press"), by="dee")

    assert next_alarm(run.world, run.incident, run.now) == late(10)
    assert [timer.kind for timer in pending(run.world, run.incident)] == ["reminder", "rung"]


def test_a_finished_incident_has_no_alarm() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 10m}\n")
    run.do(c.Cancel("a hoax"))

    assert next_alarm(run.world, run.incident, run.now) is None


def test_a_monitor_looks_no_more_often_than_every_five_minutes() -> None:
    run = trial("  - {id: watch, monitor: Watch, role: press, every: 0m, until: inputs.hurt, for_at_most: 30m}\n")
    run.forward(minutes=20)

    assert times(run, e.CheckDue) == [late(5), late(10), late(15), late(20)]


def test_an_added_task_counts_only_from_what_has_happened() -> None:
    run = trial(STEPS)

    assert run.code(c.AddTask("Call them", "press", "1h from facts")) == "bad_value"
    assert run.code(c.AddTask("Call them", "press", "soon")) == "bad_value"
    run.do(c.AddTask("Call them", "press", "1h from declared"))
    assert run.step("added_1").due_at == late(60)
