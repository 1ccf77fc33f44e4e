"""Loads a file the way `firebreak check` does, for tests: beside its neighbours, on a fixed day."""

import re
from datetime import date
from pathlib import Path
from typing import Final

from engine.analysis.proofs import ALL_PROOFS
from engine.language.diagnostic import Diagnostic, Read
from engine.language.load import load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook

TODAY: Final = date(2026, 3, 2)
CASES: Final = Path(__file__).parent / "cases"

_DIRECTIVE: Final = re.compile(r"^# (organisation|library): (\S+)$", re.MULTILINE)


def reader(folder: Path) -> Read:
    """Read files beside a playbook."""

    def read(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    return read


def diagnostics_of(path: Path) -> tuple[Diagnostic, ...]:
    """Check a playbook or organisation file; `# organisation: FILE` and `# library: FILE` lines in it name company."""
    raw = path.read_bytes()
    if b"firebreak_organisation:" in raw:
        return load_organisation(raw, file=path.name).diagnostics
    named = _DIRECTIVE.findall(raw.decode("utf-8", "replace"))
    organisation: Organisation | None = None
    library: dict[str, Playbook] = {}
    for role, name in named:
        other = path.parent / name
        if role == "organisation":
            organisation = load_organisation(other.read_bytes(), file=name).organisation
            assert organisation is not None, f"{name} does not check"
        else:
            found = load_playbook(other.read_bytes(), file=name, read=reader(other.parent), today=TODAY).playbook
            assert found is not None, f"{name} does not check"
            library[found.id] = found
    loaded = load_playbook(
        raw, file=path.name, read=reader(path.parent), organisation=organisation, library=library or None, today=TODAY, proofs=ALL_PROOFS
    )
    return loaded.diagnostics
