"""Golden cases: each story file in `cases/` is read and played, and what is said about it must be what its `.out` says.

A case needs no code: put `err/FBnnn-what.test.yaml` there and run with FIREBREAK_UPDATE_CASES=1 to write its `.out`.
"""

import os
import re
from pathlib import Path
from typing import Final

import pytest

from engine.language.catalogue import CATALOGUE, Entry
from engine.language.report import as_text
from tests.analysis.stories.given import CASES, said

ALL_CASES: Final = sorted((*CASES.glob("err/*.test.yaml"), *CASES.glob("ok/*.test.yaml")))
PAGES: Final = Path(__file__).parents[3] / "docs" / "rules"
CODES: Final = [entry for code, entry in CATALOGUE.items() if code.startswith("FB8")]

_EXAMPLE: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("case", ALL_CASES, ids=[case.name for case in ALL_CASES])
def test_a_story_case_says_what_its_golden_file_says(case: Path) -> None:
    text = as_text(said(case.read_text("utf-8")))
    golden = case.with_suffix(".out")
    if os.environ.get("FIREBREAK_UPDATE_CASES"):
        golden.write_text(text, "utf-8")

    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("case", sorted(CASES.glob("err/*.test.yaml")), ids=lambda case: case.name)
def test_a_faulty_story_case_reports_the_code_that_it_is_named_after(case: Path) -> None:
    assert case.name.partition("-")[0] in {diagnostic.code for diagnostic in said(case.read_text("utf-8"))}


@pytest.mark.parametrize("case", sorted(CASES.glob("ok/*.test.yaml")), ids=lambda case: case.name)
def test_a_sound_story_case_says_nothing(case: Path) -> None:
    assert said(case.read_text("utf-8")) == ()


def test_every_code_about_stories_has_a_faulty_case() -> None:
    shown = {case.name.partition("-")[0] for case in CASES.glob("err/*.test.yaml")}

    assert [entry.code for entry in CODES if entry.code not in shown] == []


@pytest.mark.parametrize("entry", CODES, ids=lambda entry: entry.code)
def test_a_page_about_stories_has_true_examples(entry: Entry) -> None:
    page = (PAGES / f"{entry.code}.md").read_text("utf-8")
    bad, good = _EXAMPLE.findall(page)

    assert page.startswith(f"# {entry.code}: {entry.title}\n")
    assert entry.code in {diagnostic.code for diagnostic in said(bad)}
    assert said(good) == ()
