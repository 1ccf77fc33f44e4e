"""What posts a message to a machine outside that asked for it: the interface, for whoever sends and whoever wires.

refused(url)  -> None | why not     before anything is stored or sent, and without asking anybody
post(posting) -> Posted             once, within `PATIENCE` seconds; never raises for what the other side does
"""

from dataclasses import dataclass
from typing import Final, Protocol

PATIENCE: Final = 5.0
"""Seconds for a whole call."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One try: what is posted where, and the secrets that sign it, the newest first. `timeout` is in seconds."""

    url: str
    id: str
    body: bytes
    secrets: tuple[str, ...]
    timeout: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it; without `error` it arrived. `status` is None where nothing was answered, `retry_after` is in seconds."""

    status: int | None
    milliseconds: int
    error: str | None = None
    retry_after: float | None = None


class Poster(Protocol):
    """Posts messages."""

    def refused(self, url: str) -> str | None:
        """Say in one sentence why an address is never called; None where it may be."""
        ...

    async def post(self, posting: Posting) -> Posted:
        """Post it once."""
        ...
