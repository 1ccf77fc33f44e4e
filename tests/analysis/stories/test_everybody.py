"""Everybody does whatever is open: as told, until a minute or the end, and it says what is left."""

from engine.incident.events import MetricsRecorded
from tests.analysis.stories.given import messages, staged, tell, told, world_of

ALL_KINDS = """
firebreak: 1
id: kinds
title: Kinds
version: 1.0.0
owner: lead
summary: For tests.
settings: {visibility: participants}
roles:
  lead: {title: Lead, assign: "group:leads"}
  press: {title: Press, assign: "group:press"}
  legal: {title: Counsel, assign: "group:lawyers"}
templates: {line: {text: We know.}}
metrics: {safe: {title: Safe, type: yes_no, source: watch}, share: {title: Share, type: percent, source: watch}}
steps:
  - {id: tell, message: Tell, to: [war_room], text: It began}
  - {id: note, task: Note, role: lead, result: {type: choice, options: [red, blue], required: true}}
  - {id: day, task: Day, role: lead, result: {type: date, required: true}}
  - {id: pause, wait: Wait, for: 3h}
  - {id: order, ticket: Order, system: desk_it, project: OPS, text: Look, done_when: closed}
  - {id: count, http: Count, url: "https://hooks.example.com/v"}
  - {id: line, statement: Line, role: press, audience: media, template: line}
  - {id: agree, approval: Agree, of: line, approvers: [legal, lead], on_reject: {rework: line}}
  - {id: send, publish: Send, of: line, role: press, needs: [agree], channels: [desk], confirm: api}
  - {id: watch, monitor: Watch, role: press, every: 1h, until: metrics.safe and metrics.share > 99, for_at_most: 9d, record: [safe, share]}
  - {id: finish, task: Finish, role: lead, needs: [note, day, pause, order, count, send, watch], sets: closed}
"""


def test_every_kind_of_step_is_done_by_those_who_are_asked() -> None:
    story = told("- {story: all, does: [{everything: true, until: complete}], then: [{status: complete}]}", world=world_of(ALL_KINDS))

    assert messages(story) == []
    assert {name for name, state in staged(story).incident.steps.items() if state.state == "done"} == set(staged(story).incident.steps)
    assert staged(story).since_declared(staged(story).now) == "3h"


def test_without_until_no_time_passes() -> None:
    story = tell("{at: 10m, everything: {answer: yes}}", "{done: send}, {open: watch}, {waiting: finish}")

    assert messages(story) == []
    assert staged(story).since_declared(staged(story).now) == "10m"


def test_a_decision_that_nobody_was_told_an_answer_to_is_left_to_time() -> None:
    assert messages(tell("{at: 10m, everything: true, until: 2h}", "{at: 39m, ready: answer}, {at: 40m, answered: {answer: no}}")) == []


def test_until_a_minute_it_goes_on_to_that_minute_whatever_is_left() -> None:
    story = tell("{at: 10m, everything: {answer: no}, until: 3h}", "{at: 3h, doing: watch}")

    assert messages(story) == []
    assert staged(story).since_declared(staged(story).now) == "3h"


def test_readings_are_recorded_as_told_once_and_again_when_they_change() -> None:
    does = "{at: 10m, everything: {answer: no}, record: {views: 50}, until: 5h}, {everything: true, record: {views: 2}, until: closed}"
    stage = staged(tell(does, "{status: closed}"))

    assert [event.values for event in stage.events(MetricsRecorded)] == [{"views": 50}, {"views": 2}]


def test_what_keeps_it_from_its_end_is_told() -> None:
    story = tell("{at: 10m, everything: {answer: no}, until: complete}", more="  severity: sev1\n")
    (failure,) = story.failures

    assert failure.message.endswith("and it is not complete")
    assert failure.notes == ("'brief': nobody holds 'board', and the organisation file has nobody for it",)
