"""Where an incident is worked in Slack: what the receipts of its deliveries say."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from engine.store.database import Database
from engine.store.event_log import named_as
from engine.store.rooms import channel_of
from engine.store.seal import Sealer
from engine.store.views import delivery_by_id


class StoredRooms:
    """Looks rooms up in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def channel_of(self, incident_key: str) -> str | None:
        """Give the channel's id, or None while the room is not open."""
        return await self._database.read(lambda tx: self._channel(tx, incident_key))

    async def message_of(self, incident_key: str, step: str) -> Mapping[str, Any] | None:
        """Give the receipt of a step's message: empty while it is on its way, None when none will come."""
        return await self._database.read(lambda tx: self._message(tx, incident_key, step))

    def _channel(self, tx: Connection, key_or_id: str) -> str | None:
        named = named_as(tx, key_or_id)
        return channel_of(tx, self._sealer, *named) if named else None

    def _message(self, tx: Connection, key_or_id: str, step: str) -> Mapping[str, Any] | None:
        named = named_as(tx, key_or_id)
        found = delivery_by_id(tx, self._sealer, named[0], f"{named[1]}:task:{step}") if named else None
        if found is None or (not found.receipt and found.state not in ("pending", "waiting")):
            return None
        return found.receipt or {}
