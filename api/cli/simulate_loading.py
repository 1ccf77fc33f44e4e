"""Reads the playbook and the organisation that a simulation needs; ends the command when either has errors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from api.cli.output import talk
from api.cli.trouble import SAID_NO, Trouble
from engine.incident.plan import Plan, World
from engine.language.diagnostic import Diagnostic
from engine.language.load import load_organisation, load_playbook
from engine.language.organisation import Organisation
from engine.language.report import as_text
from engine.runtime.folder import reader

_DIGEST: Final = "0" * 64


def load_world(playbook: Path, organisation: Path | None) -> World:
    """Load both; without `organisation`, the file of that name beside the playbook."""
    people = _organisation(organisation or playbook.parent / "organisation.yaml", is_given=organisation is not None)
    loaded = load_playbook(_bytes(playbook), file=str(playbook), read=reader(playbook.parent, playbook.parent), organisation=people)
    if loaded.playbook is None:
        raise _unsound(playbook, loaded.diagnostics)
    return World(Plan.of(loaded.playbook, _DIGEST), people, loaded.files)


def _organisation(file: Path, *, is_given: bool) -> Organisation:
    if not is_given and not file.is_file():
        raise Trouble(f"a simulation needs people, and there is no '{file}'; name the file with --organisation")
    loaded = load_organisation(_bytes(file), file=str(file))
    if loaded.organisation is None:
        raise _unsound(file, loaded.diagnostics)
    return loaded.organisation


def _unsound(file: Path, found: Iterable[Diagnostic]) -> Trouble:
    errors = [diagnostic for diagnostic in found if diagnostic.level == "error"]
    talk(as_text(errors, colour=False).rstrip("\n"))
    return Trouble(f"'{file}' has errors; only a sound one can be simulated", code=SAID_NO)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Trouble(f"can't read '{file}': {(error.strerror or 'it failed').lower()}") from error
