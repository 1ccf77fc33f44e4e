"""Marks in JSON data: an object whose `$` says that it is personal (to be sealed) or sealed (to be opened).

A plain object that looks sealed, such as one that a remote system answered, is sealed like a personal
one, so that nobody can smuggle a stored box into a place where it would be opened for them.
"""

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, Final

Mark = dict[str, Any]

PERSONAL: Final = "personal"
SEALED: Final = "sealed"


def is_to_be_sealed(mark: Mark) -> bool:
    """Say whether plain data holds something here that must not be stored as it is."""
    return mark.get("$") in (PERSONAL, SEALED) and not is_erased(mark)


def is_sealed(mark: Mark) -> bool:
    """Say whether stored data holds a box here."""
    return mark.get("$") == SEALED


def is_erased(data: Any) -> bool:
    """Say whether this is what is left of something whose key was destroyed."""
    return isinstance(data, dict) and data.get("$") == PERSONAL and data.get("erased") is True


def subject_of(mark: Mark) -> str | None:
    """Name whom a personal mark is about, folded; None where nobody knows."""
    subject = mark.get("subject") if mark["$"] == PERSONAL else None
    return (folded(subject) or None) if isinstance(subject, str) else None


def folded(name: str) -> str:
    """Write a name so that its spellings compare equal: case, width and spaces don't count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def found(data: Any, is_wanted: Callable[[Mark], bool]) -> Iterator[Mark]:
    """Yield the outermost marks that are wanted."""
    if isinstance(data, dict):
        if "$" in data and is_wanted(data):
            yield data
            return
        for value in data.values():
            yield from found(value, is_wanted)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from found(value, is_wanted)


def replaced(data: Any, is_wanted: Callable[[Mark], bool], change: Callable[[Mark], Any]) -> Any:
    """Copy data with each wanted mark changed."""
    if isinstance(data, dict):
        if "$" in data and is_wanted(data):
            return change(data)
        return {key: replaced(value, is_wanted, change) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [replaced(value, is_wanted, change) for value in data]
    return data
