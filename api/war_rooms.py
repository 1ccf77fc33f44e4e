"""Which Slack channel is an incident's room: what the receipt of its delivery of kind `room` says."""

from sqlalchemy import Connection

from engine.store.database import Database
from engine.store.event_log import load
from engine.store.seal import Sealer
from engine.store.views import delivery_by_id


class StoredRooms:
    """Looks rooms up in the store."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def channel_of(self, incident_key: str) -> str | None:
        """Give the channel's id, or None while the room is not open."""
        return await self._database.read(lambda tx: self._found(tx, incident_key))

    def _found(self, tx: Connection, incident_key: str) -> str | None:
        incident = load(tx, self._sealer, incident_key)
        room = delivery_by_id(tx, self._sealer, incident.id, f"{incident_key}:room") if incident else None
        channel = (room.receipt or {}).get("channel") if room else None
        return channel if isinstance(channel, str) else None
