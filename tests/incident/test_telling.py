"""Who is told directly of what has happened."""

import pytest

from engine.incident import commands as c
from engine.incident.effects import Delivery
from engine.incident.react import react
from tests.incident.given import Run, trial

STEPS = """
  - {id: draft, statement: Our line, role: press, audience: public, template: line}
  - {id: agree, approval: Two keys, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
"""


def told(run: Run, command: c.AnyCommand, *, by: str) -> dict[str, Delivery]:
    """What each person is told because of a command."""
    before = run.incident
    entries = run.do(command, by=by)
    deliveries = react(run.world, before, run.incident, entries)
    return {each.target.removeprefix("person:"): each for each in deliveries if each.kind == "tell"}


def with_a_draft() -> Run:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")
    return run


def test_a_changed_key_holder_is_told_to_the_lead_and_the_other_keys() -> None:
    heard = told(with_a_draft(), c.HandOver("legal", "eve", "my shift ends"), by="ben")

    assert set(heard) == {"eve", "ana", "cho"}


def test_a_hold_is_told_to_everybody_with_a_key_but_not_to_who_placed_it() -> None:
    heard = told(with_a_draft(), c.Hold("it may be altered"), by="ben")

    assert set(heard) == {"ana", "cho"}


def test_key_holders_are_asked_when_there_are_words() -> None:
    run = trial(STEPS)
    heard = told(run, c.SubmitDraft("draft"), by="dee")

    assert {"ben", "cho"} <= set(heard)


def test_a_sentence_says_more_than_the_card_unless_a_step_is_simply_ready() -> None:
    run = trial(STEPS)
    ready = told(run, c.SubmitDraft("draft"), by="dee")
    late = told(run, c.HandOver("legal", "eve", "my shift ends"), by="ben")

    assert ready["cho"].body["repeats_card"]
    assert not late["eve"].body.get("repeats_card")


def test_words_that_differ_are_told_to_the_keys() -> None:
    run = with_a_draft()
    run.agree("agree", "draft", "ben", "cho")
    heard = told(run, c.Confirm("post", "site", "https://example.com/1", text="Something else."), by="dee")

    assert {"ben", "cho"} <= set(heard)


def test_a_preview_names_the_key_and_the_playbook_only() -> None:
    run = trial(STEPS, title="Argument at Plant 4")
    heard = told(run, c.SubmitDraft("draft"), by="dee")

    assert heard["ben"].body["preview"] == "INC-1 A trial: a step waits for you."


def test_a_preview_of_a_rehearsal_says_so() -> None:
    run = trial(STEPS, mode="rehearsal")
    heard = told(run, c.SubmitDraft("draft"), by="dee")

    assert {each.body["preview"] for each in heard.values() if "preview" in each.body} <= {"REHEARSAL INC-1 A trial: a step waits for you."}


@pytest.mark.parametrize("command", [c.HandOver("legal", "eve", "my shift ends"), c.Hold("Plant 4 burns")])
def test_no_preview_says_what_only_the_message_may_say(command: c.AnyCommand) -> None:
    heard = told(with_a_draft(), command, by="ben")
    previews = " ".join(each.body["preview"] for each in heard.values())

    assert not [words for words in ("Plant 4", "Two keys", "shift", "Eve", "Ben") if words in previews]


def test_whoever_gets_a_role_gets_its_facts_and_the_others_do_not() -> None:
    heard = told(with_a_draft(), c.HandOver("legal", "eve", "my shift ends"), by="ben")

    assert (heard["eve"].body["role"]["role"], heard["eve"].body["role"]["note"]) == ("legal", "my shift ends")
    assert heard["eve"].body["preview"] == "INC-1 A trial: you have a role in it."
    assert "role" not in heard["ana"].body


def test_who_is_reminded_gets_the_step_again() -> None:
    run = trial("  - {id: facts, task: Find out, role: press, due: 20m, remind: [5m before]}")
    before, first = run.incident, len(run.entries)
    run.forward(minutes=16)
    deliveries = react(run.world, before, run.incident, run.entries[first:])

    assert [each.body["task"]["step"] for each in deliveries if each.body.get("reason") == "reminded"] == ["facts"]


def test_who_hears_that_a_private_step_is_late_does_not_read_it() -> None:
    steps = "  - {id: care, task: Speak, do: Ask nothing, role: press, private: true, due: 10m, escalate: [{late: 5m, to: comms_lead}]}"
    run = trial(steps)
    before, first = run.incident, len(run.entries)
    run.forward(minutes=16)
    [late] = [each for each in react(run.world, before, run.incident, run.entries[first:]) if each.body.get("reason") == "late"]

    assert late.target == "person:cho"
    assert "do" not in late.body["task"]


def test_key_holders_are_asked_again_when_the_words_change_under_them() -> None:
    run = with_a_draft()
    run.forward(minutes=2)
    heard = told(run, c.SubmitDraft("draft", "We know, and we care."), by="dee")

    assert set(heard) == {"ben", "cho"}
    assert {each.body["task"]["version"] for each in heard.values()} == {2}
