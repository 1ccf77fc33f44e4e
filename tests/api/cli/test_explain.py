"""`firebreak explain`: the page of a code, by its number or its name, and the nearest one for a misspelt code."""

import pytest

from engine.language.catalogue import CATALOGUE
from tests.api.cli.given import ROOT, firebreak


def test_a_code_gives_its_page() -> None:
    shown = firebreak("explain", "FB202")

    assert shown.exit_code == 0
    assert shown.stdout == (ROOT / "docs/rules/FB202.md").read_text("utf-8").rstrip("\n") + "\n"


@pytest.mark.parametrize("word", ["fb202", "unreachable-step", "UNREACHABLE-STEP"])
def test_case_and_name_do_not_matter(word: str) -> None:
    assert firebreak("explain", word).stdout == firebreak("explain", "FB202").stdout


def test_a_misspelt_name_gets_the_nearest_one() -> None:
    ended = firebreak("explain", "unreachable-stepp")

    assert (ended.exit_code, ended.stderr) == (1, "firebreak: there is no code 'unreachable-stepp'; did you mean unreachable-step?\n")


def test_a_code_like_no_other_gets_the_range() -> None:
    assert "they go from FB001 to " in firebreak("explain", "zzzzzzzz").stderr


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_can_be_explained(code: str) -> None:
    assert code in firebreak("explain", code).stdout
