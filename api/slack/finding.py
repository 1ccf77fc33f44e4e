"""Which incident somebody means: the one they name, else the one whose room they are in, else their only one.

Only incidents that the person may know of are ever found.
"""

import re
from typing import Final

from sqlalchemy import Connection

from api.parts import Parts
from engine.channels.slack_text import cut
from engine.incident.actor import Actor
from engine.store.projections import IncidentRow
from engine.store.views import IncidentFilter, delivery_by_id, incidents_found

OPEN: Final = ("active", "contained", "closed")
"""Closed incidents still have a review and follow-ups to do."""

_KEY: Final = re.compile(r"INC-\d{1,9}", re.IGNORECASE)
_MOST: Final = 200


def leading_key(text: str) -> tuple[str | None, str]:
    """Split `INC-7 capture` into the key and the rest; None when the text begins with no key."""
    first, _, rest = text.strip().partition(" ")
    return (first.upper(), rest.strip()) if _KEY.fullmatch(first) else (None, text.strip())


class Finder:
    """Looks incidents up for Slack; remembers which room is whose, because that never changes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rooms: dict[str, str] = {}

    async def meant(self, actor: Actor, *, key: str | None, channel: str, channel_name: str) -> list[IncidentRow] | str:
        """Give the key, or the incidents that it could be: none, or several of which somebody must pick."""
        if key is not None:
            return key
        rows = await self._parts.database.read(lambda tx: self._open(tx, actor.person))
        here = await self._parts.database.read(lambda tx: [row for row in rows if self._room(tx, row) in (channel, f"#{channel_name}")])
        mine = here or await self.mine(actor)
        return mine[0].key if len(mine) == 1 else mine

    async def open(self, actor: Actor) -> list[IncidentRow]:
        """List open incidents that the person may know of, newest first."""
        return await self._parts.database.read(lambda tx: self._open(tx, actor.person))

    async def mine(self, actor: Actor) -> list[IncidentRow]:
        """List open incidents in which the person takes part, newest first."""
        wanted = IncidentFilter(status=OPEN, person=actor.person)
        return await self._listed(wanted, actor)

    async def all(self, actor: Actor) -> list[IncidentRow]:
        """List incidents whatever their status, newest first."""
        return await self._listed(IncidentFilter(), actor)

    async def _listed(self, wanted: IncidentFilter, actor: Actor) -> list[IncidentRow]:
        sealer, viewer = self._parts.sealer, actor.person or ""
        page = await self._parts.database.read(lambda tx: incidents_found(tx, sealer, wanted, viewer=viewer, limit=_MOST))
        return list(page.items)

    def _open(self, tx: Connection, person: str | None) -> list[IncidentRow]:
        return list(incidents_found(tx, self._parts.sealer, IncidentFilter(status=OPEN), viewer=person or "", limit=_MOST).items)

    def _room(self, tx: Connection, row: IncidentRow) -> str | None:
        """Find the channel of an incident: what the receipt of its delivery of kind `room` says."""
        known = self._rooms.get(row.id)
        if known is None:
            delivery = delivery_by_id(tx, self._parts.sealer, row.id, f"{row.key}:room")
            known = (delivery.receipt or {}).get("channel") if delivery else None
            if known:
                self._rooms[row.id] = known
        return known


def which(rows: list[IncidentRow], example: str) -> str:
    """Ask which incident is meant, or say that there is none."""
    if not rows:
        return "There is no open incident that you take part in. Start one with `/incident start`, or name one: `/incident list open`."
    names = "\n".join(f"•  {row.key}: {cut(row.title, 100)}" for row in rows[:10])
    return f"Which incident? Name it, for example `/incident {example}`:\n{names}"
