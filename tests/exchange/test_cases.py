"""Golden cases: what exchange makes of each file in `cases/`, and says about it, is what its `.out` says.

A case needs no code: put a `.json` to import (or a `.yaml` to export) into `ok/`, or into `err/` with the code it
reports as its name begins, and run with FIREBREAK_UPDATE_CASES=1 to write its `.out`.
"""

from pathlib import Path

import pytest

from engine.language.catalogue import CATALOGUE
from engine.language.load import load_playbook
from engine.language.source import read_source
from tests.exchange.given import CASES, imported_case, is_updating, made, told

ALL = sorted((*CASES.glob("*/*.json"), *CASES.glob("*/*.yaml")))
FAULTY = [case for case in ALL if case.parent.name == "err"]
SOUND = [case for case in ALL if case.parent.name == "ok"]


def codes_of(case: Path) -> set[str]:
    if case.suffix == ".json":
        return {found.code for found in imported_case(case).diagnostics}
    text = case.read_text("utf-8")
    return {read_source(text, file=case.name).locate(each).code for each in made(text).findings}


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.stem)
def test_a_case_gives_what_its_golden_file_says(case: Path) -> None:
    golden = case.with_suffix(".out")
    said = told(case)
    if is_updating():
        golden.write_text(said, encoding="utf-8")

    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.stem)
def test_a_faulty_case_reports_the_code_that_it_is_named_after(case: Path) -> None:
    assert case.stem.partition("-")[0] in codes_of(case)


@pytest.mark.parametrize("case", [case for case in SOUND if case.suffix == ".json"], ids=lambda case: case.stem)
def test_a_sound_case_becomes_a_playbook_without_errors(case: Path) -> None:
    imported = imported_case(case)
    checked = load_playbook(imported.files[imported.playbook], file=imported.playbook, read=lambda name: imported.files[name])

    assert [found for found in (*imported.diagnostics, *checked.diagnostics) if found.level == "error"] == []


def test_every_code_of_exchange_has_a_faulty_case() -> None:
    shown = {case.stem.partition("-")[0] for case in FAULTY}

    assert [code for code in CATALOGUE if code.startswith("FB7") and code not in shown] == []
