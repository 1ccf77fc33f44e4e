"""Whatever the graph, an export is whole, and without extensions the same steps come back in an order that holds."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.exchange.cacao.document import structural_faults
from engine.exchange.cacao.export import Wanted
from engine.exchange.importing import import_playbook
from engine.exchange.yaml_text import playbook_text
from engine.language.graph import Graph
from engine.language.load import load_playbook
from tests.exchange.given import LOSSLESS, STRIPPED, made, playbook_in

HEAD: dict[str, Any] = {
    "firebreak": 1,
    "id": "random",
    "title": "Random",
    "version": "1.0.0",
    "owner": "lead",
    "inputs": {"hurt": {"type": "yes_no", "default": False}},
    "roles": {"lead": {"title": "Lead"}, "legal": {"title": "Counsel"}},
}
GUARDS = ["inputs.hurt", "not inputs.hurt", "elapsed('declared') > duration('1h')"]

_APPROVAL: dict[str, Any] = {"approvers": ["legal"], "on_reject": {"rework": "s1", "max": 0}}
_ASKED: dict[str, Any] = {
    "id": "s0",
    "decision": "Step 0",
    "role": "lead",
    "options": {"o1": {"label": "Option 1", "then": ["s2"]}, "o2": {"label": "Option 2", "then": ["s3"]}},
}
_DRAFT: dict[str, Any] = {"id": "s1", "task": "Step 1", "role": "lead", "when": "inputs.hurt"}
WAITS_FOR_AN_APPROVAL_OF_THE_OTHER_ANSWER: dict[str, Any] = {
    **HEAD,
    "steps": [
        _ASKED,
        _DRAFT,
        {"id": "s2", "approval": "Step 2", "of": "s1", **_APPROVAL},
        {"id": "s3", "task": "Step 3", "role": "lead", "needs": ["s2"]},
    ],
}
WAITS_FOR_APPROVALS_OF_BOTH_ANSWERS: dict[str, Any] = {
    **HEAD,
    "steps": [
        _ASKED,
        _DRAFT,
        {"id": "s2", "approval": "Step 2", "of": "s1", **_APPROVAL},
        {"id": "s3", "approval": "Step 3", "of": "s1", **_APPROVAL},
        {"id": "s4", "task": "Step 4", "role": "lead", "needs": ["s2", "s3"]},
    ],
}


@st.composite
def playbooks(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a playbook without circles: steps wait for, and are listed by, earlier ones only."""
    steps: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, 9))):
        steps.append(_step(draw, index, steps))
    return {**HEAD, "steps": steps}


def _step(draw: st.DrawFn, index: int, before: list[dict[str, Any]]) -> dict[str, Any]:
    name = f"s{index}"
    needs = draw(st.lists(st.sampled_from([step["id"] for step in before]), max_size=2, unique=True)) if before else []
    decisions = [step for step in before if "decision" in step]
    is_listed = draw(st.booleans())
    if decisions and is_listed:
        for option in draw(st.lists(st.sampled_from(list(draw(st.sampled_from(decisions))["options"].values())), min_size=1, max_size=2)):
            option["then"] = list(dict.fromkeys((*option["then"], name)))
    kind = draw(st.sampled_from(["task", "task", "decision", "approval", "wait", "monitor"]))
    return {"id": name, **_kind(draw, kind, index, before), **({"needs": needs} if needs else {})}


def _kind(draw: st.DrawFn, kind: str, index: int, before: list[dict[str, Any]]) -> dict[str, Any]:
    title = f"Step {index}"
    tasks = [step["id"] for step in before if "task" in step]
    guard = {"when": draw(st.sampled_from(GUARDS))} if draw(st.integers(0, 4)) == 0 else {}
    if kind == "decision":
        count = draw(st.integers(1, 3))
        return {
            "decision": title,
            "role": "lead",
            "options": {f"o{each}": {"label": f"Option {each}", "then": []} for each in range(1, count + 1)},
        }
    if kind == "approval" and tasks:
        subject = draw(st.sampled_from(tasks))
        return {"approval": title, "of": subject, "approvers": ["legal"], "on_reject": {"rework": subject, "max": draw(st.integers(0, 2))}}
    if kind == "wait":
        return {"wait": title, "for": "5m", **guard}
    if kind == "monitor":
        return {"monitor": title, "role": "lead", "every": "10m", "until": "inputs.hurt", "for_at_most": "1d"}
    return {"task": title, "role": "lead", "privileged": draw(st.integers(0, 5)) == 0, **guard}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(playbooks())
@example(WAITS_FOR_AN_APPROVAL_OF_THE_OTHER_ANSWER)
@example(WAITS_FOR_APPROVALS_OF_BOTH_ANSWERS)
def test_every_graph_survives_the_way_there_and_back(document: dict[str, Any]) -> None:
    text = playbook_text(document)
    loaded = load_playbook(text, file="trial.yaml", read=lambda _name: "")
    if loaded.playbook is None:
        return  # a rule had something against it: an author would be told before an export

    whole, bare, shared = (made(text, wanted=wanted).document for wanted in (LOSSLESS, STRIPPED, Wanted()))
    back = import_playbook(json.dumps(whole).encode(), file="x.json")
    assert back.files == {"trial.yaml": text}
    assert [fault for each in (whole, bare, shared) if each for fault in structural_faults(each)] == []

    imported = import_playbook(json.dumps(bare).encode(), file="x.json")
    if not imported.files:  # nothing but waits is nothing to do
        assert all(step.kind == "wait" for step in loaded.playbook.steps)
        return
    before, after = Graph.of(loaded.playbook), Graph.of(playbook_in(imported))
    ids = {step.title: step.id for step in after.steps.values()}
    known = {step.id: ids[step.title] for step in before.steps.values() if step.kind != "wait"}
    lost = [
        (need, step) for step in known for need in before.parents[step] if need in known and known[need] not in after.ancestors(known[step])
    ]
    assert lost == []
