"""Golden cases: each file in `cases/` is checked, and what is said about it must be what its `.out` says.

A case needs no code: put `err/FBnnn-what.yaml` there and run with FIREBREAK_UPDATE_CASES=1 to write its `.out`.
Files that a case reads live in `cases/files/`.
"""

import os
from pathlib import Path

import pytest

from engine.language.catalogue import CATALOGUE
from engine.language.report import as_text
from tests.language.reading import CASES, diagnostics_of

ALL_CASES = sorted((*CASES.glob("err/*.yaml"), *CASES.glob("ok/*.yaml")))


@pytest.mark.parametrize("case", ALL_CASES, ids=[case.stem for case in ALL_CASES])
def test_a_case_says_what_its_golden_file_says(case: Path) -> None:
    said = as_text(diagnostics_of(case))
    golden = case.with_suffix(".out")
    if os.environ.get("FIREBREAK_UPDATE_CASES"):
        golden.write_text(said, encoding="utf-8")

    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", sorted(CASES.glob("err/*.yaml")), ids=lambda case: case.stem)
def test_a_faulty_case_reports_the_code_that_it_is_named_after(case: Path) -> None:
    codes = {diagnostic.code for diagnostic in diagnostics_of(case)}

    assert case.stem.partition("-")[0] in codes


@pytest.mark.parametrize("case", sorted(CASES.glob("ok/*.yaml")), ids=lambda case: case.stem)
def test_a_sound_case_has_no_errors_and_no_warnings(case: Path) -> None:
    levels = {diagnostic.level for diagnostic in diagnostics_of(case)}

    assert levels <= {"info"}


def test_every_code_that_is_reported_has_a_faulty_case() -> None:
    shown = {case.stem.partition("-")[0] for case in CASES.glob("err/*.yaml")}
    about_stories = {code for code in CATALOGUE if code.startswith("FB8")}  # their cases are in tests/analysis/stories
    about_exchange = {code for code in CATALOGUE if code.startswith("FB7")}  # theirs are in tests/exchange

    assert [code for code, entry in CATALOGUE.items() if not entry.is_planned and code not in shown | about_stories | about_exchange] == []
