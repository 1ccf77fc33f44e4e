"""Whatever comes in, a playbook or diagnostics come out: quickly, in bounded memory, the same every time."""

import resource
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.language.load import Loaded, load_organisation, load_playbook
from engine.language.report import as_json, as_text
from tests.language.reading import CASES, TODAY, reader

SHIPPED: Final = Path(__file__).parents[2] / "playbooks"
EXAMPLES: Final = [path.read_text(encoding="utf-8") for path in sorted((*SHIPPED.glob("*.yaml"), *CASES.glob("ok/*.yaml")))]
MOST_SECONDS: Final = 1.0
MOST_BYTES: Final = 200 * 1024 * 1024
FEW: Final = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

PIECES: Final = (
    *"{}[]:,?-#&*!|>'\"%@`~\t\n\\ ",
    *("  - ", ": ", "{{ ", " }}", "<<: ", "null", "true", "1e400", "9" * 400, "!!python/object ", "\u2028", "é"),
    *("steps:", "id: x", "needs: [x]", "options:", "then: []", "roles: 5", "when: ", "extends: x.yaml", "due: 5m from x", "{% for %}"),
)
fragments = st.sampled_from(PIECES)


def loaded(text: bytes | str) -> Loaded:
    """Load twice, as both kinds of file, and hold time and sameness."""
    began = time.perf_counter()
    first = load_playbook(text, file="x.yaml", read=reader(SHIPPED), today=TODAY)
    took = time.perf_counter() - began
    load_organisation(text, file="x.yaml")
    second = load_playbook(text, file="x.yaml", read=reader(SHIPPED), today=TODAY)
    assert took < MOST_SECONDS
    assert as_text(first.diagnostics) == as_text(second.diagnostics)
    assert as_json(first.diagnostics) == as_json(second.diagnostics)
    assert first.playbook is not None or any(found.level == "error" for found in first.diagnostics)
    return first


@FEW
@given(st.binary(max_size=400))
def test_any_bytes_give_a_playbook_or_diagnostics(raw: bytes) -> None:
    loaded(raw)


@FEW
@given(st.text(max_size=300) | st.lists(fragments, max_size=60).map("".join))
def test_any_text_gives_a_playbook_or_diagnostics(text: str) -> None:
    loaded(text)


@FEW
@given(data=st.data())
def test_a_mutated_playbook_gives_a_playbook_or_diagnostics(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(fragments | st.just("")) + text[end:]

    loaded(text)


@FEW
@given(data=st.data())
def test_a_playbook_whose_lines_were_shuffled_gives_a_playbook_or_diagnostics(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(EXAMPLES)).splitlines()
    first, second = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first][: data.draw(st.integers(0, len(lines[first])))]

    loaded("\n".join(lines))


def _hostile() -> dict[str, str | bytes]:
    """Files made to take time or memory, each within the size that is read at all."""
    head = "firebreak: 1\nid: hostile\ntitle: Hostile\nversion: 1.0.0\nowner: lead\nroles: {lead: {title: Lead}}\nsteps:\n"
    step = "  - {{id: s{0}, task: Step, role: lead, needs: [{1}]}}\n"
    chain = head + "".join(step.format(n, f"s{n - 1}" if n > 10 else "") for n in range(10, 500))
    dense = head + "".join(step.format(n, ", ".join(f"s{m}" for m in range(10, n))) for n in range(10, 85))
    laughs = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24))
    unknown = head + step.format(1, ", ".join(f"unknown_step_{n}" for n in range(900)))
    options = "options: {{yes: {{label: A, then: [d{0}]}}, no: {{label: B, then: [d{0}]}}}}"
    decisions = "".join(f"  - {{id: d{n}, decision: Ask, role: lead, {options.format(n + 1)}}}\n" for n in range(10, 300))
    fallbacks = ", ".join(f"r{n}" for n in range(10, 130))
    roles = "".join(f"  r{n}: {{title: Role, fallback: [{fallbacks}]}}\n" for n in range(10, 130))
    rungs = ", ".join(f"{{late: {n}m, to: r{n}}}" for n in range(900, 10, -1))
    guard = " and ".join(["inputs.x"] * 5_000)
    return {
        "deep lists": "[" * 500_000,
        "deep maps": "{a: " * 200_000,
        "deep blocks": "\n".join(" " * n + "a:" for n in range(1_000)),
        "many keys": "\n".join(f"k{n}: v" for n in range(100_000)),
        "many wrong fields": head + "  - {id: one, task: Step, role: lead, " + ", ".join(f"field_{n}: x" for n in range(900)) + "}\n",
        "many wrong steps": head + "  - {}\n" * 6_000,
        "one long line": "title: " + "x" * 1_000_000,
        "long quotes": 'title: "' + "\\n" * 400_000,
        "many laughs": laughs,
        "a cycle": "a: &a [*a]\n",
        "long chain of needs": chain,
        "dense needs": dense,
        "too dense needs": dense.replace("s10,", "s10, " * 30),
        "unknown needs": unknown,
        "many needs": unknown.replace("]", "".join(f", step_{n}" for n in range(15_000)) + "]"),
        "many decisions": head + decisions + "  - {id: d300, task: End, role: lead}\n",
        "many roles": f"firebreak: 1\nroles:\n{roles}steps: [{{id: end, task: End, role: r10}}]\n",
        "long ladder": f"firebreak: 1\nladders: {{down: [{rungs}]}}\nsteps: [{{id: end, task: End, role: r10}}]\n",
        "many inputs": "firebreak: 1\ninputs:\n" + "".join(f"  i{n}: {{type: text}}\n" for n in range(900)) + head[13:] + "  - {}\n",
        "long guard": head + f"  - {{id: one, task: Step, role: lead, when: {guard}}}\n",
        "deep guard": head + f'  - {{id: one, task: Step, role: lead, when: "{"(" * 9_000}1{")" * 9_000}"}}\n',
        "nots": head + f'  - {{id: one, task: Step, role: lead, when: "{"not " * 4_000}true"}}\n',
        "deep template": head + f'  - {{id: one, message: Step, to: [war_room], text: "{"{% if true %}" * 1_000}"}}\n',
        "too large": b"a: b\n" * 300_000,
        "questions": "? " * 300_000,
        "dashes": "- " * 300_000,
        "anchors": "&a " * 100_000,
        "tags": "!" * 500_000,
        "colons": "a: " * 100_000,
        "comments": "#\n" * 500_000,
        "extends itself": "firebreak: 1\nextends: x.yaml\n",
    }


HOSTILE: Final = _hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_waste_time_or_memory_does_not(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    loaded(HOSTILE[name])

    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES
