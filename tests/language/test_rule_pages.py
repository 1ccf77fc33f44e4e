"""Every code has a page that is true: its first example reports the code, its second does not."""

import re
from pathlib import Path
from typing import Final

import pytest

from engine.analysis.proofs import ALL_PROOFS
from engine.language.catalogue import BY_SLUG, CATALOGUE, Entry
from engine.language.load import load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from tests.language.reading import CASES, TODAY, reader

PAGES: Final = Path(__file__).parents[2] / "docs" / "rules"
FILES: Final = CASES / "files"
REACHED: Final = [entry for entry in CATALOGUE.values() if not entry.is_planned]
ELSEWHERE: Final = ("FB7", "FB8")
"""Codes about exchange (FB7) and story files (FB8): their pages and cases are held true in tests/exchange and tests/analysis/stories."""

_EXAMPLE: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_SECTION: Final = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Cut a document at its top-level fields."""
    return {part.partition(":")[0]: part.rstrip("\n") + "\n" for part in _SECTION.split(text) if ":" in part}


def organisations() -> list[Organisation | None]:
    text = (FILES / "organisation.yaml").read_text(encoding="utf-8")
    found = [load_organisation(source, file="organisation.yaml").organisation for source in (text, text.replace("ladder: office, ", ""))]
    return [None, *found]


def library() -> dict[str, Playbook]:
    names = ("employee_doxxing", "deepfake_impersonation")
    loaded = {name: load_playbook((FILES / f"{name}.yaml").read_bytes(), file=name, read=reader(FILES)).playbook for name in names}
    return {name: playbook for name, playbook in loaded.items() if playbook is not None}


def codes_by_organisation(example: str) -> list[set[str]]:
    """Check an example set into the example playbook: alone, with an organisation, and with one that has no default ladder."""
    playbook = sections((FILES / "example.yaml").read_text(encoding="utf-8")) | sections(example)
    text = "".join(playbook.values())
    return [
        {
            found.code
            for found in load_playbook(
                text,
                file="example.yaml",
                read=reader(FILES),
                organisation=organisation,
                library=library(),
                today=TODAY,
                proofs=ALL_PROOFS,
            ).diagnostics
        }
        for organisation in organisations()
    ]


@pytest.mark.parametrize("entry", [entry for entry in REACHED if not entry.code.startswith(ELSEWHERE)], ids=lambda entry: entry.code)
def test_a_code_has_a_page_whose_examples_are_true(entry: Entry) -> None:
    page = (PAGES / f"{entry.code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {entry.code}: {entry.title}\n")
    assert entry.slug in page

    bad, good = _EXAMPLE.findall(page)
    reported = [entry.code in codes for codes in codes_by_organisation(bad)]
    still = [entry.code in codes for codes in codes_by_organisation(good)]

    assert any(before and not after for before, after in zip(reported, still, strict=True))


def test_no_page_explains_a_code_that_is_never_reported() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {entry.code for entry in REACHED}


def test_a_slug_names_one_code() -> None:
    assert len(BY_SLUG) == len(CATALOGUE)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", slug) for slug in BY_SLUG)


def test_every_code_that_a_rule_reports_is_in_the_catalogue_and_not_only_planned() -> None:
    rooms = [Path(__file__).parents[2] / "engine" / room for room in ("language", "analysis", "exchange")]
    files = [path for room in rooms for path in room.rglob("*.py") if path.name != "catalogue.py"]
    sources = [path.read_text(encoding="utf-8") for path in files]
    reported = {code for source in sources for code in re.findall(r'"(FB\d{3})"', source)}

    assert reported == {entry.code for entry in REACHED}
