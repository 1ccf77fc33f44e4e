"""Looks whether the playbooks or the organisation file have changed, in every process, and has them read again.

Rules:
- A change is taken when two looks in a row have seen the same: a file that is being written, or a folder that is being copied, is
  left to its end. Whoever asks (SIGHUP) has it read at once, as it stands.
- What breaks while reading is logged, and the next look comes all the same.
"""

import asyncio
from typing import Final

import structlog

from engine.runtime.library import Library
from engine.runtime.waiting import any_of

LOOK_SECONDS: Final = 2.0
"""Seconds between two looks: a change is in force after two to four, and however long its playbooks take to prove."""

_log = structlog.get_logger("firebreak.library")


class Reloading:
    """Keeps a library as its files are; `every` in seconds."""

    def __init__(self, library: Library, *, every: float = LOOK_SECONDS) -> None:
        self._library = library
        self._every = every
        self._asked = asyncio.Event()
        self._seen: object = None

    def ask(self) -> None:
        """Have everything read now; for a signal's handler, on the loop's own thread."""
        self._asked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            await any_of(stop, self._asked, seconds=self._every)
            if not stop.is_set():
                looking = asyncio.create_task(self._look())
                await asyncio.wait([looking])
                if (error := looking.exception()) is not None:
                    _log.error("the files could not be read again", exc_info=error)

    async def _look(self) -> None:
        if self._asked.is_set():
            self._asked.clear()
            _log.info("the files are read again because a signal asked for it")
            await self._library.load()
            return
        seen = await self._library.look()
        if seen == self._seen:
            await self._library.refresh()
        self._seen = seen
