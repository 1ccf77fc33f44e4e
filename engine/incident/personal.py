"""Values about a person, marked so that the store seals them and screens mask them.

The core sees plain values inside the mark. The store encrypts whatever carries it, with the key of
`subject` (or of the incident where no subject is known); once that key is destroyed, reading gives
`erased` values and replay still works.
"""

from collections.abc import Iterable

import msgspec


class Personal(msgspec.Struct, frozen=True, tag_field="$", tag="personal", omit_defaults=True):
    """A plain value under a mark; `subject` names whom it is about, as the reporter wrote it."""

    value: str
    subject: str | None = None
    erased: bool = False


Text = str | Personal
Value = str | bool | int | float | Personal | list[str | Personal] | None


def plain(value: Value) -> str | bool | int | float | list[str] | None:
    """Return the value without its marks, for rules and for people who may read it."""
    if isinstance(value, Personal):
        return value.value
    if isinstance(value, list):
        return [item.value if isinstance(item, Personal) else item for item in value]
    return value


def plain_text(text: Text | None) -> str:
    if text is None:
        return ""
    return text.value if isinstance(text, Personal) else text


def masked(value: Value) -> str | bool | int | float | list[str] | None:
    """Return the value as a shared room may see it: personal parts replaced."""
    if isinstance(value, Personal):
        return "[personal]"
    if isinstance(value, list):
        return ["[personal]" if isinstance(item, Personal) else item for item in value]
    return value


def subjects(value: Value) -> Iterable[str]:
    """Yield the plain names inside a personal value."""
    items = value if isinstance(value, list) else [value]
    return (item.value for item in items if isinstance(item, Personal) and not item.erased)
