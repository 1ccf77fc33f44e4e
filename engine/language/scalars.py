"""What a plain word of YAML means: the 1.2 core schema, without its surprises.

Only `true` and `false` are yes/no values, so `yes:`, `no:` and `on:` are ordinary words. Dates, times of
day, octal, hexadecimal and `.inf` are text too; numbers are decimal and finite.
"""

import math
import re
from typing import Final

Plain = str | bool | int | float | None

_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMERIC: Final = frozenset("-+.0123456789")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MOST_DIGITS: Final = 15


def resolve(text: str) -> Plain:
    """Give the value of a plain word; raise OverflowError for a number that a computer can't hold exactly."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INTEGER.fullmatch(text):
        if len(text) > _MOST_DIGITS + 1:
            raise OverflowError(text)
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise OverflowError(text)
        return number
    return text


def kind_of(value: object) -> str:
    """Name a value's type as messages do: `a number`, `a list`."""
    match value:
        case None:
            return "empty"
        case bool():
            return "a yes/no value"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a map"
