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
from tests.language.hostile import HOSTILE
from tests.language.reading import CASES, TODAY, reader

SHIPPED: Final = Path(__file__).parents[2] / "playbooks"
EXAMPLES: Final = [path.read_text(encoding="utf-8") for path in sorted((*SHIPPED.glob("*.yaml"), *CASES.glob("ok/*.yaml")))]
MOST_SECONDS: Final = 3.0
"""Of processor time: a second is the goal, on a machine that is three times as quick as the slowest one that tests have run on."""
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
    began = time.process_time()
    first = load_playbook(text, file="x.yaml", read=reader(SHIPPED), today=TODAY)
    took = time.process_time() - began
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


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_waste_time_or_memory_does_not(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    loaded(HOSTILE[name])

    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES
