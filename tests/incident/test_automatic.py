"""What the engine performs: messages, tickets, requests, linked incidents, waits; and monitors."""

from datetime import timedelta

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY
from engine.incident.effects import Delivery
from engine.incident.guards import may_send
from engine.incident.personal import Personal
from engine.incident.react import react
from engine.incident.refusal import Refusal
from tests.incident.given import MONDAY, Run, person, trial

MESSAGE = (
    '  - {id: tell, message: Tell them, to: [war_room, "role:legal"], text: "It is at {{ inputs.site }}; {{ inputs.people | join }}"}\n'
)
TICKET = '  - {id: open, ticket: Open, system: itsm, project: OPS, text: "Look at {{ inputs.site }}"}\n'
HTTP = '  - {id: count, http: Count, url: "https://api.example.com/v", save: {views: $.views, big: $.big}}\n'
CHILD = (
    "  - {id: call, playbook: child, title: The child, with: {links: inputs.links, people: inputs.people, hurt: inputs.hurt, count: 5}}\n"
)
AFTER = "  - {id: after, task: After, role: press, needs: [%s]}\n"
METRICS = "metrics: {views: {title: Views, type: number, source: watch}, share: {title: Share, type: percent, source: manual}}\n"
WATCH = """
  - id: watch
    monitor: Watch
    role: press
    every: 30m
    until: metrics.views < 20
    for_at_most: 3h
    record: [views]
    each_time: {to: [war_room], text: "{{ metrics.views }} views"}
"""


def test_a_message_is_sent_and_done_at_once() -> None:
    run = trial(MESSAGE, inputs={"people": ["Fred Hollis"]})

    assert run.step("tell").state == "done"
    assert [(event.to, event.text) for event in run.events(e.MessageSent)] == [(("war_room", "role:legal"), "It is at Plant 4; [personal]")]


def test_a_message_to_a_role_finds_who_holds_it() -> None:
    assert trial(MESSAGE).incident.roles["legal"].people == ("ben",)


def test_a_ticket_is_done_when_it_is_created() -> None:
    run = trial(TICKET + AFTER % "open")
    assert run.events(e.TicketRequested)[0].text == "Look at Plant 4"
    run.sent("open", reference="https://itsm.example/OPS-1")

    assert (run.step("open").state, run.step("open").reference) == ("done", "https://itsm.example/OPS-1")
    assert run.step("after").state == "ready"


def test_a_ticket_may_be_done_only_when_it_is_closed() -> None:
    run = trial(TICKET.replace("project: OPS", "project: OPS, done_when: closed"))
    run.sent("open", reference="OPS-1")
    assert run.step("open").state == "doing"
    run.do(c.CompleteStep("open"))

    assert run.step("open").state == "done"


def test_a_ticket_that_is_opened_after_its_step_was_skipped_is_still_known() -> None:
    run = trial(TICKET)
    run.do(c.SkipStep("open", "by phone"))
    run.sent("open", reference="OPS-1")

    assert (run.step("open").state, run.step("open").reference) == ("skipped", "OPS-1")


def test_a_request_keeps_what_the_playbook_saves() -> None:
    run = trial(HTTP + "  - {id: many, task: Many, role: press, needs: [count], when: steps.count.result.views > 100}\n")
    run.sent("count", status=200, saved={"views": 250, "other": 1})

    assert run.step("count").saved == {"views": 250}
    assert run.step("many").state == "ready"


def test_a_request_that_fails_blocks_or_goes_on_as_the_author_says() -> None:
    run = trial(HTTP + HTTP.replace("id: count", "id: soft, on_fail: continue"))
    for step in ("count", "soft"):
        run.do(c.RecordDelivery("d", step, "failed", error="503"), by=DELIVERY)

    assert run.states("count", "soft") == {"count": "blocked", "soft": "done"}
    assert run.step("count").reason == "503"


@pytest.mark.parametrize("receipt", [{}, {"status": "x", "saved": [1]}, {"saved": {"views": 10**400, "big": float("inf")}}])
def test_no_answer_is_so_odd_that_it_breaks_anything(receipt: dict[str, object]) -> None:
    run = trial(HTTP + "  - {id: agree, approval: Agree, of: count, approvers: [legal], on_reject: {rework: count}}\n")
    run.sent("count", **receipt)

    assert run.step("count").state == "done"
    assert len(run.version("count")) == 64


def test_what_the_engine_does_can_be_done_by_hand_when_the_other_side_is_no_help() -> None:
    run = trial(HTTP)
    run.do(c.CompleteStep("count", "about 250"))

    assert run.step("count").state == "done"


def test_only_the_engine_says_what_became_of_its_deliveries() -> None:
    run = trial(HTTP + CHILD)

    assert run.code(c.RecordDelivery("d", "count", "sent", {"status": 200}), by="ana") == "not_you"
    assert run.code(c.ReportChild("call", "INC-2", "closed"), by="ana") == "not_you"


def test_a_linked_incident_gets_its_inputs_with_their_marks() -> None:
    run = trial(CHILD, inputs={"people": ["Fred Hollis"], "links": ["https://a.example/1"]})
    [asked] = run.events(e.ChildRequested)

    assert asked.inputs == {"links": ["https://a.example/1"], "people": [Personal("Fred Hollis", "Fred Hollis")], "hurt": False, "count": 5}
    assert (asked.playbook, asked.title) == ("child", "The child")


def test_a_linked_incident_that_closes_completes_the_step() -> None:
    run = trial(CHILD)
    run.sent("call", key="INC-2")
    assert (run.step("call").state, run.step("call").reference) == ("doing", "INC-2")
    run.do(c.ReportChild("call", "INC-2", "closed"), by=DELIVERY)

    assert run.step("call").state == "done"


def test_a_linked_incident_that_is_cancelled_blocks_the_step() -> None:
    run = trial(CHILD)
    run.sent("call", key="INC-2")
    run.do(c.ReportChild("call", "INC-2", "cancelled"), by=DELIVERY)

    assert (run.step("call").state, run.step("call").reason) == ("blocked", "INC-2 was cancelled")


def test_another_incident_completes_nothing() -> None:
    run = trial(CHILD)
    run.sent("call", key="INC-2")

    assert run.do(c.ReportChild("call", "INC-9", "closed"), by=DELIVERY) == ()


def test_without_waiting_the_step_is_done_when_the_linked_incident_starts() -> None:
    run = trial(CHILD.replace("title: The child", "wait: false"))
    run.sent("call", key="INC-2")

    assert run.step("call").state == "done"


def test_a_wait_ends_by_the_clock() -> None:
    run = trial("  - {id: pause, wait: Wait, for: 2h}\n" + AFTER % "pause")
    run.forward(minutes=119)
    assert run.step("pause").state == "ready"
    run.forward(minutes=1)

    assert run.states("pause", "after") == {"pause": "done", "after": "ready"}


def test_a_wait_ends_when_its_until_is_true_or_its_time_is_up() -> None:
    steps = "  - {id: pause, wait: Wait, until: metrics.views > 5, for_at_most: 2h}\n"
    early, patient = trial(steps, more=METRICS.replace("watch", "manual")), trial(steps, more=METRICS.replace("watch", "manual"))
    early.do(c.RecordMetrics({"views": 6}))
    patient.forward(hours=2)

    assert early.step("pause").state == "done"
    assert patient.step("pause").settled_at == MONDAY + timedelta(hours=2)


def test_an_until_over_elapsed_time_is_read_every_five_minutes() -> None:
    run = trial("  - {id: pause, wait: Wait, until: elapsed('declared') > duration('12m'), for_at_most: 2h}\n")
    run.forward(hours=1)

    assert run.step("pause").settled_at == MONDAY + timedelta(minutes=15)


def test_a_monitor_asks_again_and_again() -> None:
    run = trial(WATCH, more=METRICS)
    run.forward(minutes=100)

    assert [event.count for event in run.events(e.CheckDue)] == [1, 2, 3]


def test_checks_missed_in_the_dark_are_not_made_up_for() -> None:
    run = trial(WATCH, more=METRICS)
    run.now += timedelta(minutes=100)
    run.forward(minutes=0)

    assert [event.count for event in run.events(e.CheckDue)] == [1]


def test_what_a_monitor_records_is_reported() -> None:
    run = trial(WATCH, more=METRICS)
    run.do(c.RecordMetrics({"views": 300}, step="watch"), by="dee")

    assert [event.text for event in run.events(e.RoundReported)] == ["300 views"]
    assert (run.step("watch").state, run.incident.metrics["views"].value) == ("doing", 300)


def test_a_monitor_ends_by_its_rule() -> None:
    run = trial(WATCH, more=METRICS)
    run.do(c.RecordMetrics({"views": 5}, step="watch"), by="dee")

    assert run.step("watch").state == "done"


def test_a_monitor_ends_when_its_time_is_up() -> None:
    run = trial(WATCH, more=METRICS)
    run.forward(hours=3)

    assert run.step("watch").settled_at == MONDAY + timedelta(hours=3)


@pytest.mark.parametrize("values", [{}, {"mood": 1}, {"views": "many"}, {"views": True}, {"share": 101}, {"views": float("nan")}])
def test_what_is_no_measurement_is_refused(values: dict[str, object]) -> None:
    assert trial(WATCH, more=METRICS).code(c.RecordMetrics(values), by="dee") in ("bad_value", "unknown_metric")


def test_only_who_takes_part_records() -> None:
    assert trial(WATCH, more=METRICS).code(c.RecordMetrics({"views": 1}), by="eve") == "not_you"


def test_every_command_to_the_engines_own_steps_is_answered() -> None:
    run = trial(MESSAGE + TICKET + HTTP + CHILD)
    for step in ("tell", "open", "count", "call"):
        for command in (c.StartStep(step), c.Decline(step, "no"), c.AssignStep(step, "dee"), c.Snooze(step, "5m")):
            decided = run.attempt(command, by=person("ana"))

            assert isinstance(decided, tuple | Refusal)


def test_a_linked_incident_that_was_asked_for_before_is_not_started_beside_the_one_asked_for_now() -> None:
    run = trial(
        "  - {id: one, decision: One?, role: press, options: {yes: {label: Y, then: [call]}, no: {label: N, then: []}}}\n" + CHILD,
        inputs={"people": ["Fred Hollis"]},
    )
    run.do(c.Answer("one", "yes"), by="dee")
    [old] = children(run)
    for option in ("no", "yes"):
        run.do(c.Answer("one", option, note="we learnt more"), by="dee")
    new = children(run)[-1]

    assert may_send(run.world, run.incident, old) == "'call' asked for another incident since"
    assert may_send(run.world, run.incident, new) is None


def children(run: Run) -> list[Delivery]:
    return [each for each in react(run.world, None, run.incident, run.entries) if each.kind == "child"]
