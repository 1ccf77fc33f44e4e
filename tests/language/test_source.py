"""What the YAML reader makes of words, and where it says that things stand."""

import pytest

from engine.language.diagnostic import Finding, Path
from engine.language.source import Source, read_source


def read(text: str) -> Source:
    source = read_source(text, file="x.yaml")
    assert list(source.diagnostics) == []
    return source


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "y", "n", "12:30:45", "2026-01-05", "0o17", "0x1F", "017", "1_000", ".inf", ".nan", "-"]
)
def test_words_that_surprise_elsewhere_are_text(word: str) -> None:
    assert read(f"a: {word if word != '-' else '--'}").document == {"a": word if word != "-" else "--"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("0", 0),
    ],
)
def test_plain_words_have_the_values_of_the_core_schema(word: str, value: object) -> None:
    assert read(f"a: {word}").document == {"a": value}


def test_words_in_quotes_are_always_text() -> None:
    assert read("a: 'true'\nb: \"12\"").document == {"a": "true", "b": "12"}


def test_keys_may_be_words_that_are_booleans_elsewhere() -> None:
    assert read("yes: 1\nno: 2\non: 3").document == {"yes": 1, "no": 2, "on": 3}


TEXT = """steps:
  - id: capture
    task: "Größe: 日本"
    needs: [a1, b2]
  - {id: other, do: |-
      inputs.a and
      inputs.sight
    }
"""


@pytest.mark.parametrize(
    ("path", "at", "within", "place"),
    [
        (("steps", 0, "id"), "value", None, (2, 9, 7)),
        (("steps", 0, "id"), "key", None, (2, 5, 2)),
        (("steps", 0, "task"), "value", None, (3, 11, 11)),
        (("steps", 0, "needs", 1), "value", None, (4, 17, 2)),
        (("steps", 0, "missing"), "value", None, (2, 5, 11)),
        (("steps", 7), "value", None, (2, 3, 13)),
        ((), "value", None, (1, 1, 6)),
    ],
)
def test_a_finding_is_placed_at_its_key_or_value_or_the_nearest_thing(path: Path, at: str, within: str | None, place: object) -> None:
    text = TEXT.partition("  - {id: other")[0]
    found = read(text).locate(Finding("FB010", "x", path, "key" if at == "key" else "value", within))

    assert (found.line, found.column, found.length) == place


def test_a_word_inside_a_text_of_several_lines_is_found() -> None:
    text = "do: |\n  inputs.a and\n  inputs.sight\nnext: x\n"
    found = read(text).locate(Finding("FB501", "x", ("do",), within="sight"))

    assert (found.line, found.column, found.length, found.source_line) == (3, 10, 5, "  inputs.sight")


def test_a_word_is_found_only_as_a_whole() -> None:
    found = read("when: inputs.sites and inputs.site").locate(Finding("FB501", "x", ("when",), within="site"))

    assert found.column == 31


def test_an_alias_never_unfolds() -> None:
    source = read_source("a: &a [x]\nb: [*a, *a]\n", file="x")

    assert source.document == {"a": ["x"], "b": [None, None]}
    assert not source.is_readable
