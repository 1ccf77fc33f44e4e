"""The reference on the language's page is what the models say now, and leaves nothing out."""

import re
from pathlib import Path

import pytest

from engine.authoring.reference import BEGIN, END, reference, with_reference
from engine.language.playbook import KINDS, Playbook
from engine.language.rules.policies import RULES

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")

    assert with_reference(page) == page, "run: make reference"


def test_what_is_written_by_hand_stays() -> None:
    page = f"# Mine\n\n{BEGIN}\nwas here before\n{END}\n\nmore\n"
    written = with_reference(page)

    assert written.startswith("# Mine\n\n")
    assert written.endswith(f"{END}\n\nmore\n")
    assert "was here before" not in written


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_reference("# Mine\n")


def test_every_table_has_a_form_and_a_meaning_for_every_field() -> None:
    rows = [row for row in reference().splitlines() if re.match(r"\| `\w+`( ●)? \| .* \| .* \| .* \|$", row)]
    empty = [row for row in rows if not all(cell.strip() for cell in (row.split(" | ")[1], row.split(" | ")[-1].rstrip("|")))]

    assert len(rows) > 200
    assert empty == []


def test_every_kind_every_section_and_every_rule_is_there() -> None:
    text = reference()

    assert [kind for kind in KINDS if f"### `{kind}`" not in text] == []
    assert [name for name in Playbook.model_fields if f"| `{name}`" not in text] == []
    assert [rule for rule in RULES if f"| `{rule}` |" not in text] == []


def test_no_form_is_left_to_be_guessed() -> None:
    assert "…}" not in reference().replace(", …}", "")
    assert "see below" not in "".join(row for row in reference().splitlines() if "{…}" in row)
