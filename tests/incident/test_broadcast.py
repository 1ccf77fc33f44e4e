"""One message for each incident in the broadcast channel, which says only what anybody may know."""

from typing import Any

from engine.incident import commands as c
from engine.incident.effects import Delivery
from engine.incident.react import react
from engine.incident.state import Parent
from tests.incident.given import HEAD, ORGANISATION, Run, trial_world

STEPS = "  - {id: facts, task: Find out, role: press}\n  - {id: end, task: End, role: incident_lead, sets: contained}\n"
HEARD = ORGANISATION.replace("defaults: {ladder: office}", 'defaults: {ladder: office, broadcast: "#incidents"}')
CLOSING = HEAD.replace("title: Crisis, means: all", "title: Crisis, means: all, visibility: participants")
CLOSED = HEAD.replace("inputs:", "settings: {visibility: participants}\ninputs:", 1)


def begun(*, head: str = HEAD, organisation: str = HEARD, **fields: Any) -> Run:
    return Run.begin(trial_world(STEPS, head=head, organisation=organisation), title="Fire at Plant 4", **fields)


def announced(run: Run, command: c.AnyCommand | None = None, *, by: str = "ana") -> list[Delivery]:
    before, entries = (run.incident, run.do(command, by=by)) if command else (None, tuple(run.entries))
    return [each for each in react(run.world, before, run.incident, entries) if each.kind == "broadcast"]


def test_an_incident_is_announced_without_its_title() -> None:
    [said] = announced(begun())

    assert (said.id, said.target, said.replaces) == ("INC-1:broadcast", "slack:#incidents", True)
    assert said.text == "INC-1 A trial is active, severity sev2 (Spreading)."
    assert "Fire" not in str(said)


def test_what_changes_severity_or_status_is_an_edit() -> None:
    run = begun()
    raised, contained = announced(run, c.Raise("sev1", "press")), announced(run, c.Contain())

    assert [said.text for said in (*raised, *contained)] == [
        "INC-1 A trial is active, severity sev1 (Crisis).",
        "INC-1 A trial is contained, severity sev1 (Crisis).",
    ]


def test_nothing_else_is_announced() -> None:
    run = begun()

    assert announced(run, c.Note("still here")) == []
    assert announced(run, c.HandOver("incident_lead", "cho")) == []
    assert announced(run, c.CompleteStep("facts"), by="dee") == []


def test_an_incident_for_participants_is_never_announced() -> None:
    run = begun(head=CLOSED)

    assert announced(run) == announced(run, c.Raise("sev1", "press")) == []


def test_an_incident_that_closes_to_others_says_so_and_no_more() -> None:
    run = begun(head=CLOSING)
    [said] = announced(run, c.Raise("sev1", "press"))

    assert (said.text, said.body) == ("INC-1 is closed to participants.", {"key": "INC-1", "closed": True})
    assert announced(run, c.Contain()) == []


def test_a_rehearsal_is_not_announced() -> None:
    assert announced(begun(mode="rehearsal")) == []


def test_without_a_channel_nothing_is_announced() -> None:
    assert announced(begun(organisation=ORGANISATION)) == []


def test_the_way_into_a_linked_incident_is_its_parents_room() -> None:
    [said] = announced(begun(parent=Parent("2" * 32, "INC-9", "call")))

    assert said.body["room"] == "INC-9"
