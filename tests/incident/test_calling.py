"""How people are called until they acknowledge anywhere: `reach` lists, ladders, late keys, and what ends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import TIMER, Actor
from engine.incident.effects import Delivery
from engine.incident.guards import may_send
from engine.incident.react import react
from tests.incident.given import HEAD, MONDAY, ORGANISATION, Run, trial, trial_world

REACH = "reach: [{after: 0m, by: slack}, {after: 2m, by: sms}, {after: 4m, by: phone}]"
CALLED = HEAD.replace('assign: "group:lawyers", ack: 10m', f'assign: "group:lawyers", ack: 10m, {REACH}')
STEPS = """
  - {id: draft, statement: Our line, role: press, audience: public, template: line}
  - {id: agree, approval: Two keys, of: draft, approvers: [legal, comms_lead], due: 30m, on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
"""
TWO_AT_NIGHT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""02:00 in Vancouver."""


def called(steps: str = STEPS, *, head: str = CALLED, organisation: str = ORGANISATION, **fields: Any) -> Run:
    """A run in which counsel (ben, then eve) is asked for a key."""
    run = Run.begin(trial_world(steps, head=head, organisation=organisation), **fields)
    if "draft" in run.incident.steps:
        run.do(c.SubmitDraft("draft"), by="dee")
    return run


def by(way: str, who: str = "ben") -> Actor:
    return Actor(person=who, via=way)  # type: ignore[arg-type]


def calls(run: Run) -> list[tuple[int, str, str]]:
    """Each call: after how many minutes, whom, how."""
    found = [(entry.at, entry.event) for entry in run.entries if isinstance(entry.event, e.RoleCalled)]
    return [(int((at - run.entries[0].at).total_seconds() // 60), event.people[0], event.by) for at, event in found]


def owed(run: Run, before: int = 0) -> list[Delivery]:
    """What has been owed because of everything from an entry on."""
    return list(react(run.world, None, run.incident, run.entries[before:]))


def test_a_role_is_called_by_each_way_in_turn_until_somebody_else_is_asked() -> None:
    run = called()
    run.forward(minutes=9)

    assert calls(run) == [(2, "ben", "sms"), (4, "ben", "phone")]


def test_an_acknowledgement_ends_the_calls() -> None:
    run = called()
    run.forward(minutes=3)
    run.do(c.Acknowledge("legal"), by=by("sms"))
    run.forward(hours=1)

    assert [each for each in calls(run) if each[0] < 30] == [(2, "ben", "sms")]


def test_whoever_does_anything_is_called_no_more() -> None:
    run = called()
    run.do(c.Note("I am on it"), by="ben")
    run.forward(minutes=20)

    assert calls(run) == []


def test_the_next_one_in_line_is_called_from_the_beginning() -> None:
    run = called()
    run.forward(minutes=15)

    assert calls(run)[2:] == [(12, "eve", "sms"), (14, "eve", "phone")]


def test_calls_go_on_after_nobody_is_left_to_ask() -> None:
    head = HEAD.replace('assign: "group:lawyers", ack: 10m', 'assign: "person:eve", ack: 5m, reach: [{after: 20m, by: phone}]')
    run = called(head=head)
    run.forward(minutes=25)

    assert run.events(e.RoleUnanswered)
    assert calls(run) == [(20, "eve", "phone")]


def test_who_answers_after_their_time_ran_out_is_still_heard() -> None:
    head = HEAD.replace('assign: "group:lawyers", ack: 10m', 'assign: "person:eve", ack: 5m, reach: [{after: 20m, by: phone}]')
    run = called(head=head)
    run.forward(minutes=21)
    run.do(c.Acknowledge("legal"), by=by("phone", "eve"))

    assert run.incident.roles["legal"].acknowledged_at == run.now


def test_roles_that_do_not_say_are_called_as_the_organisation_does() -> None:
    organisation = ORGANISATION.replace("defaults: {", "defaults: {reach: [{after: 3m, by: phone}], ")
    run = called("  - {id: facts, task: Find out, role: press}\n", head=HEAD, organisation=organisation)
    run.forward(minutes=9)

    assert calls(run) == [(3, "dee", "phone")]


def test_an_empty_reach_calls_nobody() -> None:
    organisation = ORGANISATION.replace("defaults: {", "defaults: {reach: [{after: 3m, by: phone}], ")
    run = called(organisation=organisation, head=CALLED.replace(REACH, "reach: []"))
    run.do(c.Acknowledge("comms_lead"), by="cho")
    run.forward(minutes=8)

    assert "ben" not in {who for _, who, _ in calls(run)}


def test_quiet_hours_hold_no_call() -> None:
    run = called(organisation=ORGANISATION + 'quiet_hours: "22:00-07:00"\n', now=TWO_AT_NIGHT)
    run.forward(minutes=5)

    assert calls(run) == [(2, "ben", "sms"), (4, "ben", "phone")]


def test_after_hours_of_darkness_one_call_is_enough() -> None:
    run = called()
    run.now += timedelta(minutes=9)
    run.do(c.Tick(), by=TIMER)

    assert calls(run) == [(9, "ben", "phone")]


def test_nobody_is_called_for_what_is_settled() -> None:
    run = called("  - {id: facts, task: Find out, role: legal}\n")
    run.do(c.CompleteStep("facts"), by="ana")
    run.forward(hours=1)

    assert calls(run) == []


def test_whoever_takes_a_role_by_their_own_hand_is_not_called() -> None:
    run = called(
        "  - {id: facts, task: Find out, role: asked}\n", head=CALLED.replace("inputs:", f"  asked: {{title: Any, {REACH}}}\ninputs:")
    )
    run.do(c.NameRole("asked", "ana"), by="ana")
    run.forward(hours=1)

    assert calls(run) == []


def late_key(**fields: Any) -> Run:
    """A run in which counsel acknowledged at once and then lets the approval become late."""
    run = called(**fields)
    run.do(c.Acknowledge("legal"), by="ben")
    run.do(c.Acknowledge("comms_lead"), by="cho")
    run.forward(minutes=35)
    return run


def test_a_late_key_holder_is_called_although_they_acknowledged_their_role_before() -> None:
    assert calls(late_key()) == [(30, "ben", "slack"), (32, "ben", "sms"), (34, "ben", "phone")]


def test_the_room_hears_that_a_late_key_holder_is_called() -> None:
    said = [each.text for each in owed(late_key()) if each.kind == "say"]

    assert [text for text in said if "will be called until somebody answers" in text]


def test_a_late_key_holder_is_not_told_twice_at_the_same_moment() -> None:
    run = late_key(steps=STEPS.replace("due: 30m,", "due: 30m, remind: [at due],"))

    assert calls(run) == [(32, "ben", "sms"), (34, "ben", "phone")]


def test_who_has_turned_their_key_is_not_called_for_the_other_one() -> None:
    run = called()
    run.agree("agree", "draft", "ben")
    run.forward(minutes=40)

    assert calls(run) == []


def test_a_late_key_that_is_acknowledged_by_phone_is_called_no_more_but_stays_late() -> None:
    run = late_key()
    run.do(c.Acknowledge("legal"), by=by("phone"))
    run.forward(hours=2)

    assert len(calls(run)) == 3
    assert run.step("agree").state == "ready"


LADDER = "  - {id: facts, task: Find out, role: press, due: 5m, escalate: [{late: 5m, to: legal, by: phone}]}\n"


def test_a_ladder_calls_on_by_the_reach_of_whom_it_names() -> None:
    run = called(LADDER)
    run.do(c.Acknowledge("press"), by="dee")
    run.forward(minutes=13)

    assert [event.by for event in run.events(e.Escalated)] == ["phone"]
    assert calls(run) == [(12, "ben", "sms")]


def test_a_call_of_a_ladder_can_be_answered_where_nobody_wrote_a_reach() -> None:
    run = called(STEPS + LADDER, head=HEAD)
    run.do(c.Acknowledge("legal"), by="ben")
    run.forward(minutes=11)
    run.do(c.Acknowledge("legal"), by=by("phone"))

    assert [event.via for event in run.events(e.RoleAcknowledged) if event.person == "ben"] == [None, "phone"]


def test_the_way_of_an_acknowledgement_is_written_down_and_said_in_the_room() -> None:
    run = called()
    first = len(run.entries)
    run.do(c.Acknowledge("legal"), by=by("phone"))

    said = [each.text for each in owed(run, first) if each.kind == "say"]

    assert [event.via for event in run.events(e.RoleAcknowledged) if event.person == "ben"] == ["phone"]
    assert [text for text in said if "Ben Okafor is there as counsel, acknowledged by phone" in text]


def test_a_second_answer_changes_nothing() -> None:
    run = called()
    run.do(c.Acknowledge("legal"), by=by("phone"))

    assert run.do(c.Acknowledge("legal"), by=by("phone")) == ()


@pytest.mark.parametrize("way", ["phone", "sms", "email", "pagerduty"])
def test_nothing_but_an_acknowledgement_can_be_said_by_phone(way: str) -> None:
    run = called()

    assert run.code(c.Approve("agree", run.version("draft")), by=by(way)) == "own_credential"
    assert run.code(c.Note("hello"), by=by(way)) == "own_credential"


def test_only_a_holder_acknowledges_by_phone() -> None:
    assert called().code(c.Acknowledge("legal"), by=by("phone", "dee")) == "not_you"


def test_a_call_says_its_way_the_key_and_the_severity_and_no_name_or_title() -> None:
    run = called()
    run.forward(minutes=5)
    (call,) = [each for each in owed(run) if each.body.get("by") == "phone"]

    assert (call.target, call.kind, call.body["reason"]) == ("call:phone:ben", "tell", "called")
    assert call.body["page"] == {"says": "INC-1, severity 2", "subject": "INC-1 A trial", "acknowledge": True}


def test_a_call_that_is_still_on_its_way_stays_when_its_person_has_answered() -> None:
    run = called()
    run.forward(minutes=5)
    (call,) = [each for each in owed(run) if each.body.get("by") == "phone"]
    assert may_send(run.world, run.incident, call) is None
    run.do(c.Acknowledge("legal"), by=by("sms"))

    assert may_send(run.world, run.incident, call) == "they have answered; nobody needs to be called"


PAGED = ORGANISATION.replace("email: ben@example.com}", "email: ben@example.com, pagerduty: PAGERDUTY_BEN}")


def test_a_page_is_settled_when_its_person_answers_on_any_way() -> None:
    run = called(organisation=PAGED)
    run.forward(minutes=5)
    before, entries = run.incident, run.do(c.Acknowledge("legal"), by=by("phone"))
    (settled,) = [each for each in react(run.world, before, run.incident, entries) if each.body.get("by") == "pagerduty"]

    assert (settled.target, settled.body["page"]["resolve"]) == ("call:pagerduty:ben", True)


def test_a_page_is_settled_when_somebody_else_is_asked() -> None:
    run = called(organisation=PAGED)
    run.forward(minutes=9)
    before = run.incident
    run.now += timedelta(minutes=1)
    entries = run.do(c.Tick(), by=TIMER)

    assert [each.target for each in react(run.world, before, run.incident, entries) if each.body.get("reason") == "reached"] == [
        "call:pagerduty:ben"
    ]


def test_in_a_rehearsal_nobody_is_called_outside_slack() -> None:
    run = called(mode="rehearsal")
    run.forward(minutes=5)
    told = [each for each in owed(run) if each.kind == "tell"]

    assert {each.body["by"] for each in told} == {"slack"}
    assert {each.target for each in told} <= {"person:ana", "slack:#rehearsal"}


def test_who_is_being_called_already_is_called_on_when_a_ladder_names_them() -> None:
    ladder = "escalate: [{late: 1m, to: legal}, {late: 3m, to: legal}]"
    run = called(f"  - {{id: facts, task: Find out, role: press, due: 5m, {ladder}}}\n")
    run.do(c.Acknowledge("press"), by="dee")
    run.forward(minutes=11)

    assert calls(run) == [(8, "ben", "sms"), (10, "ben", "phone")]


LED = HEAD.replace('assign: "group:leads"', f'assign: "group:leads", {REACH}').replace("inputs:", "  asked: {title: Somebody}\ninputs:")


def test_the_lead_is_called_when_nobody_is_left_for_a_role() -> None:
    steps = "  - {id: facts, task: Find out, role: press}\n  - {id: more, task: More, role: asked, needs: [facts]}\n"
    run = called(steps, head=LED)
    run.do(c.CompleteStep("facts"), by="dee")
    run.forward(minutes=5)

    assert [event.role for event in run.events(e.RoleUnfilled)] == ["asked"]
    assert calls(run) == [(2, "ana", "sms"), (4, "ana", "phone")]


def test_a_lead_who_sees_it_happen_is_not_called() -> None:
    run = called("  - {id: more, task: More, role: asked}\n", head=LED)
    run.forward(minutes=5)

    assert calls(run) == []


def test_the_lead_is_called_when_a_role_does_not_answer() -> None:
    head = LED.replace('assign: "group:press"', 'assign: "group:press", ack: 3m')
    run = called("  - {id: facts, task: Find out, role: press}\n", head=head)
    run.forward(minutes=8)

    assert calls(run) == [(5, "ana", "sms"), (7, "ana", "phone")]


REMINDED = "  - {id: facts, task: Find out, role: press, due: 1h, checklist: [Who], remind: [20m before, at due, every 15m after]}\n"


def minutes_of(run: Run, kind: type) -> list[int]:
    return [int((entry.at - MONDAY).total_seconds() // 60) for entry in run.entries if isinstance(entry.event, kind)]


def test_reminders_go_to_the_person_first_and_then_to_the_room_too() -> None:
    run = trial(REMINDED)
    run.do(c.Acknowledge("press"), by="dee")
    run.forward(minutes=80)

    assert [event.in_room for event in run.events(e.Reminded)] == [False, True, True]


def test_a_reminder_keeps_silent_while_somebody_works_on_its_step() -> None:
    run = trial(REMINDED)
    run.forward(minutes=38)
    run.do(c.TickItem("facts", "Who"), by="dee")
    run.forward(minutes=30)

    assert minutes_of(run, e.Reminded) == [43, 60]


def test_a_snooze_moves_reminders_and_no_ladder() -> None:
    run = trial(REMINDED)
    run.do(c.Snooze("facts", "2h"), by="dee")
    run.forward(minutes=119)

    assert (minutes_of(run, e.Reminded), minutes_of(run, e.Escalated)) == ([], [90])
