"""The pages of the codes that exchange reports are true: the first example reports the code, the second does not."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from engine.exchange.importing import import_playbook
from engine.language.catalogue import CATALOGUE, Entry
from tests.exchange.given import ROOT, made

PAGES: Final = ROOT / "docs" / "rules"
ENTRIES: Final = [entry for code, entry in CATALOGUE.items() if code.startswith("FB7")]
FRAME: Final[dict[str, Any]] = {
    "type": "playbook",
    "spec_version": "cacao-2.0",
    "id": "playbook--1",
    "name": "Example",
    "workflow_start": "start--1",
    "agent_definitions": {"group--1": {"type": "group", "name": "Desk"}},
}
HEAD: Final = "firebreak: 1\nid: example\ntitle: Example\nversion: 1.0.0\nowner: lead\nroles: {lead: {title: Lead}}\n"


def codes(language: str, example: str) -> set[str]:
    if language == "yaml":
        return {finding.code for finding in made(HEAD + example).findings}
    document = {**FRAME, **json.loads(example)}
    return {found.code for found in import_playbook(json.dumps(document).encode(), file="example.json").diagnostics}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_a_code_has_a_page_whose_examples_are_true(entry: Entry) -> None:
    page = (PAGES / f"{entry.code}.md").read_text("utf-8")
    (first, bad), (second, good) = re.findall(r"```(yaml|json)\n(.*?)```", page, re.DOTALL)

    assert page.startswith(f"# {entry.code}: {entry.title}\n")
    assert entry.slug in page
    assert entry.code in codes(first, bad)
    assert entry.code not in codes(second, good)


def test_every_code_of_exchange_is_reported_somewhere() -> None:
    sources = [path.read_text("utf-8") for path in Path(ROOT / "engine" / "exchange").rglob("*.py")]
    reported = {code for source in sources for code in re.findall(r'"(FB7\d{2})"', source)}

    assert reported == {entry.code for entry in ENTRIES}
