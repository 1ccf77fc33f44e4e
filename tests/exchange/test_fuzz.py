"""Whatever comes in, an import gives a playbook or says why not; what it gives reads back, and it is never slow."""

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.exchange.importing import TOOLS, import_playbook
from engine.language.load import load_playbook
from engine.language.source import read_source

PATIENT: Final = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
IDS: Final = [f"{kind}--{number:08}-0000-4000-8000-000000000000" for kind in ("action", "if-condition", "end") for number in range(4)]
TYPES: Final = ["start", "end", "action", "playbook-action", "parallel", "if-condition", "switch-condition", "while-condition"]
VARIABLES: Final = ["__a__", "__b__"]

texts = st.one_of(
    st.text(max_size=30), st.sampled_from(["{{ inputs.a }}", "__a__:value", "{% x %}", "a: b", "- c", "\x00", "\u2028", "yes", ""])
)
plain = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), texts)
anything = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12)
ids = st.sampled_from(IDS)
conditions = st.sampled_from(
    ["__a__:value = true", "__b__:value = 'x'", "__b__:value IN ('x', 'y')", "__a__:value = false AND __b__:value != 'x'", "[x:y = 1]", ""]
)
commands = st.fixed_dictionaries({"type": st.sampled_from(["manual", "bash"])}, optional={"command": texts, "command_b64": texts})


def steps() -> st.SearchStrategy[dict[str, Any]]:
    known: dict[str, st.SearchStrategy[Any]] = {
        "name": texts,
        "on_completion": ids,
        "on_failure": ids,
        "on_true": ids,
        "on_false": ids,
        "next_steps": st.lists(ids, max_size=3),
        "cases": st.dictionaries(st.sampled_from(["x", "y", "no", "default"]), ids, max_size=3),
        "condition": conditions,
        "switch": st.sampled_from(["__a__:value", "__b__:value"]),
        "commands": st.lists(commands, max_size=3),
        "out_args": st.lists(st.sampled_from(VARIABLES), max_size=1),
        "delay": st.integers(0, 10**9),
        "timeout": st.integers(0, 10**15),
        "step_extensions": anything,
    }
    loose = {name: st.one_of(value, value, value, anything) for name, value in known.items()}
    return st.fixed_dictionaries({"type": st.sampled_from(TYPES)}, optional=loose)


documents = st.fixed_dictionaries(
    {
        "type": st.just("playbook"),
        "spec_version": st.just("cacao-2.0"),
        "workflow_start": ids,
        "workflow": st.dictionaries(ids, steps(), min_size=1),
    },
    optional={
        "name": texts,
        "description": texts,
        "labels": st.lists(texts, max_size=3),
        "workflow_exception": ids,
        "playbook_variables": st.dictionaries(
            st.sampled_from(VARIABLES),
            st.fixed_dictionaries({"type": st.sampled_from(["bool", "string", "uri"]), "external": st.booleans()}),
        ),
        "agent_definitions": anything,
        "playbook_extensions": anything,
    },
)
items = st.dictionaries(
    st.sampled_from(["title", "description", "command", "due_date", "assignee_id"]), st.one_of(texts, anything), max_size=4
)
exports = st.fixed_dictionaries(
    {"checklists": st.lists(st.fixed_dictionaries({"items": st.lists(items, max_size=3)}, optional={"title": texts}), max_size=3)},
    optional={"title": texts, "description": texts, "metrics": anything, "retrospective_template": texts},
)


def judged(raw: bytes, tool: Any = None) -> None:
    imported = import_playbook(raw, file="x.json", tool=tool)
    if not imported.files:
        assert any(found.level == "error" for found in imported.diagnostics)
        return
    text = imported.files[imported.playbook]
    source = read_source(text, file=imported.playbook)
    assert source.flaws == (), text
    loaded = load_playbook(text, file=imported.playbook, read=lambda name: imported.files[name])
    assert loaded.playbook is not None or any(found.level == "error" for found in imported.diagnostics)


@PATIENT
@given(st.binary(max_size=60))
def test_any_bytes_give_a_playbook_or_diagnostics(raw: bytes) -> None:
    judged(raw)


@PATIENT
@given(anything, st.sampled_from([None, *TOOLS]))
def test_any_json_gives_a_playbook_or_diagnostics(value: object, tool: Any) -> None:
    judged(json.dumps(value).encode(), tool)


@PATIENT
@given(documents)
def test_any_workflow_gives_a_playbook_or_diagnostics(document: dict[str, Any]) -> None:
    judged(json.dumps(document).encode())


@PATIENT
@given(exports)
def test_any_checklists_give_a_playbook_or_diagnostics(document: dict[str, Any]) -> None:
    judged(json.dumps(document).encode())


def chained(count: int) -> dict[str, Any]:
    """A document of many actions, one after another."""
    names = [f"action--{number:08}-0000-4000-8000-000000000000" for number in range(count)]
    following = [*names[1:], None]
    workflow = {
        name: {"type": "action", "name": "Do", **({"on_completion": then} if then else {})}
        for name, then in zip(names, following, strict=True)
    }
    return {"type": "playbook", "spec_version": "cacao-2.0", "workflow_start": names[0], "workflow": workflow}


def nested(count: int) -> dict[str, Any]:
    """A document of many branches, each inside the one before."""
    names = [f"if-condition--{number:08}-0000-4000-8000-000000000000" for number in range(count)]
    following = [*names[1:], IDS[0]]
    workflow: dict[str, Any] = {
        name: {"type": "if-condition", "condition": "?", "on_true": then} for name, then in zip(names, following, strict=True)
    }
    workflow[IDS[0]] = {"type": "action", "name": "Do"}
    return {"type": "playbook", "spec_version": "cacao-2.0", "workflow_start": names[0], "workflow": workflow}


HOSTILE: Final[dict[str, bytes]] = {
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep maps": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "open quotes": b'"' + b'\\"' * 400_000,
    "too large": b"[" + b"1," * 5_000_000 + b"1]",
    "many keys": json.dumps({str(number): number for number in range(300_000)}).encode(),
    "a long number": b"1" * 100_000,
    "UTF-16": '{"type": "playbook"}'.encode("utf-16"),
    "nothing": b"",
    "a long chain": json.dumps(chained(1_900)).encode(),
    "too many steps": json.dumps(chained(2_100)).encode(),
    "deep branches": json.dumps(nested(500)).encode(),
    "deep branches that may be": json.dumps(nested(55)).encode(),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_at_once(name: str) -> None:
    judged(HOSTILE[name])
