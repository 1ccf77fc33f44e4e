"""The shared playbooks with one seeded fault each report what their EXPECTED.md says."""

import re
from pathlib import Path
from typing import Final

import pytest

from engine.analysis.proofs import ALL_PROOFS
from engine.language.catalogue import CATALOGUE
from engine.language.load import load_playbook
from tests.language.reading import TODAY, reader

BROKEN: Final = Path(__file__).parents[3] / "shared" / "data" / "playbooks" / "broken"
_ROW: Final = re.compile(r"^\| (\w+\.yaml) \| (FB\d{3})", re.MULTILINE)


def test_each_broken_playbook_reports_its_seeded_fault() -> None:
    if not BROKEN.exists():
        pytest.skip("the shared data is not beside this checkout")
    rows = _ROW.findall((BROKEN / "EXPECTED.md").read_text(encoding="utf-8"))
    reached = [(name, code) for name, code in rows if not CATALOGUE[code].is_planned]

    reported = {
        name: {
            found.code
            for found in load_playbook(
                (BROKEN / name).read_bytes(), file=name, read=reader(BROKEN), today=TODAY, proofs=ALL_PROOFS
            ).diagnostics
        }
        for name, _ in reached
    }

    assert len(reached) >= 6
    assert [name for name, code in reached if code not in reported[name]] == []
