"""One text for one value: JSON with sorted keys, no spaces, UTF-8. Digests cover this text."""

from typing import Any

import msgspec


def canonical(value: Any) -> str:
    """Write a JSON-compatible value in its one form."""
    return msgspec.json.encode(value, order="sorted").decode()


def parsed(text: str) -> Any:
    """Read JSON back."""
    return msgspec.json.decode(text)
