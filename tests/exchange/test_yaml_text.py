"""What is written as YAML reads back as the same values, and looks as people write it."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.exchange.yaml_text import clean, playbook_text
from engine.language.source import read_source

words = st.one_of(
    st.text(max_size=40), st.sampled_from(["yes", "true", "1.0", "- a", "a: b", "# a", "a #b", "", " a", "'", "? a", "null", "a" * 200])
).map(clean)
long_texts = st.lists(st.text("abc .", min_size=1, max_size=30), max_size=12).map(" ".join)


@settings(max_examples=300, deadline=None)
@example("", [""], " a" * 80)
@given(words, st.lists(words, min_size=1, max_size=4), long_texts)
def test_what_is_written_reads_back_as_the_same(word: str, some: list[str], long: str) -> None:
    step = {"id": "one", "task": word, "do": f"{word}\n{long}", "options": {"yes": {"label": word, "then": some}}}
    document: dict[str, Any] = {
        "firebreak": 1,
        "title": word,
        "summary": long,
        "tags": some,
        "inputs": {"x": {"label": word, "default": 3}},
    }
    document["steps"] = [step, {"id": "two", "task": long, "do": f"{long}\n", "checklist": some}]
    source = read_source(playbook_text(document, comments=(word,)), file="x.yaml")

    assert source.flaws == ()
    assert source.document == document


def test_long_texts_are_folded_and_short_maps_stand_on_a_line() -> None:
    long = "Ask where they are and who is with them, and believe them. " * 3
    steps = [{"id": "ask", "task": "Ask", "role": "hr"}, {"id": "call", "task": "Call", "do": long.strip(), "needs": ["ask"]}]

    assert playbook_text({"firebreak": 1, "steps": steps}) == (
        "firebreak: 1\n\nsteps:\n"
        "  - {id: ask, task: Ask, role: hr}\n"
        "  - id: call\n    task: Call\n    do: >-\n"
        "      Ask where they are and who is with them, and believe them. Ask where they are and who is with them, and believe them.\n"
        "      Ask where they are and who is with them, and believe them.\n"
        "    needs: [ask]\n"
    )
