"""Reads a playbook that shall be looked at; the command ends with every error of it when it is not sound."""

from pathlib import Path

from api.cli.check import Desk, bytes_of
from api.cli.output import stderr
from api.cli.trouble import SAID_NO, Trouble
from engine.authoring.paper.book import Book
from engine.language.report import as_text


def sound_book(file: Path, organisation: Path | None, *, purpose: str, code: int = SAID_NO) -> Book:
    """Read a playbook against the organisation given, else the one beside it; `purpose` ends the sentence of refusal."""
    desk = Desk(organisation)
    loaded, known = desk.loaded(file, bytes_of(file), proofs=())
    found = (*desk.found, *loaded.diagnostics)
    if loaded.playbook is None:
        console = stderr()
        errors = [diagnostic for diagnostic in found if diagnostic.level == "error"]
        console.file.write(as_text(errors, colour=console.is_terminal and not console.no_color))
        raise Trouble(f"'{file}' has errors; {purpose}", code=code)
    return Book(loaded.playbook, loaded.files, known)
