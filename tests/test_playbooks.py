"""The shipped playbooks: they check clean, fit each other and the sample organisation, and their words keep their own rules."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from engine.incident.people import candidates
from engine.language.graph import Graph
from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import OUTSIDE, Approval, Playbook, Policy, Publish, Statement, SubPlaybook
from engine.language.template import parse_template

PLAYBOOKS = Path(__file__).parent.parent / "playbooks"
NAMES = sorted(path.stem for path in PLAYBOOKS.glob("*.yaml") if path.stem != "organisation" and not path.stem.endswith(".test"))
MONDAY = datetime(2026, 11, 23, 20, tzinfo=UTC)


def read(name: str) -> str:
    return (PLAYBOOKS / name).read_text(encoding="utf-8")


@cache
def organisation() -> Organisation:
    loaded = load_organisation(read("organisation.yaml"), file="organisation.yaml")
    assert loaded.organisation is not None
    return loaded.organisation


@cache
def library() -> dict[str, Playbook]:
    found = {name: load_playbook(read(f"{name}.yaml"), file=f"{name}.yaml", read=read).playbook for name in NAMES}
    return {name: playbook for name, playbook in found.items() if playbook is not None}


def loaded(name: str) -> Loaded:
    return load_playbook(
        read(f"{name}.yaml"), file=f"{name}.yaml", read=read, organisation=organisation(), library=library(), today=date(2026, 11, 23)
    )


def text_of(playbook: Playbook, statement: Statement) -> str:
    """Render a statement's words as they stand when only what is required at start is known."""
    source = playbook.templates[statement.template]
    words = source.text if source.text is not None else read(source.file or "")
    known = {name: f"({name})" for name, definition in playbook.inputs.items() if definition.required}
    return parse_template(words).render({"inputs": known}, {})


def statements() -> Iterator[tuple[str, str]]:
    for name, playbook in library().items():
        yield from ((name, step.id) for step in playbook.steps if isinstance(step, Statement))


def step_of(name: str, step: str) -> Statement:
    found = Graph.of(library()[name]).steps[step]
    assert isinstance(found, Statement)
    return found


def forbidden(playbook: Playbook, audience: str) -> list[str]:
    rules: list[Policy] = [policy for policy in playbook.policies if policy.rule == "forbid_words" and audience in policy.audience]
    return [word for policy in rules for word in policy.words]


def test_the_sample_organisation_checks_clean() -> None:
    assert load_organisation(read("organisation.yaml"), file="organisation.yaml").diagnostics == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_checks_clean_with_the_sample_organisation(name: str) -> None:
    assert [each for each in loaded(name).diagnostics if each.level != "info"] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_organisation_has_somebody_for_every_role(name: str) -> None:
    playbook = library()[name]

    assert [role for role in playbook.roles if not candidates(organisation(), playbook, role, MONDAY)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_of_an_approval_reach_different_people_even_when_two_of_them_are_away(name: str) -> None:
    """One person turns one key: an approval whose keys come down to one person stays open for ever."""
    playbook = library()[name]
    approvals = [step for step in playbook.steps if isinstance(step, Approval)]
    found = {role: candidates(organisation(), playbook, role, MONDAY) for step in approvals for role in step.approvers}
    first_asked = sorted({person for people in found.values() for person in people[:2]})
    stuck = [
        (step.id, away)
        for step in approvals
        for away in combinations(first_asked, 2)
        if len({_first_of(found[role], away) or role for role in step.approvers}) < len(step.approvers)
    ]

    assert stuck == []


def _first_of(people: tuple[str, ...], away: tuple[str, ...]) -> str | None:
    return next((person for person in people if person not in away), None)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_goes_outside_waits_for_both_keys_on_those_words(name: str) -> None:
    graph = Graph.of(library()[name])
    said = [step for step in graph.steps.values() if isinstance(step, Publish)]
    outside = [(step.id, step.of) for step in said if _audience(graph, step) in OUTSIDE]

    assert outside != []
    assert [step for step, of in outside if not {"legal", "comms_lead"} <= _keys_before(graph, step, of)] == []


def _audience(graph: Graph, publish: Publish) -> str:
    statement = graph.steps[publish.of]
    assert isinstance(statement, Statement)
    return statement.audience


def _keys_before(graph: Graph, publish: str, statement: str) -> set[str]:
    before = [graph.steps[step] for step in graph.ancestors(publish)]
    return {role for step in before if isinstance(step, Approval) and step.of == statement for role in step.approvers}


@pytest.mark.parametrize("name", NAMES)
def test_closing_waits_for_every_step_and_the_review_follows(name: str) -> None:
    graph = Graph.of(library()[name])
    closing = next(step.id for step in graph.steps.values() if step.sets == "closed")
    automatic_or_after = {"open_room", closing, "after_action"}

    assert set(graph.steps) - graph.ancestors(closing) == automatic_or_after
    assert closing in graph.ancestors("after_action")


@pytest.mark.parametrize("name", NAMES)
def test_follow_ups_come_after_30_60_and_120_days(name: str) -> None:
    assert [str(each.at) for each in library()[name].follow_ups] == ["30d from closed", "60d from closed", "120d from closed"]


def test_a_started_playbook_gets_all_that_it_requires() -> None:
    starts = [step for playbook in library().values() for step in playbook.steps if isinstance(step, SubPlaybook)]
    missing = [(step.playbook, name) for step in starts for name in library()[step.playbook].inputs if _is_missing(step, name)]

    assert {step.playbook for step in starts} == {"deepfake_impersonation", "employee_doxxing"}
    assert missing == []


def _is_missing(step: SubPlaybook, name: str) -> bool:
    return library()[step.playbook].inputs[name].required and name not in step.with_


@pytest.mark.parametrize(("name", "step"), list(statements()))
def test_a_template_keeps_the_rules_of_its_own_statement(name: str, step: str) -> None:
    statement = step_of(name, step)
    words = text_of(library()[name], statement).casefold()
    banned = [*statement.must_not_say, *forbidden(library()[name], statement.audience)]

    assert "(people" not in words
    assert len(words.split()) <= (statement.max_words or 10_000)
    assert [phrase for phrase in statement.must_say if phrase.casefold() not in " ".join(words.split())] == []
    assert [phrase for phrase in banned if phrase.casefold() in words] == []


@pytest.mark.parametrize(("name", "step"), [pair for pair in statements() if step_of(*pair).audience in {"employees", "managers"}])
def test_a_note_to_staff_says_that_working_conditions_may_be_discussed(name: str, step: str) -> None:
    words = " ".join(text_of(library()[name], step_of(name, step)).split())

    assert "right to talk about" in words
    assert "pay, hours, safety or working conditions" in words


@pytest.mark.parametrize("name", [name for name in NAMES if name != "filmed_workplace_argument"])
def test_legal_notes_say_that_they_are_not_advice_and_when_they_were_checked(name: str) -> None:
    assert "not advice; checked on 2026-" in " ".join(library()[name].summary.split())


def test_the_readme_names_every_playbook() -> None:
    readme = read("README.md")

    assert [name for name in NAMES if f"`{name}`" not in readme] == []
