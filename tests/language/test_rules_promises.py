"""What holds for all rules: they never raise, point at what exists, and none is forgotten."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import rules
from engine.language.catalogue import CATALOGUE
from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.rules import ALL_RULES
from engine.language.shape import shaped
from engine.language.source import read_source
from tests.language.given import codes, document_with, findings, place, playbook_with, task
from tests.language.reading import CASES

EXPRESSIONS = (
    "inputs.hurt",
    "inputs.gone > 3",
    "done('a1')",
    "chosen('a2', 'x')",
    "x +",
    "elapsed('a1') > 2",
    "true",
    "{{ x }}",
    "inputs.who",
)
NAMES = ("a1", "a2", "a3", "gone")


def public_functions(module: object) -> set[Callable[..., object]]:
    own = inspect.getmodule(module)
    found = inspect.getmembers(module, lambda member: inspect.isfunction(member) and inspect.getmodule(member) is own)
    return {function for name, function in found if not name.startswith("_")}


def test_every_rule_is_in_the_list() -> None:
    modules = [
        module for name, module in inspect.getmembers(rules, inspect.ismodule) if module.__name__.startswith("engine.language.rules.")
    ]
    files = {entry.name.removesuffix(".py") for entry in resources.files(rules).iterdir() if entry.name.endswith(".py")} - {"__init__"}
    written = {
        function
        for module in modules
        for function in public_functions(module)
        if list(inspect.signature(function).parameters) == ["checked"]
    }

    assert {module.__name__.rpartition(".")[2] for module in modules} == files
    assert written == set(ALL_RULES)


@pytest.mark.parametrize("case", sorted(CASES.glob("*/FB[1-6]*.yaml")), ids=lambda case: case.stem)
def test_a_finding_points_at_something_that_stands_in_the_file(case: Any) -> None:
    document = read_source(case.read_bytes(), file=case.name).document
    if not isinstance(document, dict) or "steps" not in document:
        return
    try:
        playbook = playbook_with(**document)
    except ValueError:
        return

    for finding in findings(playbook):
        assert place(document, finding.path) is not None
        assert finding.code in CATALOGUE


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents with fields of the right shape and names, expressions and texts that may all be wrong."""
    name = st.sampled_from(NAMES)
    names = st.lists(name, max_size=2)
    text = st.sampled_from(("{{ inputs.hurt }}", "{{ inputs.gone }}", "{% include 'gone' %}", "{% if %}", "plain", "{{ roles.lead.name }}"))
    guard = st.sampled_from(EXPRESSIONS)
    kinds: tuple[Mapping[str, Any], ...] = (
        {"task": "T", "when": draw(guard), "due": draw(st.sampled_from(("5m", "5m from a1", "5m from gone")))},
        {
            "decision": "D",
            "options": {"xx": {"label": "X", "then": draw(names)}, "yy": {"label": "Y", "then": draw(names), "raise": "low"}},
        },
        {"statement": "S", "audience": "public", "template": draw(st.sampled_from(("line", "gone")))},
        {"approval": "A", "of": draw(name), "approvers": draw(st.lists(name, min_size=1, max_size=2)), "on_reject": {"rework": draw(name)}},
        {"publish": "P", "of": draw(name), "channels": ["newsroom", "slack:#x"]},
        {"message": "M", "to": ["war_room", "role:gone"], "text": draw(text)},
        {"evidence": "E", "collect": ["video"], "from": draw(guard)},
        {"monitor": "O", "every": "30s", "until": draw(guard), "record": draw(names)},
        {"wait": "W", "until": draw(guard)},
        {"playbook": "case", "with": {"hurt": draw(guard)}},
    )
    steps = [{"id": draw(name), "needs": draw(names), **draw(st.sampled_from(kinds))} for _ in range(draw(st.integers(1, 5)))]
    return document_with(
        steps,
        inputs={"hurt": {"type": "yes_no", "default": draw(st.sampled_from((True, "maybe")))}, "who": {"type": "people"}},
        templates={"line": {"text": draw(text), "needs_inputs": draw(names)}},
        metrics={"a1": {"title": "M", "type": "elapsed", "to": draw(name), "target": draw(st.sampled_from(("<= 5m", "5")))}},
        policies=[{"id": "p1", "rule": draw(st.sampled_from(("before", "gone", "never_both"))), "first": draw(name), "then": draw(names)}],
        follow_ups=[{"id": draw(name), "at": "30d from closed", "role": draw(name), "task": "F", "when": draw(guard)}],
    )


@settings(max_examples=200, deadline=None)
@given(documents())
def test_rules_never_raise_and_always_point_somewhere(document: dict[str, Any]) -> None:
    said: Iterable[Finding] = findings(playbook_with(**document))

    assert all(place(shaped(document)[0] | document, finding.path) is not None for finding in said)


@settings(max_examples=50, deadline=None)
@given(documents())
def test_the_same_playbook_gives_the_same_findings_in_the_same_order(document: dict[str, Any]) -> None:
    assert findings(playbook_with(**document)) == findings(playbook_with(**document))


def test_a_sound_playbook_gives_notes_only() -> None:
    assert codes(playbook_with([task("facts"), task("close", "facts", sets="closed")])) == {"FB605"}


def test_a_rule_looks_at_nothing_but_what_is_checked() -> None:
    playbook = playbook_with([task("facts")], templates={"line": {"file": "line.md"}})
    missing = Checked(playbook, missing=frozenset({"line.md"}))
    said = [finding.code for rule in ALL_RULES for finding in rule(missing)]

    assert "FB133" in said


def test_a_playbook_with_too_much_to_read_is_refused_and_not_read_on() -> None:
    guard = " and ".join(["inputs.gone"] * 100)
    steps = [task(f"s{number}", when=f"{guard} and inputs.gone{number}") for number in range(10, 100)]
    said = [finding for finding in findings(playbook_with(steps)) if finding.code in ("FB501", "FB506")]

    (refused,) = (int(finding.path[1]) for finding in said if finding.code == "FB506")
    assert {int(finding.path[1]) for finding in said if finding.code == "FB501"} == set(range(refused))
