"""Whatever is answered, the first playbook checks, proves and is formatted, and has what every playbook should have."""

from datetime import date
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from engine.analysis.proofs import ALL_PROOFS
from engine.authoring.formatting import formatted
from engine.authoring.scaffold import Answers, Level, Public, scaffold
from engine.language.diagnostic import Diagnostic
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Approval, Evidence, Playbook, Publish

ORGANISATION = Path(__file__).parents[2] / "playbooks" / "organisation.yaml"
AUDIENCES = (None, *get_args(Public))
EVERY = [Answers("mine", "Mine", audience=a, names_people=p, severity=s) for a, p, s in product(AUDIENCES, (True, False), get_args(Level))]


def loaded(text: str, organisation: Organisation | None = None) -> Loaded:
    return load_playbook(text, file="mine.yaml", read=nothing, organisation=organisation, today=date(2026, 3, 2), proofs=ALL_PROOFS)


def nothing(name: str) -> str:
    raise FileNotFoundError(name)


def playbook_of(answers: Answers) -> Playbook:
    playbook = loaded(scaffold(answers)).playbook
    assert playbook is not None
    return playbook


def said(answers: Answers) -> str:
    return f"{answers.audience}-{answers.names_people}-{answers.severity}"


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    """The shipped organisation, with the policies that it requires."""
    found = load_organisation(ORGANISATION.read_bytes(), file="organisation.yaml").organisation
    assert found is not None
    return found


@pytest.mark.parametrize("answers", EVERY, ids=said)
def test_nothing_is_found_in_it(answers: Answers, organisation: Organisation) -> None:
    found: tuple[Diagnostic, ...] = (*loaded(scaffold(answers)).diagnostics, *loaded(scaffold(answers), organisation).diagnostics)

    assert found == ()


@pytest.mark.parametrize("answers", EVERY, ids=said)
def test_it_is_formatted(answers: Answers) -> None:
    text = scaffold(answers).encode()

    assert formatted(text, file="mine.yaml").content == text


@pytest.mark.parametrize("answers", EVERY, ids=said)
def test_it_has_what_every_playbook_should_have(answers: Answers) -> None:
    playbook = playbook_of(answers)
    approvals = [step for step in playbook.steps if isinstance(step, Approval)]

    assert all(step.approvers == ["legal", "comms_lead"] and step.quorum == "all" for step in approvals)
    assert len(approvals) == sum(isinstance(step, Publish) for step in playbook.steps) == (2 if answers.audience else 1)
    assert any(isinstance(step, Evidence) for step in playbook.steps)
    assert [step.id for step in playbook.steps if step.sets == "closed"] == ["close"]
    assert [str(each.at) for each in playbook.follow_ups] == ["30d from closed", "60d from closed", "120d from closed"]


def test_what_its_policies_say_is_proved_and_not_only_written() -> None:
    text = scaffold(Answers("mine", "Mine"))
    broken = text.replace("needs: [ok_line, send_staff, capture]", "needs: [ok_line]")

    assert {each.code for each in loaded(broken).diagnostics} >= {"FB402"}


@pytest.mark.parametrize("title", ['It "went" viral: $5, {oops} #1', "Ünï – 日本", "yes", "1.0", "it's", "a\\b"])
def test_any_title_is_kept_as_it_was_said(title: str) -> None:
    playbook = playbook_of(Answers("mine", title, lead=title))

    assert (playbook.title, playbook.roles["incident_lead"].title) == (title, title)
