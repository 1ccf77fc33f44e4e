"""Rehearsals: every duration divided by the speed, and nothing performed outside."""

from datetime import datetime, timedelta

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.react import react
from tests.incident.given import MONDAY, ORGANISATION, Run, trial

STEPS = """
  - {id: facts, task: Find out, role: press, due: 1h, remind: ["30m before", "every 1h after"], escalate: [{late: 2h, to: incident_lead}]}
  - {id: pause, wait: Wait, for: 2h}
  - {id: slow, wait: Slow, until: elapsed('declared') > duration('6h'), for_at_most: 1d}
  - {id: watch, monitor: Watch, role: press, every: 1h, until: inputs.hurt, for_at_most: 10h}
"""
OUTSIDE = """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [newsroom], confirm: api}
  - {id: open, ticket: Open, system: itsm, project: OPS, text: "Look"}
  - {id: count, http: Count, url: "https://api.example.com/v"}
  - {id: call, playbook: child}
"""


def rehearsed(steps: str = STEPS, *, speed: int = 60, **fields: object) -> Run:
    return trial(steps, mode="rehearsal", speed=speed, **fields)


def minutes(at: datetime | None) -> float:
    assert at is not None
    return (at - MONDAY) / timedelta(minutes=1)


def test_every_duration_is_divided_by_the_speed() -> None:
    run = rehearsed()
    facts, pause, watch = run.step("facts"), run.step("pause"), run.step("watch")

    assert (minutes(facts.due_at), minutes(facts.reminders[0]), minutes(facts.repeat_at), minutes(facts.rungs[0])) == (1, 0.5, 2, 3)
    assert (minutes(pause.ends_at), minutes(watch.next_at), minutes(watch.ends_at)) == (2, 1, 10)


def test_what_has_elapsed_is_counted_in_the_time_that_is_rehearsed() -> None:
    run = rehearsed()
    run.forward(minutes=7)

    assert minutes(run.step("slow").settled_at) <= 6.2


def test_a_snooze_is_divided_too() -> None:
    run = rehearsed()
    run.do(c.Snooze("facts", "1h"), by="dee")

    assert minutes(run.step("facts").snoozed_until) == 1


def test_a_rehearsal_in_a_hurry_has_no_nights() -> None:
    run = rehearsed(
        "  - {id: facts, task: Find out, role: press}\n", organisation=ORGANISATION + 'quiet_hours: "08:00-11:00"\n', more=FOLLOW_UP
    )
    run.do(c.Close())

    assert minutes(run.step("day_1").starts_at) == 24


def test_nothing_is_published_asked_or_opened_outside() -> None:
    run = rehearsed(OUTSIDE)
    run.do(c.SubmitDraft("draft"), by="dee")
    run.agree("agree", "draft", "ben")

    assert run.states("post", "open", "count") == dict.fromkeys(["post", "open", "count"], "done")
    assert run.step("post").receipts["newsroom"].link == "rehearsal: not sent"
    assert {each.kind for each in react(run.world, None, run.incident, run.entries)} <= {"room", "card", "task", "say", "tell", "child"}


def test_nothing_leaves_the_rehearsal_channel_and_its_people() -> None:
    run = rehearsed(OUTSIDE)
    run.forward(hours=5)
    deliveries = react(run.world, None, run.incident, run.entries)

    assert {each.target for each in deliveries if each.kind != "child"} <= {"slack:#rehearsal", "person:ana"}
    assert all(each.text.startswith("REHEARSAL") for each in deliveries if each.kind != "child")


def test_a_linked_incident_of_a_rehearsal_is_asked_for_as_one() -> None:
    run = rehearsed(OUTSIDE)
    [child] = [each for each in react(run.world, None, run.incident, run.entries) if each.kind == "child"]

    assert (child.body["mode"], child.body["speed"]) == ("rehearsal", 60)


def test_what_the_engine_publishes_in_a_rehearsal_may_be_started_by_hand() -> None:
    run = rehearsed(OUTSIDE)
    run.do(c.SubmitDraft("draft"), by="dee")
    run.do(c.Hold("wait"))
    run.agree("agree", "draft", "ben")
    assert run.step("post").state == "ready"
    run.do(c.Release("go"), by="ben")

    assert run.step("post").state == "done"
    assert len(run.events(e.ChannelConfirmed)) == 1


FOLLOW_UP = "follow_ups: [{id: day_1, at: 1d from closed, role: press, task: Look again}]\n"
