"""Reads a playbook that shall be looked at: drawn, printed or compared."""

from pathlib import Path

from api.cli.desk import Desk
from api.cli.trouble import SAID_NO
from engine.authoring.paper.book import Book


def sound_book(file: Path, organisation: Path | None, *, purpose: str, code: int = SAID_NO) -> Book:
    """Read a playbook against the organisation given, else the one beside it; `purpose` ends the sentence of refusal."""
    checked = Desk(organisation).sound(file, purpose=purpose, code=code)
    return Book(checked.playbook, checked.files, checked.organisation)
