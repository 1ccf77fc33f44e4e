"""Says that history was lost, as soon as a process that saw it finds it missing."""

import structlog

from engine.store.database import Database

_log = structlog.get_logger("firebreak.history")


class LostHistory:
    """Looks now and then, and tells what is new."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told = 0

    async def look(self) -> None:
        """Look for changes that were acknowledged here and are missing. Raises Fault."""
        lost = await self._database.look_for_lost()
        if lost > self._told:
            _log.error("history that was acknowledged is missing: a standby took over without it", changes=lost - self._told)
        self._told = lost
