"""Inputs: asked at the start, unknown then, asked later, and people and links that grow."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.decide import decide
from engine.incident.personal import Personal
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from tests.incident.given import MONDAY, Run, person, trial_world

HEAD = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: incident_lead
summary: For tests.
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  press: {title: Press officer, assign: "group:press"}
inputs:
  site: {type: text, required: true, label: Which site}
  injured: {type: yes_no, required: true}
  nickname: {type: text}
  reach: {type: choice, options: [small, large], ask: later}
  people: {type: people, required: true}
  links: {type: url_list}
  minor: {type: yes_no, personal: true, default: false}
  patience: {type: duration, default: 2h}
"""
STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: help, task: Help, role: press, needs: [facts], when: inputs.injured}
  - {id: large, task: Large, role: press, needs: [facts], when: inputs.reach == 'large'}
  - {id: guard, task: Guard, role: press, needs: [facts], when: inputs.minor}
  - {id: slow, task: Slow, role: press, needs: [facts], when: elapsed('declared') > inputs.patience}
"""
KNOWN = {"site": "Plant 4", "injured": True, "people": ["Fred Hollis"]}


def begun(steps: str = STEPS, *, unknown: tuple[str, ...] = (), **inputs: object) -> Run:
    given = {**KNOWN, **inputs}
    return Run.begin(trial_world(steps, head=HEAD), inputs={k: v for k, v in given.items() if k not in unknown}, unknown=unknown)


def declared(**fields: object) -> Refusal:
    world: World = trial_world(STEPS, head=HEAD)
    decided = decide(world, None, c.Declare(id="1" * 32, key="INC-1", **{"inputs": KNOWN, **fields}), actor=person("ana"), now=MONDAY)
    assert isinstance(decided, Refusal), decided
    return decided


def facts_done(run: Run) -> Run:
    run.do(c.CompleteStep("facts"), by="dee")
    return run


def test_a_required_input_is_given_or_named_as_unknown() -> None:
    refusal = declared(inputs={"injured": True, "people": ["Fred"]})

    assert (refusal.code, refusal.field) == ("missing_input", "site")


def test_declaring_never_waits_for_facts() -> None:
    run = begun(unknown=("site", "injured"))

    assert run.incident.unknown == ("site", "injured")
    assert run.states("fill_site", "fill_injured") == {"fill_site": "ready", "fill_injured": "ready"}
    assert run.step("fill_site").due_at == MONDAY + timedelta(minutes=15)


def test_an_unknown_input_reads_as_false_in_a_guard() -> None:
    assert facts_done(begun(unknown=("injured",))).step("help").skip_cause == "guard"


def test_filling_settles_the_task_and_the_guards_that_are_read_later() -> None:
    run = begun(unknown=("injured",))
    run.do(c.Fill({"injured": True}), by="dee")
    facts_done(run)

    assert run.states("fill_injured", "help") == {"fill_injured": "done", "help": "ready"}


def test_the_task_to_find_out_is_done_only_by_filling() -> None:
    run = begun(unknown=("site",))

    assert run.refused(c.CompleteStep("fill_site")).allowed == ("fill", "skip")


def test_adding_people_fills_an_unknown_list_of_people() -> None:
    run = begun(unknown=("people",))
    run.do(c.Add({"people": ["Fred Hollis"]}))

    assert (run.incident.unknown, run.step("fill_people").state) == ((), "done")


def test_a_task_to_find_out_takes_no_step_of_the_playbook_away() -> None:
    run = begun(STEPS + "  - {id: fill_site, task: Ours, role: press, needs: [facts]}\n", unknown=("site",))

    assert run.step("fill_site").state == "waiting"
    assert [name for name, task in run.incident.added.items() if task.fills == "site"] == ["fill_site_2"]


def test_an_input_with_a_long_name_and_label_can_be_unknown() -> None:
    name = "n" * 48
    head = HEAD + f"  {name}: {{type: text, required: true, label: {'L' * 300}}}\n"
    run = Run.begin(trial_world(STEPS, head=head), inputs=KNOWN, unknown=(name,))

    assert [len(task) for task in run.incident.added] == [48]


def test_an_input_asked_later_is_filled_during_the_run() -> None:
    run = begun()
    run.do(c.Fill({"reach": "large"}), by="dee")

    assert facts_done(run).step("large").state == "ready"


def test_what_was_asked_at_the_start_does_not_change() -> None:
    run = begun()

    assert run.refused(c.Fill({"site": "Plant 5"})).allowed == ("add", "note")
    assert run.code(c.Fill({"nickname": "the clip"})) == "bad_value"


def test_several_inputs_are_filled_together_or_not_at_all() -> None:
    run = begun(unknown=("site",))

    assert run.code(c.Fill({"site": "Plant 5", "reach": "huge"})) == "bad_value"
    assert "site" in run.incident.unknown


@pytest.mark.parametrize("values", [{"sight": "x"}, {"reach": None}, {"reach": ["large"]}, {"reach": 3}])
def test_what_does_not_fit_is_refused(values: dict[str, object]) -> None:
    assert begun().code(c.Fill(values)) in ("unknown_input", "bad_value")


def test_an_input_is_not_given_and_unknown_at_once() -> None:
    assert declared(unknown=("site",)).code == "bad_value"


def test_an_unknown_input_of_the_playbook_is_refused_with_those_there_are() -> None:
    assert declared(inputs={**KNOWN, "sight": "x"}).code == "unknown_input"


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "sev0"},
        {"speed": 5},
        {"mode": "rehearsal", "speed": 3601},
        {"title": "x" * 201},
        {"detected_at": MONDAY + timedelta(minutes=1)},
        {"detected_at": datetime(2026, 1, 1)},
    ],
)
def test_a_start_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    assert declared(**fields).code in ("bad_value", "unknown_level")


def test_a_personal_yes_is_still_a_yes_in_a_guard() -> None:
    assert facts_done(begun(minor=True)).step("guard").state == "ready"
    assert facts_done(begun()).step("guard").state == "skipped"


def test_a_duration_is_compared_with_what_has_elapsed() -> None:
    run = begun()
    run.forward(hours=3)

    assert facts_done(run).step("slow").state == "ready"


def test_people_are_marked_as_personal_with_whom_they_are_about() -> None:
    assert begun().incident.inputs["people"] == [Personal("Fred Hollis", "Fred Hollis")]


def test_people_and_links_are_added_each_once() -> None:
    run = begun()
    run.do(c.Add({"people": ["Fred Hollis", "John Doe"], "links": ["https://a.example/1"]}), by="dee")

    assert [event.added for event in run.events(e.InputAdded)] == [(Personal("John Doe", "John Doe"),), ("https://a.example/1",)]
    assert run.do(c.Add({"people": ["John Doe"]})) == ()


def test_nothing_else_grows() -> None:
    assert begun().code(c.Add({"site": ["Plant 5"]})) == "bad_value"
    assert begun().code(c.Add({"links": ["not a link"]})) == "bad_value"


def test_one_bad_list_adds_nothing() -> None:
    run = begun()

    assert run.code(c.Add({"people": ["John Doe"], "links": ["not a link"]})) == "bad_value"


def test_a_default_is_taken_where_nothing_is_given() -> None:
    assert begun().incident.inputs["patience"] == "2h"


def test_a_retired_playbook_is_not_started_and_a_draft_only_in_rehearsal() -> None:
    for status, mode, expected in (("retired", "rehearsal", "not_startable"), ("draft", "live", "not_startable")):
        world = trial_world(STEPS, head=HEAD.replace("owner:", f"status: {status}\nowner:"))
        command = c.Declare(id="1" * 32, key="INC-1", inputs=KNOWN, mode=mode)
        decided = decide(world, None, command, actor=person("ana"), now=datetime(2026, 1, 1, tzinfo=UTC))

        assert isinstance(decided, Refusal)
        assert decided.code == expected


def test_nothing_is_declared_twice() -> None:
    run = begun()

    assert run.code(c.Declare(id="2" * 32, key="INC-2", inputs=KNOWN)) == "already_settled"
