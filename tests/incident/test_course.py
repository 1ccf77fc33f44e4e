"""The course of an incident: contained, closed, complete, reopened, cancelled, merged."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY, Actor
from tests.incident.given import Run, trial

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: calm, task: It is calm, role: press, sets: contained}
  - {id: finish, task: Finish, role: incident_lead, needs: [facts], even_if_blocked: true, checklist: [Thanks], sets: closed}
  - {id: review, task: Review, role: incident_lead, needs: [finish], due: 5d from closed}
"""


def finished() -> Run:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.TickItem("finish", "Thanks"))
    run.do(c.Close())
    return run


def completed() -> Run:
    run = finished()
    run.do(c.CompleteStep("calm"), by="dee")
    run.do(c.CompleteStep("review"))
    return run


def test_close_completes_the_closing_step() -> None:
    run = finished()

    assert (run.step("finish").state, run.incident.status, run.incident.closed_at) == ("done", "closed", run.now)


def test_completing_the_closing_step_closes() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.TickItem("finish", "Thanks"))
    run.do(c.CompleteStep("finish"))

    assert run.incident.status == "closed"


def test_close_says_what_is_missing() -> None:
    run = trial(STEPS)
    assert run.refused(c.Close()).reason == "still open before 'finish': facts"
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.refused(c.Close()).code == "checklist_open"


@pytest.mark.parametrize(
    ("step", "command"),
    [
        (
            "{id: finish, decision: Done, role: press, sets: closed, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}",
            c.Answer("finish", "yes"),
        ),
        (
            "{id: finish, evidence: Save the log, role: incident_lead, collect: [screenshot], sets: closed}",
            c.AddEvidence("finish", "log", "ab" * 32),
        ),
        (
            "{id: finish, statement: Last words, role: incident_lead, audience: employees, template: line, sets: closed}",
            c.SubmitDraft("finish"),
        ),
    ],
    ids=["decision", "evidence", "statement"],
)
def test_a_closing_step_of_any_kind_closes(step: str, command: c.AnyCommand) -> None:
    run = trial(f"  - {step}\n  - {{id: rest, task: Rest, role: press}}\n")
    run.do(command)

    assert run.incident.status == "closed"


def test_an_approval_may_close() -> None:
    run = trial(
        """
  - {id: facts, task: Find out, role: press}
  - {id: agree, approval: May we close?, of: facts, approvers: [legal], sets: closed, on_reject: {rework: facts}}
"""
    )
    run.do(c.CompleteStep("facts"), by="dee")
    run.agree("agree", "facts", "ben")

    assert run.incident.closed_at is not None


def test_without_a_closing_step_the_lead_closes() -> None:
    run = trial("  - {id: facts, task: Find out, role: press}\n")

    assert run.code(c.Close(), by="dee") == "not_you"
    assert run.do(c.Close())


def test_where_the_closing_step_can_not_run_the_lead_closes() -> None:
    run = trial(
        """
  - {id: count, http: Count, url: "https://api.example.com/v"}
  - {id: finish, task: Finish, role: press, needs: [count], sets: closed}
"""
    )
    run.do(c.RecordDelivery("d", "count", "failed", error="503"), by=DELIVERY)
    assert run.step("finish").state == "blocked"

    assert run.code(c.Close(), by="dee") == "not_you"
    assert run.do(c.Close())


def test_closing_twice_changes_nothing() -> None:
    assert finished().do(c.Close()) == ()


def test_after_closing_the_review_still_runs_and_its_deadline_counts_from_there() -> None:
    run = finished()

    assert (run.step("review").state, run.step("review").due_at is not None) == ("ready", True)


def test_complete_is_when_everything_is_settled() -> None:
    run = finished()
    run.do(c.CompleteStep("review"))
    assert run.incident.status == "closed"
    run.do(c.CompleteStep("calm"), by="dee")

    assert run.incident.status == "complete"


def test_an_added_task_keeps_it_from_being_complete() -> None:
    run = finished()
    run.do(c.AddTask("Send flowers", "press"))
    run.do(c.CompleteStep("review"))
    run.do(c.CompleteStep("calm"), by="dee")
    assert run.incident.status == "closed"
    run.do(c.CompleteStep("added_1"), by="dee")

    assert run.incident.status == "complete"


def test_a_step_stamps_contained() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("calm"), by="dee")

    assert (run.incident.status, run.incident.contained_at) == ("contained", run.now)


def test_the_lead_stamps_contained() -> None:
    run = trial(STEPS)

    assert run.code(c.Contain(), by="dee") == "not_you"
    run.do(c.Contain())
    assert run.incident.status == "contained"
    assert run.do(c.Contain()) == ()


def test_contained_may_be_passed_over() -> None:
    run = finished()

    assert (run.incident.status, run.incident.contained_at) == ("closed", None)


def test_reopening_resets_the_closing_step_and_what_came_after() -> None:
    run = completed()
    run.do(c.Reopen("a second clip"))

    assert run.states("facts", "finish", "review") == {"facts": "done", "finish": "ready", "review": "waiting"}
    assert (run.incident.status, run.incident.closed_at) == ("contained", None)


def test_an_incident_is_closed_again_after_reopening() -> None:
    run = completed()
    run.do(c.Reopen("a second clip"))
    run.do(c.TickItem("finish", "Thanks"))
    run.do(c.Close())
    run.do(c.CompleteStep("review"))

    assert run.incident.status == "complete"
    assert len(run.events(e.IncidentClosed)) == 2


def test_an_approval_that_closed_closes_again_after_reopening() -> None:
    run = trial(
        """
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site], sets: closed}
"""
    )
    run.do(c.SubmitDraft("draft"), by="dee")
    run.agree("agree", "draft", "ben")
    run.do(c.Confirm("post", "site", "https://example.com/1"), by="dee")
    run.do(c.Reopen("a second clip"))
    assert (run.incident.status, run.step("post").state) == ("active", "ready")
    run.do(c.StartStep("post"), by="dee")

    assert run.incident.closed_at is not None


def test_only_a_closed_incident_is_reopened_by_its_lead_with_a_reason() -> None:
    assert trial(STEPS).code(c.Reopen("why")) == "not_closable"
    assert finished().code(c.Reopen("why"), by="dee") == "not_you"
    assert finished().code(c.Reopen(" ")) == "note_required"


def test_cancelling_settles_everything_as_blocked() -> None:
    run = trial(STEPS, more="follow_ups: [{id: day_30, at: 30d from closed, role: press, task: Look again}]\n")
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.Cancel("a hoax"))

    assert run.incident.status == "cancelled"
    assert run.states("facts", "calm", "finish", "review", "day_30") == {"facts": "done"} | dict.fromkeys(
        ["calm", "finish", "review", "day_30"], "blocked"
    )


def test_only_the_lead_cancels_with_a_reason() -> None:
    assert trial(STEPS).code(c.Cancel("a hoax"), by="dee") == "not_you"
    assert trial(STEPS).code(c.Cancel("  ")) == "note_required"


def test_a_cancelled_incident_is_not_reopened() -> None:
    run = finished()
    run.do(c.Cancel("a hoax"))

    assert run.code(c.Reopen("why")) == "not_closable"


@pytest.mark.parametrize(
    "command", [c.StartStep("calm"), c.Raise("sev1", "x"), c.Close(), c.Cancel("x"), c.AddTask("x", "press"), c.Hold("x")]
)
def test_what_is_over_hears_no_more_commands(command: c.AnyCommand) -> None:
    run = trial(STEPS)
    run.do(c.Cancel("a hoax"))

    assert run.code(command) == "over"


def test_what_is_over_still_takes_notes() -> None:
    assert completed().do(c.Note("thank you"))


def test_merging_settles_it_as_a_duplicate() -> None:
    run = trial(STEPS)
    run.do(c.Merge("INC-9"))

    assert (run.incident.status, run.incident.merged_into, run.step("facts").reason) == ("cancelled", "INC-9", "merged into INC-9")


def test_the_history_keeps_why_it_was_merged() -> None:
    run = trial(STEPS)
    events = run.do(c.Merge("INC-9", "the same video"))

    assert [each.event.reason for each in events if isinstance(each.event, e.IncidentMerged)] == ["the same video"]


def test_nothing_is_merged_into_itself() -> None:
    assert trial(STEPS).code(c.Merge("INC-1")) == "bad_value"


def test_an_added_task_needs_a_title_and_a_role_there_is() -> None:
    run = trial(STEPS)

    assert run.code(c.AddTask(" ", "press")) == "bad_value"
    assert run.code(c.AddTask("x" * 301, "press")) == "bad_value"
    assert run.code(c.AddTask("Call", "pres")) == "unknown_role"


def test_a_checklist_is_ticked_by_text_or_number() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")
    run.do(c.TickItem("finish", " thanks "))
    run.do(c.TickItem("finish", "1", done=False))

    assert run.step("finish").ticks == {}


@pytest.mark.parametrize("item", ["2", "0", "²", "9" * 5000, "Thank"])
def test_an_item_that_the_checklist_lacks_is_refused(item: str) -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.code(c.TickItem("finish", item)) == "unknown_item"


def test_optional_items_may_stay_open() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, checklist: [Who, {item: Why, optional: true}]}\n")
    run.do(c.TickItem("facts", "Who"), by="dee")

    assert run.do(c.CompleteStep("facts"), by="dee")


def test_completing_twice_changes_nothing_but_not_by_somebody_else() -> None:
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by="dee")

    assert run.do(c.CompleteStep("facts"), by="dee") == ()
    assert run.code(c.CompleteStep("facts"), by="ana") == "already_settled"


@pytest.mark.parametrize(
    ("result", "code"), [(None, "missing_input"), ("maybe", "bad_value"), ("yes", None), (True, None)], ids=["none", "odd", "word", "value"]
)
def test_a_result_that_the_author_asks_for_is_checked(result: object, code: str | None) -> None:
    run = trial("  - {id: facts, task: Find out, role: press, result: {type: yes_no, required: true}}\n")
    decided = run.attempt(c.CompleteStep("facts", result), by="dee")

    assert getattr(decided, "code", None) == code


def test_a_service_without_a_person_steers_and_works_but_not_in_private() -> None:
    robot = Actor(service="bot", via="rest")
    run = trial(STEPS)
    run.do(c.CompleteStep("facts"), by=robot)

    assert run.step("facts").done_by == "bot"
    assert run.do(c.Cancel("a hoax"), by=robot)
