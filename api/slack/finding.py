"""Which incident somebody means: the one they name, else the one whose room they are in, else their only one.

Only incidents that the person may know of are ever found.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from api.parts import Parts
from api.slack.typed import first_word
from engine.channels.slack_text import cut
from engine.incident.actor import Actor
from engine.runtime.links import normalised
from engine.runtime.projection import incident_row
from engine.runtime.viewing import viewer_of
from engine.store.projections import IncidentRow
from engine.store.rooms import channel_of, incidents_in
from engine.store.views import IncidentFilter, incidents_counted, incidents_found, open_incidents_with_link

OPEN: Final = ("active", "contained", "closed")
"""Closed incidents still have a review and follow-ups to do."""
SHOWN: Final = 15

_KEY: Final = re.compile(r"INC-\d{1,9}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody typed, or where a message stands."""

    channel: str
    name: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What a room's receipt may call this place; a rehearsal channel is known by its name."""
        return (self.channel, f"#{self.name}") if self.name else (self.channel,)


@dataclass(frozen=True, slots=True)
class Found:
    """The newest incidents of a question, and how many there are in all."""

    rows: tuple[IncidentRow, ...]
    total: int


def leading_key(text: str) -> tuple[str | None, str]:
    """Split `INC-7 capture` into the key and the rest; None when the text begins with no key."""
    first, rest = first_word(text)
    return (first.upper(), rest) if _KEY.fullmatch(first) else (None, text.strip())


class Finder:
    """Looks incidents up for Slack."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def meant(self, actor: Actor, place: Place, *, key: str | None) -> Sequence[IncidentRow] | str:
        """Give the key, or the incidents that it could be: none, or several of which somebody must pick."""
        if key is not None:
            return key
        rows = await self.here(actor, place) or (await self.mine(actor)).rows
        return rows[0].key if len(rows) == 1 else rows

    async def here(self, actor: Actor, place: Place) -> Sequence[IncidentRow]:
        """List the open incidents that are worked in a channel, newest first."""
        sealer, viewer = self._parts.sealer, viewer_of(self._parts.library.organisation, actor)
        return await self._parts.database.read(lambda tx: incidents_in(tx, sealer, place.names, statuses=OPEN, viewer=viewer))

    async def open(self, actor: Actor, *, limit: int = SHOWN) -> Found:
        """List open incidents that the person may know of, newest first."""
        return await self._listed(IncidentFilter(status=OPEN), actor, limit)

    async def mine(self, actor: Actor, *, limit: int = SHOWN) -> Found:
        """List open incidents in which the person takes part, newest first."""
        return await self._listed(IncidentFilter(status=OPEN, person=actor.person), actor, limit)

    async def all(self, actor: Actor, *, limit: int = SHOWN) -> Found:
        """List incidents whatever their status, newest first."""
        return await self._listed(IncidentFilter(), actor, limit)

    async def with_links(self, actor: Actor, links: Sequence[str], *, but: str | None = None) -> list[str]:
        """List the keys of running incidents that hold one of the links, oldest first, without `but`."""
        sealer, wanted = self._parts.sealer, sorted({normalised(link) for link in links})
        viewer = viewer_of(self._parts.library.organisation, actor)
        keys = await self._parts.database.read(lambda tx: open_incidents_with_link(tx, sealer, wanted, viewer=viewer))
        return [key for key in keys if key != but]

    async def named(self, actor: Actor, keys: Sequence[str]) -> list[IncidentRow]:
        """Find incidents by their keys, in that order; those that the person may not know of are left out."""
        seen = [await self._parts.handler.look(key, actor) for key in keys]
        return [incident_row(each.world, each.incident) for each in seen if each is not None]

    async def rooms_of(self, keys_by_id: dict[str, str]) -> dict[str, str]:
        """Give the channels of incidents, by id, as their rooms' receipts say; those without an open room are left out."""

        def channels(tx: Connection) -> dict[str, str]:
            rooms = ((each, channel_of(tx, self._parts.sealer, each, key)) for each, key in keys_by_id.items())
            return {each: channel for each, channel in rooms if channel is not None and channel.startswith(("C", "G"))}

        return await self._parts.database.read(channels)

    async def _listed(self, wanted: IncidentFilter, actor: Actor, limit: int) -> Found:
        sealer, viewer = self._parts.sealer, viewer_of(self._parts.library.organisation, actor)

        def found(tx: Connection) -> Found:
            page = incidents_found(tx, sealer, wanted, viewer=viewer, limit=limit)
            total = incidents_counted(tx, wanted, viewer=viewer) if page.next else len(page.items)
            return Found(tuple(page.items), total)

        return await self._parts.database.read(found)


def which(rows: Sequence[IncidentRow], example: str) -> str:
    """Ask which incident is meant, or say that there is none."""
    if not rows:
        return "There is no open incident that you take part in. Start one with `/incident start`, or name one: `/incident list open`."
    names = "\n".join(f"•  {row.key}: {cut(row.title, 100)}" for row in rows[:10])
    return f"Which incident? Name it, for example `/incident {example}`:\n{names}"
