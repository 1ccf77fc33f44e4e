"""Shipped playbooks, run on the real core: whatever a team decides, a team that answers gets to the end."""

from collections.abc import Mapping
from itertools import combinations, product

import pytest

from engine.incident import commands as c
from engine.incident.actor import DELIVERY, Actor
from engine.incident.state import OPEN
from engine.language.playbook import Approval, Decision, Evidence, Monitor, Publish, Statement, Step, SubPlaybook, Task, Ticket
from tests.incident.given import Run, shipped_world

INPUTS: dict[str, dict[str, object]] = {
    "deepfake_impersonation": {"urls": ["https://video.example/1", "https://video.example/2"]},
    "employee_doxxing": {"people": ["fred", "Jane Doe"]},
    "rogue_agency_post": {"post_urls": ["https://social.example/1"]},
    "off_duty_post": {"urls": ["https://social.example/2"], "employee": ["fred"]},
    "employee_in_criminal_footage": {"urls": ["https://video.example/3"], "person": ["fred"]},
    "screening_complaint": {"person": ["Jane Doe"]},
    "compromised_account": {"accounts": "@example_mfg", "platform": "X"},
    "viral_complaint_product_safety": {"urls": ["https://video.example/4"], "product": "Kettle K2"},
    "executive_misconduct": {"allegation_source": "hotline", "accused": ["ben"], "relation_to_ceo": "chief executive"},
    "leaked_internal_message": {"published_where": ["https://news.example/5"], "content": "shift plans", "channel": "mail"},
}
WORST: dict[str, dict[str, object]] = {
    "deepfake_impersonation": {"people_shown": ["ben", "daniel"], "money_requested": True, "live_call": True, "intimate": True},
    "employee_doxxing": {"links": ["https://forum.example/1"], "threats": True, "family": True, "physical_location": True},
    "rogue_agency_post": {"who": ["ana", "daniel", "zanele", "elif"], "deleted_yet": "deleted"},
    "off_duty_post": {"employee": ["leila", "priya", "daniel"], "threat": True, "brand_visible": True, "on_shift": True},
    "employee_in_criminal_footage": {"person": ["samuel", "ana", "nadia"], "age_band": "under 18", "customer_contact": True},
    "screening_complaint": {
        "decided_by": ["leila", "samuel", "hannah", "ximena"],
        "vendor_used": True,
        "protected_trait_alleged": True,
        "request_type": "deletion",
    },
    "compromised_account": {"sign_in_holders": ["kofi", "ana"], "harmful_content": True, "dm_sent": True, "ads_spend": True},
    "viral_complaint_product_safety": {"involved": ["bram", "hugo", "daniel", "ana"], "injury": True, "child_product": True},
    "executive_misconduct": {
        "accused": ["ben", "helena", "daniel", "ana", "edith", "ravi", "amara"],
        "complainant": ["Jane Doe"],
        "in_public": True,
        "listed_company": True,
    },
    "leaked_internal_message": {"people": ["ben", "ana", "daniel", "leila"], "contains_price_sensitive": True},
}
MOST_COMBINATIONS = 20
"""Of answers to the decisions of one playbook that are all played; where there are more, every pair of answers is."""
READINGS = {"new_copies": 0, "mentions_per_hour": 1, "views_total": 900, "new_threats": 0, "listings_open": 2, "feels_safe": True}
READINGS |= {"harm_reports": 0, "reports_total": 1, "new_reports": 0, "line_is_quiet": True, "inquiry_done": True}
READINGS |= {"second_questions": 0, "abusive_calls": 0, "charge_decided": True, "quiet_hours": 48, "quiet_days": 7}


class Team:
    """People who do whatever is open, and answer decisions as told."""

    def __init__(self, run: Run, answers: Mapping[str, str]) -> None:
        self.run = run
        self.answers = answers

    def work_to_the_end(self) -> None:
        """Do what is open; when nothing more is, let time pass; stop when the incident is complete."""
        for _ in range(500):
            version = self.run.incident.version
            steps = [step for step in self.open_steps() if not isinstance(step, Monitor)]
            for step in steps or self.open_steps():
                self.act(step)
            if self.run.incident.status == "complete":
                return
            if not steps:
                self.run.forward(days=30 if self.run.incident.version == version else 1)

    def open_steps(self) -> list[Step]:
        found = [self.run.world.step(self.run.incident, name) for name, state in self.run.incident.steps.items() if state.state in OPEN]
        return [step for step in found if step is not None]

    def holder(self, role: str | None) -> str | Actor:
        return DELIVERY if role is None else self.run.incident.roles[role].people[0]

    def act(self, step: Step) -> None:
        """Do all that a step asks for; it may have been settled by what was done before."""
        for command, role in commands_for(self.run, step, self.answers):
            if self.run.step(step.id).state in OPEN:
                self.run.do(command, by=self.holder(role))


def commands_for(run: Run, step: Step, answers: Mapping[str, str]) -> list[tuple[c.AnyCommand, str | None]]:
    """List what a step needs and of whom; what the engine performs has no role."""
    match step:
        case Task():
            done = (c.CompleteStep(step.id, result="noted" if step.result else None), step.role)
            return [*((c.TickItem(step.id, entry.item), step.role) for entry in step.checklist), done]
        case Decision():
            return [(c.Answer(step.id, answers[step.id], note="as agreed"), step.role)]
        case Statement() | Approval() | Publish():
            return commands_about_words(run, step)
        case Evidence():
            sources = run.step(step.id).sources or ("https://example.com/handed-over",)
            return [(c.AddEvidence(step.id, source, "ab" * 32), step.role) for source in sources]
        case Monitor():
            return [(c.RecordMetrics({name: READINGS[name] for name in step.record}, step=step.id), step.role)]
        case Ticket():
            return [(c.RecordDelivery("d", step.id, "sent", {"key": "TASK-1"}), None)]
        case SubPlaybook():
            started = c.RecordDelivery("d", step.id, "sent", {"key": "INC-2"})
            return [(started, None), (c.ReportChild(step.id, "INC-2", "closed"), None)]
        case _:
            return []


def commands_about_words(run: Run, step: Statement | Approval | Publish) -> list[tuple[c.AnyCommand, str | None]]:
    match step:
        case Statement():
            return [(c.SubmitDraft(step.id), step.role)]
        case Approval():
            return [(c.Approve(step.id, run.version(step.of), role=role), role) for role in step.approvers]
        case Publish():
            return [(c.Confirm(step.id, channel, "https://example.com/post"), step.role) for channel in step.channels]


def choices(name: str) -> list[dict[str, str]]:
    """List every combination of answers to the decisions of a playbook, or as few as hold every pair of answers."""
    decisions = [step for step in shipped_world(name).plan.steps.values() if isinstance(step, Decision)]
    options = product(*([(decision.id, option) for option in decision.options] for decision in decisions))
    every = [frozenset(chosen) for chosen in options]
    return [dict(chosen) for chosen in (every if len(every) <= MOST_COMBINATIONS else with_every_pair(every))]


def with_every_pair(every: list[frozenset[tuple[str, str]]]) -> list[frozenset[tuple[str, str]]]:
    """Choose combinations, the most telling first, until each pair of answers that occurs is in one of them."""
    told = {combination: {frozenset(pair) for pair in combinations(combination, 2)} for combination in every}
    missing, chosen = set().union(*told.values()), []
    while missing:
        chosen.append(max(every, key=lambda combination: len(told[combination] & missing)))
        missing -= told[chosen[-1]]
    return chosen


def finished(name: str, answers: dict[str, str], **more: object) -> Run:
    run = Run.begin(shipped_world(name), inputs={**INPUTS[name], **more})
    Team(run, answers).work_to_the_end()
    return run


def all_answers(option: str, name: str) -> dict[str, str]:
    return dict.fromkeys(choices(name)[0], option)


@pytest.mark.parametrize(("name", "answers"), [(name, answers) for name in INPUTS for answers in choices(name)])
def test_whatever_is_decided_a_team_that_answers_completes_the_incident(name: str, answers: dict[str, str]) -> None:
    run = finished(name, answers, **WORST[name])

    assert run.incident.status == "complete"
    assert [step for step, state in run.incident.steps.items() if state.state == "blocked"] == []
    assert run.step("after_action").state == "done"


@pytest.mark.parametrize("name", INPUTS)
def test_only_what_a_calling_playbook_hands_over_is_enough_to_complete(name: str) -> None:
    assert finished(name, choices(name)[0]).incident.status == "complete"


def test_nothing_is_said_in_public_about_a_doxxed_person_who_did_not_ask_for_it() -> None:
    run = finished("employee_doxxing", {**all_answers("yes", "employee_doxxing"), "public_line": "no"})

    assert run.states("draft_line", "ok_line", "post_line", "send_note") == {
        "draft_line": "skipped",
        "ok_line": "skipped",
        "post_line": "skipped",
        "send_note": "done",
    }


def test_nothing_is_reported_in_the_name_of_people_who_said_no() -> None:
    run = finished("employee_doxxing", all_answers("no", "employee_doxxing"))

    assert {run.step(step).state for step in ("report_content", "remove_listings", "mind_accounts", "protect_now")} == {"skipped"}


def test_asking_what_they_want_cannot_be_skipped_by_hand() -> None:
    run = Run.begin(shipped_world("employee_doxxing"), inputs=INPUTS["employee_doxxing"])
    team = Team(run, {})
    team.act(shipped_world("employee_doxxing").plan.steps["safety_call"])

    assert run.refused(c.SkipStep("wishes", "no time"), by=team.holder("support_contact")).code == "policy"


def test_immediate_danger_is_assumed_when_nobody_answers() -> None:
    run = Run.begin(shipped_world("employee_doxxing"), inputs=INPUTS["employee_doxxing"])
    Team(run, {}).act(shipped_world("employee_doxxing").plan.steps["safety_call"])
    run.forward(hours=1)

    assert run.step("danger").answer == "yes"
    assert run.step("protect_now").state == "ready"
    assert run.incident.severity == "sev1"


def test_treasury_is_asked_at_once_when_money_was_requested() -> None:
    run = Run.begin(shipped_world("deepfake_impersonation"), inputs={**INPUTS["deepfake_impersonation"], "money_requested": True})

    assert run.step("stop_payments").state == "ready"
    assert run.incident.roles["treasury"].people == ("wei",)
    assert run.incident.severity == "sev1"


def test_an_executive_who_is_imitated_holds_no_key() -> None:
    run = finished("deepfake_impersonation", {"verdict": "fake", "worth_answering": "post"}, people_shown=["Ana Ruiz", "Daniel Cohen"])
    keys = {key.person for state in run.incident.steps.values() for key in state.keys}

    assert keys == {"tomasz", "duty@counsel.example"}


def test_a_verdict_that_becomes_clear_later_opens_the_correction() -> None:
    run = Run.begin(shipped_world("deepfake_impersonation"), inputs=INPUTS["deepfake_impersonation"])
    team = Team(run, {"verdict": "unclear"})
    for step in ("call_back", "verdict", "draft_checking"):
        team.act(run.world.plan.steps[step])
    run.do(c.Answer("verdict", "fake", note="the forensic opinion came"), by=team.holder("incident_lead"))

    assert run.states("draft_correction", "worth_answering") == {"draft_correction": "ready", "worth_answering": "ready"}
    assert run.states("ok_checking", "arm_checking") == {"ok_checking": "skipped", "arm_checking": "skipped"}


def test_neither_the_executives_nor_the_accused_have_any_part_in_an_inquiry_into_one_of_them() -> None:
    run = finished("executive_misconduct", choices("executive_misconduct")[0], accused=["Ana Ruiz", "Daniel Cohen", "helena"])
    holders = {person for role in run.incident.roles.values() for person in role.people}
    keys = {key.person for state in run.incident.steps.values() for key in state.keys}

    assert (holders | keys) & {"ben", "ingrid", "ana", "daniel", "helena"} == set()
    assert {"tomasz", "soren", "rafael"} <= keys


def test_nobody_looks_for_the_source_of_a_leak_because_counsel_was_silent() -> None:
    run = Run.begin(shipped_world("leaked_internal_message"), inputs=INPUTS["leaked_internal_message"])
    team = Team(run, {"authentic": "ours"})
    for step in ("facts", "authentic"):
        team.act(run.world.plan.steps[step])
    run.forward(hours=12)

    assert run.states("protected", "access_review", "search_scope") == {
        "protected": "ready",
        "access_review": "waiting",
        "search_scope": "waiting",
    }
    assert run.refused(c.CompleteStep("access_review"), by="ana").code == "not_ready"
