"""Formatting changes how a file looks and nothing else; formatted files stay as they are."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.authoring.formatting import formatted, styled
from engine.authoring.formatting_spacing import comments_in
from engine.language.source import read_source

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(file for file in (ROOT / "playbooks").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "language" / "cases").glob("*/*.yaml"))

WORDS = st.sampled_from(
    [
        "lead",
        "first words",
        "it's",
        'say "no"',
        "a: b",
        "# no",
        "yes",
        "1.0",
        "C:\\x",
        "",
        "  ",
        "Ünï",
        "- x",
        "{a}",
        "ends?",
        "a,b",
        "x #y",
    ]
)
SCALARS = WORDS | st.booleans() | st.integers(-5, 400)
NAMES = st.sampled_from(["task", "role", "needs", "do", "yes", "no", "on", "a_b", "title", "of"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=14)
STEPS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4).map(lambda entry: {**entry, "id": "x1"}), min_size=1, max_size=4)
DOCUMENTS = st.fixed_dictionaries({"firebreak": st.just(1), "steps": STEPS, "roles": st.dictionaries(NAMES, VALUES, max_size=4)})


class Scribbler:
    """Writes a document as untidily as YAML allows, and remembers the comments it made."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.lines: list[str] = []

    def write(self, document: dict[str, Any]) -> str:
        self.block_map(document, 0)
        return "\n".join(self.lines) + "\n" * self.dice.randrange(4)

    def block_map(self, value: dict[str, Any], column: int, first: str | None = None) -> None:
        for index, (name, entry) in enumerate(value.items()):
            lead = first if index == 0 and first is not None else self.above(column) + " " * column
            self.entry(f"{lead}{name}{' ' * self.dice.choice([0, 0, 0, 1])}:", entry, column)

    def block_list(self, value: list[Any], column: int, first: str | None = None) -> None:
        for index, entry in enumerate(value):
            lead = first if index == 0 and first is not None else self.above(column) + " " * column
            gap = " " * self.dice.randint(1, 3)
            inner = column + 1 + len(gap)
            if isinstance(entry, dict) and entry and self.dice.random() < 0.7:
                self.block_map(entry, inner, f"{lead}-{gap}")
            elif isinstance(entry, list) and entry and self.dice.random() < 0.5:
                self.block_list(entry, inner, f"{lead}-{gap}")
            else:
                self.entry(f"{lead}-", entry, column)

    def entry(self, lead: str, value: Any, column: int) -> None:
        deeper = column + self.dice.randint(1, 5)
        if isinstance(value, dict) and value and self.dice.random() < 0.6:
            self.lines.append(lead + self.trailing())
            self.block_map(value, deeper)
        elif isinstance(value, list) and value and self.dice.random() < 0.6:
            self.lines.append(lead + self.trailing())
            self.block_list(value, column if lead.rstrip().endswith(":") and self.dice.random() < 0.4 else deeper)
        elif isinstance(value, str) and value.strip() and value == value.strip() and self.dice.random() < 0.3:
            self.lines.append(f"{lead} {self.dice.choice('|>')}-{self.trailing()}")
            self.lines.append(" " * deeper + value)
        else:
            self.lines.append(f"{lead}{' ' * self.dice.randint(1, 4)}{self.flow(value, deeper)}{self.trailing()}")

    def flow(self, value: Any, column: int) -> str:
        gap, comma = self.gap(column), f"{' ' * self.dice.randrange(2)},{self.gap(column) or ' '}"
        match value:
            case dict():
                return f"{{{gap}{comma.join(f'{name}: {self.flow(entry, column)}' for name, entry in value.items())}{gap}}}"
            case list():
                return f"[{gap}{comma.join(self.flow(entry, column) for entry in value)}{gap}]"
            case str():
                return self.quoted(value)
            case _:
                return json.dumps(value)

    def quoted(self, value: str) -> str:
        if value.replace(" ", "").isalpha() and value not in ("yes", "no") and self.dice.random() < 0.6 and value.strip():
            return value
        if self.dice.random() < 0.5:
            return json.dumps(value, ensure_ascii=False)
        return "'" + value.replace("'", "''") + "'"

    def gap(self, column: int) -> str:
        roll = self.dice.random()
        if roll < 0.1:
            return f"  #inside {self.dice.randrange(99)}\n{' ' * column}"
        return f"\n{' ' * column}" if roll < 0.2 else " " * self.dice.randrange(3)

    def trailing(self) -> str:
        return self.dice.choice(["", "", "", "  ", " #behind", "   # behind it"])

    def above(self, column: int) -> str:
        roll = self.dice.random()
        return "\n" * self.dice.randrange(4) if roll < 0.2 else f"{' ' * self.dice.choice([column, 0, 3])}#above\n" if roll < 0.35 else ""


def meaning(text: str) -> str:
    """Give what a text says, with the order of everything but the fields of steps."""
    return json.dumps(sorted_steps(read_source(text, file="x").document))


def sorted_steps(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: sorted_steps(value[name]) for name in (sorted(value) if "id" in value else value)}
    return [sorted_steps(entry) for entry in value] if isinstance(value, list) else value


@settings(max_examples=400, deadline=None)
@given(DOCUMENTS, st.integers(0, 2**32))
def test_whatever_it_looked_like_it_means_the_same_and_keeps_its_comments(document: dict[str, Any], seed: int) -> None:
    untidy = Scribbler(seed).write(document)
    ended = formatted(untidy.encode(), file="x.yaml")

    assert ended.refusal is None, untidy
    assert ended.content is not None, untidy
    tidy = ended.content.decode()
    assert meaning(tidy) == meaning(untidy)
    assert sorted(comments_in(tidy)) == sorted(comments_in(untidy))
    assert styled(tidy) == tidy


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_no_bytes_make_it_raise(case: Path, data: st.DataObject) -> None:
    raw = bytearray(case.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, max(0, len(raw) - 1)))] = data.draw(st.integers(0, 255))
    ended = formatted(bytes(raw), file="x.yaml")

    assert ended.content is not None or ended.diagnostics or ended.refusal


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_playbooks_are_formatted(file: Path) -> None:
    raw = file.read_bytes()

    assert formatted(raw, file=file.name).content == raw


UNTIDY = """\


firebreak:   1
id:  messy # a name
roles:
    lead: { title: Lead ,assign: 'oncall:x' }   #who
    deputy:       {title: It's me}
steps:
-   task: Pause 'posts'
    id: freeze   # the id
    do: |
        # no comment
        line
    checklist:
    - one
    -   two


- { role: lead, task: 'It''s', id: third }
"""
TIDY = """\
firebreak: 1
id: messy  # a name
roles:
  lead: {title: Lead, assign: "oncall:x"}   # who
  deputy:       {title: It's me}
steps:
  - id: freeze   # the id
    task: Pause 'posts'
    do: |
        # no comment
        line
    checklist:
      - one
      - two

  - {id: third, task: "It's", role: lead}
"""


def test_this_is_the_style() -> None:
    assert styled(UNTIDY) == TIDY


def test_columns_that_are_lined_up_stay_so() -> None:
    text = "roles:\n  lead:   {title: A}\n  deputy: {title: B}\n  outside_counsel: {title: C}\n"

    assert styled(text) == text


def test_a_comment_between_fields_keeps_their_order() -> None:
    text = "steps:\n  - task: Pause\n    # the name\n    id: freeze\n"

    assert styled(text) == text


def test_windows_line_ends_stay_and_a_byte_order_mark_goes() -> None:
    raw = b"\xef\xbb\xbffirebreak: 1\r\ntags: [ a ]\r\n"

    assert formatted(raw, file="x").content == b"firebreak: 1\r\ntags: [a]\r\n"


def test_a_file_with_faults_is_left_alone_with_its_diagnostics() -> None:
    ended = formatted(b"firebreak: 1\ntags: [a\n", file="x")

    assert ended.content is None
    assert [each.code for each in ended.diagnostics] == ["FB001"]


def test_line_breaks_that_nobody_sees_are_refused() -> None:
    assert formatted('firebreak: 1\ntitle: "a\u2028b"\n'.encode(), file="x").refusal


def test_empty_lines_that_a_text_keeps_are_kept() -> None:
    text = "firebreak: 1\nsummary: |+\n  words\n\n\nid: x1\n"

    assert formatted(text.encode(), file="x").content == text.encode()
