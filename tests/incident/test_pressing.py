"""Which changes show on the card at once, and who hears that something is out of reach."""

import pytest

from engine.incident import commands as c
from engine.incident.effects import Delivery
from engine.incident.out_of_reach import out_of_reach
from engine.incident.react import react
from tests.incident.given import Run, trial

STEPS = """
- {id: facts, task: Find out, role: incident_lead, due: 20m, checklist: [Who]}
- {id: draft, statement: Say what we know, role: press, audience: public, template: line}
- {id: agree, approval: Agree the words, of: draft, approvers: [legal, comms_lead], on_reject: {rework: draft}}
- {id: post, publish: Say it, of: draft, role: press, needs: [agree], channels: [site]}
- {id: finish, task: Look back, role: incident_lead, needs: [facts, post], sets: closed}
"""


def _card_after(run: Run, command: c.AnyCommand, *, by: str = "ana") -> Delivery:
    before = run.incident
    entries = run.do(command, by=by)
    return next(each for each in react(run.world, before, run.incident, entries) if each.kind == "card")


def test_the_first_card_does_not_wait() -> None:
    run = trial(STEPS)
    card = next(each for each in react(run.world, None, run.incident, run.entries) if each.kind == "card")

    assert card.urgent


@pytest.mark.parametrize(
    "command", [c.Note("the press has called"), c.TickItem("facts", "Who"), c.StartStep("facts"), c.AddTask("Water", role="legal")]
)
def test_small_changes_wait_for_the_next_edit(command: c.AnyCommand) -> None:
    assert not _card_after(trial(STEPS), command).urgent


@pytest.mark.parametrize("command", [c.Raise("sev1", "it spreads"), c.Hold("wait for the police"), c.Contain()])
def test_severity_a_hold_and_the_status_show_at_once(command: c.AnyCommand) -> None:
    assert _card_after(trial(STEPS), command).urgent


def test_a_key_that_is_turned_shows_at_once() -> None:
    run = trial(STEPS)
    run.do(c.SubmitDraft("draft"), by="dee")

    assert _card_after(run, c.Approve("agree", run.version("draft")), by="ben").urgent


def _lost(target: str) -> Delivery:
    return Delivery("INC-1:9:0", "say", target, "Words.")


def test_the_lead_hears_that_the_room_is_gone() -> None:
    run = trial(STEPS)
    (told,) = out_of_reach(run.world, run.incident, _lost("war_room:inc-1"), "slack: is_archived")

    assert (told.id, told.kind, told.target) == ("INC-1:gone:war_room:inc-1", "tell", "person:ana")
    assert "its channel can't be written to any more" in told.text
    assert told.body["preview"].endswith(": a message did not arrive.")


def test_nobody_is_told_of_themselves() -> None:
    run = trial(STEPS)

    assert out_of_reach(run.world, run.incident, _lost("person:ana"), "slack: user_disabled") == ()


def test_in_a_rehearsal_that_stays_inside_too() -> None:
    run = trial(STEPS, mode="rehearsal")
    (told,) = out_of_reach(run.world, run.incident, _lost("slack:#rehearsal"), "slack: channel_not_found")

    assert told.text.startswith("REHEARSAL ")
