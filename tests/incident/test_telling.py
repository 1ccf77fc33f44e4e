"""Who is told directly of what has happened."""

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


def test_words_that_differ_are_told_to_the_keys() -> None:
    run = with_a_draft()
    run.agree("agree", "draft", "ben", "cho")
    heard = told(run, c.Confirm("post", "site", "https://example.com/1", text="Something else."), by="dee")

    assert {"ben", "cho"} <= set(heard)
