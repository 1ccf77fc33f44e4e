"""Private steps stay with their people, and every text that names a personal value carries its mark."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import DELIVERY, Actor
from engine.incident.personal import Personal, plain_text
from tests.incident.given import Run, trial

NAME = "Fred Hollis"
SAID = "because Fred Hollis asked"
STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: talk, task: Talk to them, role: press, private: true, helpers: [comms_lead]}
  - {id: one, decision: One?, role: press, options: {yes: {label: Y, then: []}, no: {label: N, then: []}}}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site, newsroom]}
  - {id: save, evidence: Save, role: press, collect: [uploader, comments]}
  - {id: count, http: Count, url: "https://api.example.com/v", save: {top: $.top}}
  - {id: told, message: Tell, needs: [talk], to: [war_room], text: "They said: {{ steps.talk.result | default('nothing') }}"}
"""
MARKED = Personal(SAID, NAME)


def begun(steps: str = STEPS, **fields: object) -> Run:
    return trial(steps, inputs={"people": [NAME]}, **fields)


def approved() -> Run:
    run = begun()
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben")
    return run


def reason_of(run: Run, kind: type, field: str = "reason") -> object:
    return getattr(run.events(kind)[-1], field)


def test_whoever_is_not_of_its_role_can_not_touch_a_private_step() -> None:
    run = begun()

    assert [run.code(command, by="ana") for command in (c.StartStep("talk"), c.CompleteStep("talk"), c.SkipStep("talk", "no"))] == [
        "not_you"
    ] * 3
    assert run.code(c.CompleteStep("talk"), by=Actor(service="bot", via="rest")) == "not_you"


def test_its_role_and_its_helpers_work_on_a_private_step() -> None:
    assert begun().do(c.CompleteStep("talk"), by="dee")
    assert begun().do(c.CompleteStep("talk"), by="cho")


def test_the_lead_gives_a_private_step_to_somebody() -> None:
    run = begun()
    run.do(c.AssignStep("talk", "eve"), by="ana")

    assert run.do(c.CompleteStep("talk"), by="eve")


def test_a_service_gives_no_private_step_away() -> None:
    assert begun().code(c.AssignStep("talk", "eve"), by=Actor(person="ana", service="bot", via="rest")) == "own_credential"


def test_what_is_written_in_a_private_step_is_sealed() -> None:
    run = begun()
    run.do(c.Comment("talk", "they are fine"), by="dee")
    run.do(c.CompleteStep("talk", result="they are all fine"), by="dee")

    assert run.events(e.StepCommented)[0].text == Personal("they are fine")
    assert run.step("talk").result == Personal("they are all fine")


def test_what_came_of_a_private_step_is_never_told_in_the_room() -> None:
    run = begun()
    run.do(c.CompleteStep("talk", result="they are all fine"), by="dee")

    assert reason_of(run, e.MessageSent, "text") == "They said: [private]"


def test_what_came_of_a_step_and_is_personal_is_masked_in_the_room() -> None:
    run = begun(STEPS.replace("private: true, ", "result: {type: person}, "))
    run.do(c.CompleteStep("talk", result="Zoe Quill"), by="dee")

    assert reason_of(run, e.MessageSent, "text") == "They said: [personal]"


def test_a_persons_name_that_came_of_a_step_marks_later_texts() -> None:
    run = begun(STEPS.replace("private: true, ", "result: {type: person}, "))
    run.do(c.CompleteStep("talk", result="Zoe Quill"), by="dee")
    run.do(c.Note("zoe quill was there"))

    assert reason_of(run, e.Noted, "text") == Personal("zoe quill was there", "Zoe Quill")


@pytest.mark.parametrize(
    ("command", "by", "kind", "field"),
    [
        (c.Note(SAID), "ana", e.Noted, "text"),
        (c.Comment("facts", SAID), "dee", e.StepCommented, "text"),
        (c.SkipStep("facts", SAID), "dee", e.StepSkipped, "reason"),
        (c.CompleteStep("facts", SAID), "dee", e.StepCompleted, "result"),
        (c.Decline("facts", SAID), "dee", e.StepDeclined, "reason"),
        (c.Raise("sev1", SAID), "dee", e.SeverityRaised, "reason"),
        (c.AddTask(SAID, "press"), "dee", e.TaskAdded, "title"),
        (c.Hold(SAID), "ana", e.HoldPlaced, "reason"),
        (c.Cancel(SAID), "ana", e.IncidentCancelled, "reason"),
        (c.HandOver("press", "eve", SAID), "dee", e.RoleHeld, "note"),
        (c.Answer("one", "yes", note=SAID), "dee", e.DecisionAnswered, "note"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_text_that_names_somebody_is_sealed(command: c.AnyCommand, by: str, kind: type, field: str) -> None:
    run = begun()
    run.do(command, by=by)

    assert MARKED in [getattr(event, field) for event in run.events(kind)]


def test_a_reason_to_lower_release_and_reopen_is_sealed() -> None:
    run = begun(severity="sev1")
    run.do(c.Lower("sev2", SAID))
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.do(c.Hold("wait"))
    run.do(c.Release(SAID), by="ben")
    run.do(c.Close())
    run.do(c.Reopen(SAID))

    assert [reason_of(run, kind) for kind in (e.SeverityLowered, e.HoldReleased, e.IncidentReopened)] == [MARKED] * 3


def test_a_reason_to_revise_reject_and_withdraw_is_sealed() -> None:
    run = approved()
    run.do(c.Withdraw("agree", run.version("draft"), SAID), by="ben")
    run.do(c.Reject("agree", run.version("draft"), SAID), by="ben")
    run.do(c.Answer("one", "yes"), by="dee")
    run.do(c.Answer("one", "no", note=SAID), by="dee")

    assert (reason_of(run, e.KeyWithdrawn), reason_of(run, e.AnswerRevised)) == (MARKED, MARKED)
    assert run.step("agree").keys[-1].comment == MARKED


def test_words_that_are_published_or_given_back_are_sealed_where_they_name_somebody() -> None:
    run = approved()
    run.do(c.StartStep("post"), by="dee")
    run.do(c.Decline("post", SAID), by="dee")
    run.do(c.Confirm("post", "site", "https://example.com/1", text=SAID), by="dee")

    assert reason_of(run, e.PublishReturned) == MARKED
    assert run.step("post").receipts["site"].text == MARKED


def test_what_a_machine_answers_is_sealed_where_it_names_somebody() -> None:
    run, failed = begun(), begun()
    run.sent("count", status=200, saved={"top": SAID})
    failed.do(c.RecordDelivery("d", "count", "failed", error=SAID), by=DELIVERY)

    assert run.step("count").saved == {"top": MARKED}
    assert failed.step("count").reason == MARKED


def test_what_was_collected_as_evidence_is_sealed() -> None:
    run = begun()
    run.do(c.AddEvidence("save", "clip", "ab" * 32, {"uploader": "angry_dave", "comments": SAID}), by="dee")

    assert run.step("save").items[0].collected == {"uploader": Personal("angry_dave", "angry_dave"), "comments": MARKED}


def test_an_input_that_names_somebody_listed_in_another_is_sealed() -> None:
    run = trial(STEPS, inputs={"people": [NAME], "site": "The hall of Fred Hollis"})

    assert run.incident.inputs["site"] == Personal("The hall of Fred Hollis", NAME)


def test_a_title_stands_everywhere_and_names_nobody() -> None:
    assert begun(title="fred  hollis and the forklift").incident.title == "[personal] and the forklift"
    assert begun(title="The forklift").incident.title == "The forklift"


def test_a_question_about_a_name_is_sealed() -> None:
    run = trial(STEPS, inputs={"people": ["Ben Okafo"]})
    [task] = run.incident.added.values()

    assert isinstance(task.title, Personal)
    assert "Ben Okafor" in plain_text(task.title)


def test_a_part_of_a_longer_word_is_no_name() -> None:
    run = trial(STEPS, inputs={"people": ["Al"]})
    run.do(c.Note("also alarming"))

    assert reason_of(run, e.Noted, "text") == "also alarming"
