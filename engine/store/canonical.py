"""One text for one value: JSON with sorted keys, no spaces, UTF-8. Digests cover this text."""

from typing import Any, Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> str:
    """Write a JSON-compatible value, or a msgspec Struct of such values, in its one form."""
    return _ENCODER.encode(value).decode()


def parsed(text: str) -> Any:
    """Read JSON back."""
    return msgspec.json.decode(text)
