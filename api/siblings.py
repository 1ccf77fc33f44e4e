"""The other processes of the same `firebreak serve --workers N`, so that each of them answers for all.

Rules:
- Each tells what it alone knows once a second, in a small file of a folder that only they share; nobody asks another one.
- Who has said nothing for `SILENCE` seconds is starting, stuck or gone, and counts for nothing.
- The folder lives as long as the `serve` that made it. Nothing in it is about anybody.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec
import structlog

SAYS_EVERY: Final = 1.0
"""Seconds between two sayings."""
SILENCE: Final = 5.0

_log = structlog.get_logger("firebreak.http")


class Said(msgspec.Struct, frozen=True):
    """What one process knows: `slack` is Slack's code while it takes no calls; `socket` is None without Socket Mode."""

    number: int
    pid: int
    at: float
    """By the machine's monotonic clock, which all its processes read alike."""
    slack: str | None = None
    socket: bool | None = None


@dataclass(frozen=True, slots=True)
class Siblings:
    """This process among them: the `number`th (from 1) of `count`."""

    folder: Path
    number: int
    count: int

    def say(self, *, slack: str | None, socket: bool | None) -> None:
        """Tell the others; raises OSError."""
        said = Said(self.number, os.getpid(), monotonic(), slack, socket)
        fresh = self.folder / f"{self.number}.json.new"
        fresh.write_bytes(msgspec.json.encode(said))
        fresh.replace(self.folder / f"{self.number}.json")

    def heard(self) -> tuple[Said, ...]:
        """Give what was said lately, this process's own words included, by number."""
        return tuple(said for number in range(1, self.count + 1) if (said := self._of(number)) and monotonic() - said.at < SILENCE)

    def _of(self, number: int) -> Said | None:
        try:
            return msgspec.json.decode((self.folder / f"{number}.json").read_bytes(), type=Said)
        except (OSError, msgspec.DecodeError):
            return None


async def keep_saying(
    siblings: Siblings, stop: asyncio.Event, *, slack: Callable[[], str | None], socket: Callable[[], bool | None]
) -> None:
    """Tell the others again and again, until told to stop."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(siblings.say, slack=slack(), socket=socket())
        except OSError as error:
            _log.warning("the other processes can't be told anything", error=error.strerror)
        with suppress(TimeoutError):
            async with asyncio.timeout(SAYS_EVERY):
                await stop.wait()
