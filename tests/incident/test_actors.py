"""What a credential is good for: keys, releases and lowering need the person's own; services work, but hold nothing."""

import pytest

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.decide import decide
from engine.incident.refusal import ABOUT_WHO, Refusal
from tests.incident.given import MONDAY, Run, trial

STEPS = """
  - {id: facts, task: Find out, role: press}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
"""
ACTING = Actor(person="ben", service="bot", via="rest")
ADMIN = Actor(service="ops", admin=True, via="rest")
NOBODY = Actor(via="rest")


def drafted() -> Run:
    run = trial(STEPS, severity="sev1")
    run.do(c.SubmitDraft("draft"), by="dee")
    return run


def keyed(run: Run) -> list[c.AnyCommand]:
    version = run.version("draft")
    return [
        c.Approve("agree", version),
        c.Reject("agree", version, "no"),
        c.Withdraw("agree", version, "no"),
        c.HandOver("legal", "eve"),
        c.NameRole("legal", "eve"),
    ]


@pytest.mark.parametrize("number", range(5), ids=["approve", "reject", "withdraw", "hand over", "name"])
@pytest.mark.parametrize("actor", [ACTING, ADMIN], ids=["acting for", "admin"])
def test_keys_are_turned_and_given_only_by_a_persons_own_credential(actor: Actor, number: int) -> None:
    run = drafted()

    assert run.code(keyed(run)[number], by=actor) == "own_credential"


def test_releasing_a_hold_needs_the_persons_own_credential() -> None:
    run = drafted()
    run.do(c.Hold("wait"))

    assert run.code(c.Release("go"), by=ACTING) == "own_credential"


def test_lowering_needs_the_persons_own_credential() -> None:
    assert drafted().code(c.Lower("sev2", "calm"), by=Actor(person="ana", service="bot", via="rest")) == "own_credential"
    assert drafted().code(c.Lower("sev2", "calm"), by=ADMIN) == "not_you"


def test_a_service_may_work_for_a_person_and_the_log_names_both() -> None:
    run = drafted()
    run.do(c.CompleteStep("facts"), by=Actor(person="dee", service="bot", via="rest"))

    assert (run.step("facts").done_by, run.entries[-1].by.service or run.entries[-2].by.service) == ("dee", "bot")


def test_whoever_names_nobody_does_nothing() -> None:
    assert drafted().code(c.CompleteStep("facts"), by=NOBODY) == "not_you"


def test_a_stranger_works_on_nothing() -> None:
    run = drafted()

    assert run.code(c.CompleteStep("facts"), by="eve") == "not_you"
    assert run.code(c.Confirm("post", "site", "https://example.com/1"), by="eve") == "not_ready"


def test_whoever_is_invited_takes_part() -> None:
    run = drafted()
    run.do(c.Invite("eve"))

    assert run.do(c.CompleteStep("facts"), by="eve")


def test_only_who_takes_part_invites_people_of_the_organisation() -> None:
    assert drafted().code(c.Invite("cho"), by="eve") == "not_you"
    assert drafted().code(c.Invite("zoe")) == "unknown_person"


def test_whoever_may_see_an_incident_joins_it() -> None:
    run = drafted()
    run.do(c.Invite("eve"), by="eve")

    assert run.do(c.CompleteStep("facts"), by="eve")


def test_whoever_is_part_of_what_happened_does_not_join_by_themselves() -> None:
    run = trial(STEPS, inputs={"people": ["Eve Moran"]})

    assert run.code(c.Invite("eve"), by="eve") == "recused"
    assert run.do(c.Invite("eve"), by="ana")


def test_refusals_about_who_asks_say_so() -> None:
    refusal = drafted().refused(c.CompleteStep("facts"), by="eve")

    assert refusal.is_about_who
    assert refusal.code in ABOUT_WHO


def test_without_an_incident_there_is_nothing_to_command() -> None:
    run = drafted()
    decided = decide(run.world, None, c.Note("x"), actor=NOBODY, now=MONDAY)

    assert isinstance(decided, Refusal)


def test_an_unknown_step_is_refused_with_the_nearest() -> None:
    assert drafted().refused(c.CompleteStep("fact")).reason == "there is no step 'fact'; did you mean 'facts'"
