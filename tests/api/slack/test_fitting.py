"""Parts of one view: whole groups only, counted where they don't fit, and every id and label once."""

from typing import Any

from api.slack.own_card import fitted, numbered
from engine.channels.slack_text import button, section
from tests.block_kit import faults_of
from tests.plain_words import complaints_of_blocks


def _group(name: str, blocks: int = 1) -> list[dict[str, Any]]:
    return [section(f"{name} {number}") for number in range(blocks)]


def _pressed(key: str) -> dict[str, Any]:
    element = button("Done", action_id="done", value=f"{key}|facts", label="Done: Find out what happened")
    return {"type": "actions", "block_id": "b", "elements": [element]}


def test_what_fits_is_taken_whole() -> None:
    assert fitted([_group("a", 2), _group("b", 2)], blocks=6, characters=10_000) == [*_group("a", 2), *_group("b", 2)]


def test_what_does_not_fit_is_counted() -> None:
    drawn = fitted([_group("a", 2), _group("b", 3), _group("c")], blocks=5, characters=10_000, left=4)

    assert drawn[:2] == _group("a", 2)
    assert drawn[2]["elements"][0]["text"] == "and 6 more"


def test_nothing_is_taken_out_of_turn() -> None:
    assert "last" not in str(fitted([_group("a"), _group("b", 9), _group("last")], blocks=5, characters=10_000))


def test_the_first_is_taken_in_any_case() -> None:
    assert fitted([_group("card", 3)], blocks=2, characters=10) == _group("card", 3)


def test_the_same_button_of_two_incidents_has_two_ids_and_two_labels() -> None:
    blocks = list(numbered([_pressed("INC-1"), _pressed("INC-2"), _pressed("INC-3")]))

    assert (faults_of(blocks), complaints_of_blocks(blocks)) == ([], [])
    assert [block["elements"][0]["action_id"].partition(":")[0] for block in blocks] == ["done", "done", "done"]
    assert "INC-3" in blocks[2]["elements"][0]["accessibility_label"]
