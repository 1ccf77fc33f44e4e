"""Sentences to begin a test of exchange with: a shipped playbook, its export, what an import makes of a file."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from engine.exchange.cacao.export import Exported, Wanted, export
from engine.exchange.cacao.extension import Written
from engine.exchange.imported import Imported
from engine.exchange.importing import import_playbook
from engine.language.load import Loaded, load_playbook
from engine.language.playbook import Playbook
from engine.language.report import as_text
from engine.language.source import read_source

ROOT: Final = Path(__file__).parents[2]
PLAYBOOKS: Final = ROOT / "playbooks"
CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = sorted(path.stem for path in PLAYBOOKS.glob("*.yaml") if path.stem != "organisation" and not path.stem.endswith(".test"))
LOSSLESS: Final = Wanted(extensions=True, privileged=True)
STRIPPED: Final = Wanted(extensions=False, privileged=True)


def read(name: str) -> str:
    return (PLAYBOOKS / name).read_bytes().decode()


@lru_cache
def loaded(name: str) -> Loaded:
    """A shipped playbook."""
    return load_playbook(read(f"{name}.yaml"), file=f"{name}.yaml", read=read)


def shipped(name: str) -> Playbook:
    playbook = loaded(name).playbook
    assert playbook is not None, as_text(loaded(name).diagnostics)
    return playbook


@lru_cache
def exported(name: str, wanted: Wanted = LOSSLESS) -> Exported:
    return export(shipped(name), Written(f"{name}.yaml", read(f"{name}.yaml"), loaded(name).files), wanted)


def made(text: str, *, wanted: Wanted = LOSSLESS, files: dict[str, str] | None = None) -> Exported:
    """Export a playbook written in a test."""
    known = files or {}
    found = load_playbook(text, file="trial.yaml", read=known.__getitem__)
    assert found.playbook is not None, as_text(found.diagnostics)
    return export(found.playbook, Written("trial.yaml", text, found.files), wanted)


def playbook_in(imported: Imported) -> Playbook:
    """The playbook that an import made; fails the test when it has errors."""
    found = load_playbook(imported.files[imported.playbook], file=imported.playbook, read=lambda name: imported.files[name])
    assert found.playbook is not None, as_text(found.diagnostics)
    return found.playbook


def actions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a document in which something is done."""
    yield from (step for step in document["workflow"].values() if step["type"] in ("action", "playbook-action"))


def told(case: Path) -> str:
    """What exchange says about a case: the files that were made, then the findings."""
    if case.suffix == ".yaml":
        return _exported_case(case)
    imported = imported_case(case)
    files = "".join(f"==> {name} <==\n{text}\n" for name, text in imported.files.items())
    return f"{files}==> found <==\n{as_text(imported.diagnostics)}"


def imported_case(case: Path) -> Imported:
    return import_playbook(case.read_bytes(), file=case.name)


def _exported_case(case: Path) -> str:
    text = case.read_text("utf-8")
    findings = made(text).findings
    shown = "".join(f"{step['type']}: {step.get('name', step['type'])}\n" for step in actions(made(text).document))
    return f"==> steps <==\n{shown}\n==> found <==\n{as_text([read_source(text, file=case.name).locate(each) for each in findings])}"


def is_updating() -> bool:
    return bool(os.environ.get("FIREBREAK_UPDATE_CASES"))
