"""Spans between milliseconds, as other tools count, and our durations."""

from typing import Final

from engine.language.duration import LONGEST_DAYS

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


def duration_of(milliseconds: int) -> str:
    """Write milliseconds as `15m`, in the largest unit that fits, rounded up to a second and cut at twenty years."""
    rounded = min(max(1_000, -(-milliseconds // 1_000) * 1_000), LONGEST_DAYS * 86_400_000)
    for unit, length in _UNITS:
        if rounded % length == 0 and rounded // length < 1_000_000:
            return f"{rounded // length}{unit}"
    return f"{rounded // 60_000 + 1}m"
