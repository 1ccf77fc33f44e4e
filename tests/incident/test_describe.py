"""What a reader sees of an incident: complete for those who take part, masked for everybody else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.describe import incident_facts, step_facts, step_ids
from engine.incident.state import Incident
from engine.incident.visibility import can_see, may_read, participants
from tests.incident.given import HEAD, MONDAY, Run, person, trial_world

STEPS = """
  - {id: facts, task: Find out, role: incident_lead, due: 20m, checklist: [Who, {item: Where, optional: true}]}
  - {id: care, task: Speak to them, role: legal, private: true, do: Ask nothing, due: 30m, result: {type: text}}
  - {id: fair, approval: Agree that it was fair, of: care, approvers: [comms_lead], on_reject: {rework: care}}
  - {id: keep, evidence: Save every copy, role: press, from: inputs.links, collect: [screenshot]}
  - id: speak
    decision: Do we post?
    role: comms_lead
    needs: [facts]
    options: {post: {label: Post it, then: [draft]}, wait: {label: Wait, then: []}}
  - {id: draft, statement: Say what we know, role: press, audience: public, template: line}
  - {id: agree, approval: Agree the words, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [site]}
  - {id: finish, task: Look back, role: incident_lead, needs: [facts, post], even_if_blocked: true, sets: closed}
follow_ups:
  - {id: day_30, at: 30d from closed, role: incident_lead, task: Ask again}
milestones:
  said: {title: Words are out, reached_by: [post], within: 60m}
metrics:
  time_to_words: {title: Minutes to words, type: elapsed, from: declared, to: said, target: "<= 60m"}
  views: {title: Views, type: number, source: facts, target: "<= 1000"}
"""
INPUTS = {"people": ["Fred Hollis"], "links": ["https://a.example/1"]}
STRANGER = person("eve")
ADMIN = Actor(service="token:root", via="rest", credential="t", admin=True)


def started(*, visibility: str = "organisation", **fields: Any) -> Run:
    head = HEAD.replace("inputs:", f"settings: {{visibility: {visibility}}}\ninputs:").replace("group:lawyers", "person:ben")
    return Run.begin(trial_world(STEPS, head=head), inputs=INPUTS, **fields)


@pytest.fixture
def run() -> Run:
    return started()


def look(run: Run, by: str | Actor = "ana") -> dict[str, Any]:
    viewer = by if isinstance(by, Actor) else person(by)
    return incident_facts(run.world, run.incident, viewer=viewer, now=run.now)


def look_at(run: Run, step: str, by: str | Actor = "ana") -> dict[str, Any]:
    viewer = by if isinstance(by, Actor) else person(by)
    return step_facts(run.world, run.incident, step, viewer=viewer, now=run.now)


def to_agreed_words(run: Run) -> str:
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "post"), by="cho")
    run.do(c.SubmitDraft("draft"), by="dee")
    version = run.version("draft")
    run.do(c.Approve("agree", version), by="ben")
    run.do(c.Approve("agree", version), by="cho")
    return version


def test_an_incident_has_every_field_of_the_contract(run: Run) -> None:
    contract = (
        "id key title playbook status mode severity declared_at detected_at contained_at closed_at declared_by roles milestones "
        "counts metrics tickets links version"
    )

    facts = look(run)

    assert set(contract.split()) <= set(facts)
    assert facts["playbook"]["digest"] == run.world.plan.digest
    assert (
        facts["roles"]["incident_lead"] | {"person": "ana", "acknowledged_at": "2026-11-23T17:00:00.000Z"}
        == facts["roles"]["incident_lead"]
    )


def test_facts_are_json_for_every_step_and_every_reader(run: Run) -> None:
    to_agreed_words(run)

    readers = [person(name) for name in run.world.organisation.people] + [ADMIN, Actor(service="token:x", via="rest")]

    assert all(json.dumps(look_at(run, step, reader)) for step in step_ids(run.world, run.incident) for reader in readers)
    assert all(json.dumps(look(run, reader)) for reader in readers)


def test_steps_stand_in_the_playbooks_order_with_follow_ups_and_added_tasks_last(run: Run) -> None:
    run.do(c.AddTask("Call the landlord", "press"))

    assert step_ids(run.world, run.incident)[-3:] == ("finish", "day_30", "added_1")


def test_an_unknown_step_raises_key_error(run: Run) -> None:
    with pytest.raises(KeyError):
        look_at(run, "nothing")


def test_personal_inputs_are_masked_for_who_does_not_take_part(run: Run) -> None:
    assert look(run, "dee")["inputs"]["people"] == ["Fred Hollis"]
    assert look(run, STRANGER)["inputs"]["people"] == ["[personal]"]
    assert look(run, ADMIN)["inputs"]["people"] == ["[personal]"]


def test_a_task_title_that_names_somebody_is_masked_for_who_does_not_take_part(run: Run) -> None:
    run.do(c.AddTask("Call Fred Hollis", "press"))

    assert look_at(run, "added_1")["title"] == "Call Fred Hollis"
    assert look_at(run, "added_1", STRANGER)["title"] == "[personal]"


def test_a_private_step_shows_its_content_to_its_role_and_its_key_holder_only(run: Run) -> None:
    run.do(c.CompleteStep("care", "they are safe"), by="ben")

    assert {name: look_at(run, "care", name)["result"] for name in ("ana", "ben", "cho", "dee")} == {
        "ana": None,
        "ben": "they are safe",
        "cho": "they are safe",
        "dee": None,
    }


def test_the_lead_sees_title_state_and_deadline_of_a_private_step(run: Run) -> None:
    masked = look_at(run, "care")

    assert (masked["title"], masked["state"], masked["due_at"]) == ("Speak to them", "ready", "2026-11-23T17:30:00.000Z")
    assert (masked["masked"], masked["do"], masked["checklist"], masked["result_type"]) == (True, "", [], {})


def test_an_admin_reads_no_private_step(run: Run) -> None:
    run.do(c.CompleteStep("care", "they are safe"), by="ben")

    assert "safe" not in json.dumps(look_at(run, "care", ADMIN))


def test_an_approval_of_private_work_shows_it_to_its_key_holder_and_to_nobody_else(run: Run) -> None:
    run.do(c.CompleteStep("care", "they are safe"), by="ben")

    assert look_at(run, "fair", "cho")["work"]["result"] == "they are safe"
    assert look_at(run, "fair", "cho")["content_hash"] == run.version("care")
    assert look_at(run, "fair", "ana")["work"] == {}


def test_a_statement_shows_what_its_template_proposes_until_it_is_submitted(run: Run) -> None:
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "post"), by="cho")

    proposed = look_at(run, "draft", "dee")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    submitted = look_at(run, "draft", "dee")

    assert list(proposed["proposed"].values()) == ["We know about Plant 4."]
    assert (submitted["proposed"], submitted["text"], submitted["version"]) == ({}, "We know.", 1)
    assert submitted["content_hash"] == run.version("draft")


def test_an_approval_shows_the_words_their_hash_and_the_keys(run: Run) -> None:
    version = to_agreed_words(run)

    facts = look_at(run, "agree")

    assert (facts["text"], facts["content_hash"]) == ("We know about Plant 4.", version)
    assert [(key["role"], key["person"], key["decision"], key["version"]) for key in facts["approvals"]] == [
        ("legal", "ben", "approve", version),
        ("comms_lead", "cho", "approve", version),
    ]


def test_a_publish_shows_its_channels_and_receipts(run: Run) -> None:
    version = to_agreed_words(run)
    run.do(c.Confirm("post", "site", "https://example.com/news", text="We know nothing."), by="dee")

    facts = look_at(run, "post")

    assert facts["channels"] == [{"channel": "site", "kind": "manual", "where": "example.com", "confirmed": True}]
    assert (facts["content_hash"], facts["frozen"]) == (version, True)
    assert [(receipt["link"], receipt["differs"]) for receipt in facts["receipts"]] == [("https://example.com/news", True)]


def test_evidence_lists_sources_and_items_as_reported(run: Run) -> None:
    run.do(c.AddEvidence("keep", "https://a.example/1", "ab" * 32, collected={"screenshot": "1.png"}), by="dee")

    facts = look_at(run, "keep")

    assert facts["sources"] == [{"source": "https://a.example/1", "kept": True}]
    assert (facts["evidence"][0]["strength"], facts["evidence"][0]["collected"]) == ("reported", {"screenshot": "1.png"})


def test_a_decision_lists_its_options_and_the_answer(run: Run) -> None:
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "wait"), by="cho")

    facts = look_at(run, "speak")

    assert [(option["option"], option["label"], option["then"]) for option in facts["options"]] == [
        ("post", "Post it", ["draft"]),
        ("wait", "Wait", []),
    ]
    assert facts["answer"] == "wait"


def test_a_checklist_says_who_ticked_what(run: Run) -> None:
    run.do(c.TickItem("facts", "Who"))

    assert look_at(run, "facts")["checklist"] == [
        {"item": "Who", "optional": False, "done": True, "by": "ana", "at": "2026-11-23T17:00:00.000Z"},
        {"item": "Where", "optional": True, "done": False, "by": None, "at": None},
    ]


def test_late_steps_are_marked_and_counted(run: Run) -> None:
    run.forward(minutes=21)

    assert look_at(run, "facts")["late"]
    assert look(run)["counts"]["late"] == 1


def test_an_elapsed_metric_is_measured_against_its_target(run: Run) -> None:
    running = look(run)["metrics"]["time_to_words"]
    run.forward(minutes=7)
    to_agreed_words(run)
    run.do(c.Confirm("post", "site", "https://example.com/news"), by="dee")
    run.forward(hours=9)

    reached = look(run)["metrics"]["time_to_words"]

    assert (running["value"], running["met"], running["running"]) == (None, None, True)
    assert (reached["value"], reached["seconds"], reached["met"]) == ("7m", 420, True)


def test_an_elapsed_metric_that_can_no_longer_be_met_is_missed_while_it_runs(run: Run) -> None:
    run.forward(minutes=61)

    metric = look(run)["metrics"]["time_to_words"]

    assert (metric["running"], metric["met"]) == (True, False)


def test_elapsed_time_of_a_rehearsal_is_multiplied_back() -> None:
    run = started(mode="rehearsal", speed=60)
    run.forward(seconds=10)
    to_agreed_words(run)
    run.do(c.Confirm("post", "site", "https://example.com/news"), by="dee")

    assert look(run)["metrics"]["time_to_words"]["value"] == "10m"


def test_a_recorded_metric_is_compared_with_its_target(run: Run) -> None:
    run.do(c.RecordMetrics({"views": 1001}))

    assert look(run)["metrics"]["views"] | {"value": 1001, "met": False, "by": "ana"} == look(run)["metrics"]["views"]


def test_a_milestone_tells_the_time_that_is_left(run: Run) -> None:
    run.forward(minutes=50)

    milestone = look(run)["milestones"][0]

    assert (milestone["id"], milestone["seconds_left"], milestone["missed"], milestone["applies"]) == ("said", 600, False, True)


def test_a_milestone_whose_steps_were_skipped_does_not_apply(run: Run) -> None:
    run.do(c.TickItem("facts", "Who"))
    run.do(c.CompleteStep("facts"))
    run.do(c.Answer("speak", "wait"), by="cho")

    assert not look(run)["milestones"][0]["applies"]


def test_everybody_sees_an_incident_of_the_organisation(run: Run) -> None:
    assert can_see(run.world, run.incident, STRANGER)


def test_only_participants_and_admins_see_an_incident_for_participants() -> None:
    run = started(visibility="participants", by="eve")

    seen = {name for name in run.world.organisation.people if can_see(run.world, run.incident, person(name))}

    assert seen == {"ana", "ben", "dee", "eve"}
    assert can_see(run.world, run.incident, ADMIN)
    assert not can_see(run.world, run.incident, Actor(service="token:robot", via="rest"))


def test_an_invitation_and_an_assignment_let_somebody_in() -> None:
    run = started(visibility="participants")
    before = can_see(run.world, run.incident, STRANGER)
    run.do(c.Invite("eve"))

    assert not before
    assert can_see(run.world, run.incident, STRANGER)


def test_a_service_sees_what_it_declared_itself_and_what_its_person_sees() -> None:
    run = started(visibility="participants")
    robot = Actor(service="token:robot", via="rest")
    declared = replace(run, incident=_declared_by(run, "token:robot"))

    assert can_see(declared.world, declared.incident, robot)
    assert can_see(run.world, run.incident, Actor(service="token:robot", person="ana", via="rest"))
    assert not can_see(declared.world, declared.incident, Actor(service="token:robot", person="eve", via="rest"))


def test_somebody_named_by_an_address_is_also_known_by_their_id(run: Run) -> None:
    run.incident = _declared_by(run, "EVE@example.com")

    assert "eve" in participants(run.world, run.incident)


def test_a_reader_role_reads_a_private_step() -> None:
    steps = STEPS.replace("private: true,", "private: true, readers: [press],")
    run = Run.begin(trial_world(steps), inputs=INPUTS)

    assert may_read(run.world, run.incident, "care", person("dee"))
    assert not may_read(run.world, run.incident, "care", person("ana"))
    assert not may_read(run.world, run.incident, "nothing", person("ana"))


def test_a_hold_is_shown_with_who_and_why(run: Run) -> None:
    run.do(c.Hold("new facts"), by="ana")

    assert look(run)["hold"] == {"by": "ana", "at": MONDAY.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "reason": "new facts"}


def _declared_by(run: Run, name: str) -> Incident:
    return changed(run.incident, declared_by=name)
