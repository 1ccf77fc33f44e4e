"""The filmed workplace argument, worked through on the core alone."""

from datetime import timedelta

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.evolve import replay
from tests.incident.given import Run, shipped_world

INPUTS = {"video_urls": ["https://video.example/1", "https://video.example/2"], "site": "Plant 4", "people": ["fred", "john"]}
HASH = "ab" * 32


@pytest.fixture
def run() -> Run:
    return Run.begin(shipped_world("filmed_workplace_argument"), inputs=INPUTS)


def holder(run: Run, role: str) -> str:
    return run.incident.roles[role].people[0]


def tick_and_complete(run: Run, step: str, role: str) -> None:
    definition = run.world.step(run.incident, step)
    assert definition is not None
    for entry in definition.checklist:
        run.do(c.TickItem(step, entry.item), by=holder(run, role))
    run.do(c.CompleteStep(step), by=holder(run, role))


def agree(run: Run, approval: str, of: str, *roles: str) -> None:
    for role in roles:
        run.do(c.Approve(approval, run.version(of), role=role), by=holder(run, role))


def to_holding_line(run: Run) -> None:
    run.forward(minutes=5)
    for url in INPUTS["video_urls"]:
        run.do(c.AddEvidence("capture", url, HASH, {"uploader": "someone"}), by=holder(run, "it"))
    tick_and_complete(run, "freeze", "social")
    tick_and_complete(run, "facts", "incident_lead")
    run.do(c.Answer("real", "ours"), by=holder(run, "incident_lead"))
    tick_and_complete(run, "welfare", "hr")
    run.do(c.SubmitDraft("draft_internal"), by=holder(run, "hr"))
    agree(run, "ok_internal", "draft_internal", "legal")
    for channel in ("slack:#all-staff", "email:all-staff"):
        run.do(c.Confirm("send_internal", channel, "https://example.com/note"), by=holder(run, "hr"))
    run.do(c.SubmitDraft("draft_holding"), by=holder(run, "press_officer"))


def to_close(run: Run) -> None:
    run.do(c.Answer("speak", "answer_only"), by=holder(run, "comms_lead"))
    agree(run, "ok_holding", "draft_holding", "legal", "comms_lead")
    run.do(c.Confirm("arm_press_desk", "press_desk", "https://example.com/press"), by=holder(run, "press_officer"))
    run.do(c.Answer("named_online", "no"), by=holder(run, "hr"))
    run.do(c.Answer("protected", "no"), by=holder(run, "legal"))
    for step, role in (("hold_notice", "legal"), ("brief_shift", "hr"), ("tell_works_council", "hr"), ("help_takedown", "hr")):
        tick_and_complete(run, step, role)
    tick_and_complete(run, "investigate", "hr")
    agree(run, "ok_outcome", "investigate", "hr_director", "legal")
    run.forward(hours=25)
    run.do(c.RecordMetrics({"views_total": 4000, "mentions_per_hour": 3}, step="watch"), by=holder(run, "social"))


def test_a_declaration_opens_the_first_steps_with_people_and_deadlines(run: Run) -> None:
    ready = {name for name, state in run.incident.steps.items() if state.state == "ready"}

    assert ready == {"capture", "freeze", "welfare", "facts", "tell_works_council"}
    assert run.step("capture").due_at == run.now + timedelta(minutes=30)
    assert {"incident_lead", "it", "social", "hr"} <= set(run.incident.roles)


def test_answering_ours_opens_its_branch_and_skips_the_others(run: Run) -> None:
    tick_and_complete(run, "facts", "incident_lead")
    run.do(c.Answer("real", "ours"), by=holder(run, "incident_lead"))

    assert run.states("draft_internal", "draft_holding", "protected", "speak") == dict.fromkeys(
        ["draft_internal", "draft_holding", "protected", "speak"], "ready"
    )
    assert run.states("run_deepfake", "draft_correction", "ok_correction", "correct_record") == dict.fromkeys(
        ["run_deepfake", "draft_correction", "ok_correction", "correct_record"], "skipped"
    )


def test_answer_only_skips_the_post_with_its_reason(run: Run) -> None:
    to_holding_line(run)
    run.do(c.Answer("speak", "answer_only"), by=holder(run, "comms_lead"))

    assert run.step("post_holding").reason == "speak=answer_only does not lead here"


def test_the_whole_argument_runs_to_complete(run: Run) -> None:
    to_holding_line(run)
    to_close(run)
    run.do(c.Close(), by=holder(run, "incident_lead"))
    run.forward(days=1)
    tick_and_complete(run, "after_action", "incident_lead")
    for step in ("day_30", "day_60", "day_120"):
        run.forward(days=61)
        run.do(c.CompleteStep(step), by=holder(run, "sponsor" if step == "day_120" else "hr"))

    assert run.incident.status == "complete"
    assert run.step("post_update").skip_cause == "of"
    assert run.step("draft_update").skip_cause == "severity"


def test_named_online_raises_severity_and_calls_the_linked_playbook(run: Run) -> None:
    to_holding_line(run)
    run.do(c.Answer("named_online", "yes"), by=holder(run, "hr"))

    assert run.incident.severity == "sev1"
    [asked] = run.events(e.ChildRequested)
    assert asked.playbook == "employee_doxxing"
    assert asked.inputs["people"] == run.incident.inputs["people"]


def test_raising_severity_reopens_only_what_was_skipped_for_it(run: Run) -> None:
    to_holding_line(run)
    to_close(run)
    run.do(c.Raise("sev1", "national press"), by=holder(run, "hr"))

    assert run.step("draft_update").state == "ready"
    assert run.step("ok_update").state == "waiting"
    assert run.step("post_holding").state == "skipped"


def test_a_late_capture_climbs_its_ladder_on_the_clock(run: Run) -> None:
    run.forward(hours=1)

    climbed = [
        (entry.at, entry.event.rung) for entry in run.entries if isinstance(entry.event, e.Escalated) and entry.event.step == "capture"
    ]
    due_at = run.step("capture").due_at
    assert due_at is not None
    assert climbed == [(due_at + timedelta(minutes=late), rung) for rung, late in enumerate((5, 10, 20))]


def test_an_admin_token_holds_no_key(run: Run) -> None:
    to_holding_line(run)
    refusal = run.refused(c.Approve("ok_holding", run.version("draft_holding")), by=Actor(service="ops", admin=True, via="rest"))

    assert refusal.code == "own_credential"


def test_an_edit_voids_the_keys_that_were_turned(run: Run) -> None:
    to_holding_line(run)
    agree(run, "ok_holding", "draft_holding", "legal", "comms_lead")
    run.do(c.SubmitDraft("draft_holding", "We know about a video. People come first."), by=holder(run, "press_officer"))

    assert run.step("ok_holding").state == "ready"
    assert run.step("ok_holding").keys == ()
    assert run.step("arm_press_desk").state == "waiting"


def test_a_rejection_sends_the_draft_back_and_keeps_its_comment(run: Run) -> None:
    to_holding_line(run)
    run.do(c.Reject("ok_holding", run.version("draft_holding"), "say how people can reach us"), by=holder(run, "legal"))

    assert run.states("draft_holding", "ok_holding") == {"draft_holding": "ready", "ok_holding": "waiting"}
    assert run.step("ok_holding").keys[0].comment == "say how people can reach us"


def test_publishing_before_both_keys_is_refused(run: Run) -> None:
    to_holding_line(run)
    agree(run, "ok_holding", "draft_holding", "legal")
    run.do(c.Answer("speak", "post"), by=holder(run, "comms_lead"))
    refusal = run.refused(c.Confirm("post_holding", "newsroom", "https://example.com/n"), by=holder(run, "social"))

    assert refusal.code == "not_ready"


def test_a_hold_stops_publishing_until_another_key_holder_releases(run: Run) -> None:
    to_holding_line(run)
    run.do(c.Answer("speak", "post"), by=holder(run, "comms_lead"))
    agree(run, "ok_holding", "draft_holding", "legal", "comms_lead")
    run.do(c.Hold("the clip may be altered"), by=holder(run, "legal"))
    refusal = run.refused(c.Confirm("post_holding", "newsroom", "https://example.com/n"), by=holder(run, "social"))
    own = run.refused(c.Release("it is real"), by=holder(run, "legal"))
    run.do(c.Release("it is real"), by=holder(run, "comms_lead"))
    run.do(c.Confirm("post_holding", "newsroom", "https://example.com/n"), by=holder(run, "social"))

    assert (refusal.code, own.code) == ("on_hold", "second_key")
    assert run.step("post_holding").receipts["newsroom"].link == "https://example.com/n"


def test_the_timeline_is_the_fold(run: Run) -> None:
    to_holding_line(run)
    to_close(run)

    assert replay(run.entries) == run.incident
