"""Phone numbers as people write them, and as a telephone network takes them."""

import re
from typing import Final

_BETWEEN: Final = re.compile(r"[\s().\-/]")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164: a plus sign and at most 15 digits."""


def number_of(text: str | None) -> str | None:
    """Read a phone number; None unless it is one in international form."""
    number = _BETWEEN.sub("", text or "")
    return number if _NUMBER.fullmatch(number) else None
