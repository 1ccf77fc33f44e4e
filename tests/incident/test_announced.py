"""What an event says to somebody outside: every event is decided about, and nobody reads more than on the page of the incident."""

import json
from typing import get_args

import msgspec
import pytest

from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.announced import FIELDS, changed
from engine.incident.subscription import EVENTS, owner_of
from engine.incident.visibility import can_see
from tests.incident.given import Run, person, trial

NAME = "Fred Hollis"
OUTSIDER = person("zoe")
STEPS = """
  - {id: facts, task: Find out, role: press, result: {type: text}}
  - {id: talk, task: Talk to them, role: press, private: true, result: {type: text}}
  - {id: draft, statement: Say it, role: press, audience: public, template: line}
  - {id: secret, statement: Tell them, role: press, private: true, audience: public, template: line}
  - {id: agree, approval: Agree, of: draft, approvers: [legal], on_reject: {rework: draft}}
  - {id: consent, approval: Agree too, of: secret, approvers: [legal], on_reject: {rework: secret}}
"""


def begun() -> Run:
    return trial(STEPS, inputs={"people": [NAME], "site": "Plant 4"})


def says(run: Run, kind: type, viewer: Actor) -> dict[str, object]:
    """What the newest event of a kind says to somebody."""
    entry = next(entry for entry in reversed(run.entries) if isinstance(entry.event, kind))
    return changed(run.world, run.incident, entry, viewer)


def test_every_event_is_decided_about_and_names_only_fields_that_it_has() -> None:
    missing = [
        (kind.__name__, path) for kind, paths in FIELDS.items() for path in paths if path.partition(".")[0] not in kind.__struct_fields__
    ]

    assert set(FIELDS) == set(get_args(e.AnyEvent))
    assert sorted(each.__name__ for each in FIELDS) == list(EVENTS)
    assert missing == []


def test_whoever_takes_part_reads_personal_values_and_nobody_else_does() -> None:
    run = begun()
    run.do(c.Add({"people": ["Gil Sands"]}))
    shown = [says(run, e.Declared, viewer)["inputs"] for viewer in (person("ana"), OUTSIDER)]

    assert [dict(each)["people"] for each in shown] == [[NAME], "[personal]"]  # type: ignore[call-overload]
    assert [dict(each)["site"] for each in shown] == ["Plant 4", "Plant 4"]  # type: ignore[call-overload]
    assert says(run, e.InputAdded, person("ana"))["added"] == ["Gil Sands"]
    assert says(run, e.InputAdded, OUTSIDER) == {"name": "people"}


def test_a_private_step_says_nothing_but_to_its_people() -> None:
    run = begun()
    run.do(c.CompleteStep("talk", "he is sorry"), by="dee")

    assert says(run, e.StepCompleted, person("dee"))["result"] == "he is sorry"
    assert [says(run, e.StepCompleted, viewer) for viewer in (person("ana"), OUTSIDER)] == [{}, {}]


def test_words_that_are_agreed_on_are_read_by_who_may_read_them() -> None:
    run = begun()
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    open_words = says(run, e.DraftSubmitted, OUTSIDER)
    run.do(c.SubmitDraft("secret", "We know them."), by="dee")
    run.agree("consent", "secret", "ben")

    assert "We know." in json.dumps(open_words)
    assert says(run, e.DraftSubmitted, OUTSIDER) == {}
    assert says(run, e.KeyTurned, OUTSIDER) == {}
    assert says(run, e.KeyTurned, person("ben"))["decision"] == "approve"


def test_no_event_says_a_personal_name_or_a_credential_to_an_outsider() -> None:
    run = begun()
    run.do(c.Note(f"{NAME} called"))
    run.do(c.CompleteStep("facts", f"{NAME} was there"), by="dee")
    run.do(c.SubmitDraft("draft", "We know."), by="dee")
    run.agree("agree", "draft", "ben")
    said = json.dumps([changed(run.world, run.incident, entry, OUTSIDER) for entry in run.entries])

    assert NAME not in said
    assert "token-" not in said


def test_all_that_is_said_is_json() -> None:
    run = begun()
    run.forward(days=3)

    for entry in run.entries:
        facts = changed(run.world, run.incident, entry, person("ana"))
        assert msgspec.json.decode(msgspec.json.encode(facts)) == json.loads(json.dumps(facts))


@pytest.mark.parametrize(("person_id", "service", "sees"), [("ana", None, True), ("zoe", None, False), (None, "token:helpdesk", False)])
def test_a_webhook_sees_an_incident_for_participants_as_its_owner_does_and_never_as_an_admin(
    person_id: str | None, service: str | None, sees: bool
) -> None:
    run = begun()
    run.do(c.Restrict("it names people"))
    owner = owner_of(person=person_id, service=service, token="t")

    assert (can_see(run.world, run.incident, owner), owner.admin) == (sees, False)
