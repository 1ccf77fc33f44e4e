"""Who holds a role: found late, asked one after another, never a recused person, never a key by their own hand."""

import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.allowed import allowed
from tests.incident.given import Run, person, trial, trial_world

HEAD = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: incident_lead
summary: For tests.
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  press: {title: Press officer, assign: "oncall:press", fallback: [comms], ack: 20m}
  comms: {title: Communications, assign: "group:comms", recuse: inputs.people}
  legal: {title: Counsel, assign: "group:lawyers", fallback: [outside], recuse: inputs.people}
  outside: {title: Outside counsel, assign: "email:duty@counsel.example"}
  asked: {title: Somebody, assign: ask}
  pair: {title: Two people, assign: "group:lawyers", min: 2}
inputs:
  people: {type: people}
templates:
  line: {text: "We know."}
"""
ORGANISATION = """
firebreak_organisation: 1
name: Example
people:
  ana: {name: Ana Ruiz, email: ana@example.com, slack: U0ANA}
  ben: {name: Ben Okafor, email: ben@example.com}
  cho: {name: Cho Min}
  dee: {name: Dee Lund}
  eve: {name: Eve Moran}
  gil: {name: Gil Paz}
groups: {leads: [ana], lawyers: [ben, eve], comms: [cho, gil]}
oncall: {press: {rotation: [dee, eve], starts: 2026-11-23T00:00, every: 1d}}
"""
STEPS = """
  - {id: work, task: Work, role: press, due: 4h}
  - {id: later, task: Later, role: comms, needs: [work]}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: post, publish: Post it, of: draft, role: press, needs: [agree], channels: [site]}
"""


def begun(steps: str = STEPS, *, organisation: str = ORGANISATION, **fields: object) -> Run:
    return Run.begin(trial_world(steps, head=HEAD, organisation=organisation), **fields)


def holders(run: Run, role: str) -> tuple[str, ...]:
    return run.incident.roles[role].people


def with_draft(run: Run) -> Run:
    run.do(c.SubmitDraft("draft"), by="dee")
    return run


def test_a_role_is_found_when_its_first_work_opens() -> None:
    run = begun()
    assert "comms" not in run.incident.roles
    run.do(c.CompleteStep("work"), by="dee")

    assert holders(run, "comms") == ("cho",)


def test_on_call_is_read_when_the_work_opens() -> None:
    run = begun()
    assert holders(run, "press") == ("dee",)

    assert holders(begun(now=run.now.replace(day=24)), "press") == ("eve",)


def test_a_role_may_need_several_people() -> None:
    assert holders(begun("  - {id: work, task: Work, role: pair}\n"), "pair") == ("ben", "eve")


def test_somebody_outside_the_organisation_is_known_by_their_address() -> None:
    run = begun("  - {id: work, task: Work, role: outside}\n")

    assert run.do(c.CompleteStep("work"), by="duty@counsel.example")


def test_when_nobody_acknowledges_the_next_one_is_asked() -> None:
    run = begun()
    run.forward(minutes=20)

    assert holders(run, "press") == ("cho",)
    assert run.events(e.RoleHeld)[-1].cause == "fallback"


def test_an_acknowledgement_keeps_the_role() -> None:
    run = begun()
    run.do(c.Acknowledge("press"), by="dee")
    run.forward(hours=1)

    assert holders(run, "press") == ("dee",)


def test_doing_anything_acknowledges() -> None:
    run = begun()
    run.do(c.StartStep("work"), by="dee")
    run.forward(hours=1)

    assert holders(run, "press") == ("dee",)


def test_when_nobody_is_left_to_ask_the_last_one_keeps_the_role_and_the_lead_is_told() -> None:
    run = begun()
    run.forward(hours=3)

    assert holders(run, "press") == ("gil",)
    assert [event.role for event in run.events(e.RoleUnanswered)] == ["press"]


def test_only_a_holder_acknowledges() -> None:
    assert begun().code(c.Acknowledge("press"), by="ben") == "not_you"


@pytest.mark.parametrize("given", ["ben", "Ben Okafor", "ben okafor", "BEN@example.com"])
def test_a_person_who_is_part_of_it_never_holds_the_role(given: str) -> None:
    run = with_draft(begun(inputs={"people": [given]}))

    assert holders(run, "legal") == ("eve",)


def test_people_added_later_lose_the_role_and_the_next_one_is_asked() -> None:
    run = with_draft(begun())
    assert holders(run, "legal") == ("ben",)
    run.do(c.Add({"people": ["Ben Okafor"]}))

    assert holders(run, "legal") == ("eve",)
    assert run.events(e.RoleHeld)[-1].cause == "recused"


def test_unused_keys_of_somebody_recused_later_are_void() -> None:
    run = with_draft(begun())
    run.agree("agree", "draft", "ben")
    run.do(c.Add({"people": ["ben"]}))

    assert (run.step("agree").state, run.step("agree").keys) == ("ready", ())
    assert run.step("post").state == "waiting"


def test_used_keys_of_somebody_recused_later_stand() -> None:
    run = with_draft(begun())
    run.agree("agree", "draft", "ben")
    run.do(c.StartStep("post"), by="dee")
    run.do(c.Add({"people": ["ben"]}))

    assert run.step("agree").state == "done"


def test_open_work_of_somebody_recused_later_goes_back_to_the_role() -> None:
    run = begun()
    run.do(c.CompleteStep("work"), by="dee")
    run.do(c.StartStep("later"), by="cho")
    run.do(c.Add({"people": ["cho"]}))

    assert (run.step("later").state, run.step("later").assignee) == ("ready", None)
    assert holders(run, "comms") == ("gil",)


def test_open_work_given_to_somebody_recused_later_goes_back_too() -> None:
    run = begun()
    run.do(c.CompleteStep("work"), by="dee")
    run.do(c.AssignStep("later", "ben"), by="ana")
    run.do(c.Add({"people": ["ben"]}))

    assert run.step("later").assignee is None


def test_a_name_close_to_a_colleagues_asks_the_lead_and_recuses_nobody() -> None:
    run = with_draft(begun(inputs={"people": ["Ben Okafo"]}))

    assert holders(run, "legal") == ("ben",)
    assert [(task.role, run.step(name).state) for name, task in run.incident.added.items()] == [("incident_lead", "ready")]


def test_nobody_eligible_is_told_and_the_step_waits_visibly() -> None:
    run = with_draft(begun(inputs={"people": ["ben", "eve"]}, organisation=ORGANISATION))
    assert holders(run, "legal") == ("duty@counsel.example",)
    run = begun("  - {id: work, task: Work, role: asked, due: 1h}\n")

    assert [event.role for event in run.events(e.RoleUnfilled)] == ["asked"]
    assert run.step("work").state == "ready"


def test_nobody_eligible_is_told_once() -> None:
    run = begun("  - {id: work, task: Work, role: asked, due: 1h}\n")
    run.forward(hours=3)

    assert len(run.events(e.RoleUnfilled)) == 1


def test_the_lead_names_somebody() -> None:
    run = begun("  - {id: work, task: Work, role: asked}\n")
    run.do(c.NameRole("asked", "gil"), by="ana")

    assert holders(run, "asked") == ("gil",)
    assert run.do(c.CompleteStep("work"), by="gil")


def test_nobody_else_names_people_while_there_is_a_lead() -> None:
    assert begun().code(c.NameRole("press", "gil"), by="dee") == "not_you"


def test_whoever_is_free_may_take_an_unfilled_role_without_a_key() -> None:
    run = begun("  - {id: work, task: Work, role: asked}\n")

    assert run.do(c.NameRole("asked", "gil"), by="gil")


def test_a_role_with_a_key_goes_only_to_people_of_its_assign_or_fallback() -> None:
    run = begun()

    assert run.code(c.NameRole("legal", "dee"), by="ana") == "not_eligible"
    assert run.do(c.NameRole("legal", "eve"), by="ana")
    assert run.do(c.NameRole("legal", "duty@counsel.example"), by="ana")


def test_nobody_takes_a_role_with_a_key_by_their_own_hand() -> None:
    run = begun()

    assert run.code(c.NameRole("legal", "eve"), by="eve") == "not_eligible"


def test_a_role_with_a_key_is_given_only_by_a_persons_own_credential() -> None:
    acting = Actor(person="ana", service="bot", via="rest")

    assert begun().code(c.NameRole("legal", "eve"), by=acting) == "own_credential"
    assert begun().code(c.NameRole("legal", "eve"), by=Actor(service="ops", admin=True, via="rest")) == "own_credential"


def test_a_recused_person_is_never_named() -> None:
    run = begun(inputs={"people": ["eve"]})

    assert run.code(c.NameRole("legal", "eve"), by="ana") == "recused"


def test_unknown_roles_and_people_are_refused_with_those_there_are() -> None:
    assert begun().code(c.NameRole("pres", "gil")) == "unknown_role"
    assert begun().code(c.NameRole("press", "gill")) == "unknown_person"


def test_a_holder_hands_over_with_a_note() -> None:
    run = begun()
    run.do(c.HandOver("press", "gil", "my shift ends"), by="dee")

    assert holders(run, "press") == ("gil",)
    assert run.events(e.RoleHeld)[-1].note == "my shift ends"


def test_whoever_it_was_handed_to_has_to_acknowledge() -> None:
    run = begun()
    run.do(c.HandOver("press", "gil"), by="dee")

    assert run.incident.roles["press"].ack_by is not None


def test_only_its_holder_or_the_lead_hands_over() -> None:
    assert begun().code(c.HandOver("press", "gil"), by="cho") == "not_you"
    assert begun().do(c.HandOver("press", "gil"), by="ana")


def test_a_step_follows_its_role_until_somebody_takes_it() -> None:
    run = begun()
    run.do(c.HandOver("press", "gil"), by="dee")
    assert run.step("work").assignee is None
    run.do(c.StartStep("work"), by="gil")
    run.do(c.HandOver("press", "cho"), by="gil")

    assert run.step("work").assignee == "gil"


def test_a_declined_step_goes_to_the_next_in_line() -> None:
    run = begun()
    run.do(c.StartStep("work"), by="dee")
    run.do(c.Decline("work", "I am ill"), by="dee")

    assert (run.step("work").state, run.step("work").assignee) == ("ready", "cho")
    assert run.do(c.CompleteStep("work"), by="cho")


def test_a_step_that_everybody_declined_stays_with_its_role() -> None:
    run = begun()
    for name in ("dee", "cho", "gil"):
        run.do(c.Decline("work", "no"), by=name)

    assert run.step("work").assignee is None
    assert run.step("work").declined_by == ("dee", "cho", "gil")


def test_a_declined_key_passes_its_role_on() -> None:
    run = with_draft(begun())
    run.do(c.Decline("agree", "conflict"), by="ben")

    assert holders(run, "legal") == ("eve",)
    assert run.events(e.RoleHeld)[-1].cause == "declined"


def test_nobody_declines_what_somebody_else_has_taken() -> None:
    run = begun()
    run.do(c.StartStep("work"), by="ana")

    assert run.code(c.Decline("work", "no"), by="dee") == "not_you"


def test_nobody_declines_what_is_not_theirs() -> None:
    assert begun().code(c.Decline("work", "no"), by="ben") == "not_you"


def test_nobody_declines_what_the_engine_does() -> None:
    run = trial('  - {id: open, ticket: Open, system: itsm, project: OPS, role: press, text: "Look"}\n')

    assert run.code(c.Decline("open", "no"), by="dee") == "wrong_kind"
    assert run.step("open").state == "doing"


def test_a_step_is_given_to_somebody() -> None:
    run = begun()
    run.do(c.AssignStep("work", "gil"), by="dee")

    assert run.step("work").assignee == "gil"
    assert run.do(c.CompleteStep("work"), by="gil")


def test_a_key_is_not_assigned() -> None:
    assert with_draft(begun()).code(c.AssignStep("agree", "eve"), by="ana") == "not_eligible"


def test_a_recused_person_is_given_no_work_of_the_role() -> None:
    run = begun(inputs={"people": ["gil"]})

    assert run.code(c.AssignStep("later", "gil"), by="ana") == "recused"


def test_an_absent_person_is_passed_over() -> None:
    away = ORGANISATION.replace("cho: {name: Cho Min}", "cho: {name: Cho Min, absent: [2026-11-20..2026-11-30]}")
    run = begun(organisation=away)
    run.do(c.CompleteStep("work"), by="dee")

    assert holders(run, "comms") == ("gil",)


def test_a_decline_is_offered_only_where_it_is_heard() -> None:
    run = begun()
    run.do(c.StartStep("work"), by="ana")

    assert "decline" not in allowed(run.world, run.incident, "work", person("dee"))
    assert "decline" in allowed(run.world, run.incident, "work", person("ana"))


def test_whoever_handed_over_is_asked_again_when_the_other_is_recused() -> None:
    run = with_draft(begun())
    run.do(c.HandOver("legal", "eve"), by="ben")
    run.do(c.HandOver("legal", "duty@counsel.example"), by="eve")
    run.do(c.HandOver("legal", "eve"), by="duty@counsel.example")
    run.do(c.Add({"people": ["eve"]}))

    assert holders(run, "legal") == ("ben",)
