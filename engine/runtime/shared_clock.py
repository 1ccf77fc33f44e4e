"""One time for several machines: each keeps its own clock, set right by the database's."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from engine.runtime.clock import Clock
from engine.store.database import Database
from engine.store.database_clock import database_now

TOLERATED: Final = timedelta(seconds=1)
"""Less than this a clock may be wrong: asking takes time too, and a clock that is corrected all the time runs unevenly."""
UNSURE: Final = timedelta(seconds=2)
"""An answer that took longer says too little."""

_log = structlog.get_logger("firebreak.clock")


class SharedClock:
    """Tells the database's time by the machine's own clock `own`; before the first `compare` it is the machine's."""

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._own.now() + self._ahead

    async def compare(self, database: Database) -> None:
        """Ask the database what time it is, and go by that when the machine's clock is wrong. Raises Fault."""
        asked = self._own.now()
        theirs = await database.read(database_now)
        took = self._own.now() - asked
        ahead = theirs - asked - took / 2
        if abs(ahead - self._ahead) <= TOLERATED or not timedelta() <= took <= UNSURE:
            return
        self._ahead = ahead if abs(ahead) > TOLERATED else timedelta()
        _log.warning("this machine's clock is not the database's, which counts", seconds=round(-ahead.total_seconds(), 1))
