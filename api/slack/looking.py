"""The words of `/incident` that only look: list, status, tasks, timeline, roles, and the card with one's own buttons."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from api.slack.acting import Acting
from api.slack.asked import Asked
from api.slack.own_card import own_card
from api.slack.replies import Reply
from api.slack.words import help_text, list_text, roles_text, status_text, tasks_text, timeline_text
from api.timeline import told
from engine.channels.slack_text import cut
from engine.incident.cards import room_card
from engine.language.suggest import nearest
from engine.runtime.outcome import Seen
from engine.runtime.viewing import viewer_of
from engine.store.tasks import TaskFilter, tasks_of

Word = Callable[[Asked], Awaitable[Reply]]

_ENTRIES: Final = 15


class Looking:
    """Answers the words that change nothing."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._parts = acting.parts
        self.words: Mapping[str, Word] = {
            "list": self._list,
            "status": self._status,
            "tasks": self._tasks,
            "timeline": self._timeline,
            "roles": self._roles,
            "help": self._help,
        }

    async def card(self, asked: Asked) -> Reply:
        """Show the card of the incident that is meant, with the buttons that fit whoever asks."""
        seen = await self._acting.seen(asked, "status INC-7")
        return seen if isinstance(seen, Reply) else own_card(seen, asked.actor, address=self._parts.settings.address)

    async def _help(self, asked: Asked) -> Reply:
        return Reply(help_text())

    async def _list(self, asked: Asked) -> Reply:
        finder = self._acting.finder
        match asked.rest.casefold():
            case "mine":
                return Reply(list_text(await finder.mine(asked.actor), "yours, open"))
            case "all":
                return Reply(list_text(await finder.all(asked.actor), "all"))
            case "" | "open":
                return Reply(list_text(await finder.open(asked.actor), "open"))
            case other:
                return Reply(_meant("list", other, ("mine", "open", "all")))

    async def _status(self, asked: Asked) -> Reply:
        seen = await self._acting.seen(asked, "status INC-7")
        return seen if isinstance(seen, Reply) else Reply(status_text(room_card(seen.world, seen.incident)))

    async def _tasks(self, asked: Asked) -> Reply:
        """List one's own tasks everywhere, or everybody's in one incident."""
        sealer, viewer = self._parts.sealer, viewer_of(self._parts.library.organisation, asked.actor)
        if asked.rest.casefold() not in ("", "mine", "all"):
            return Reply(_meant("tasks", asked.rest, ("mine", "all")))
        if asked.rest.casefold() != "all" and asked.key is None:
            page = await self._parts.database.read(lambda tx: tasks_of(tx, sealer, TaskFilter(person=viewer), viewer=viewer))
            return Reply(tasks_text(page.items, "yours"))
        seen = await self._acting.seen(asked, "tasks INC-7")
        if isinstance(seen, Reply):
            return seen
        person = viewer if asked.rest.casefold() == "mine" else None
        wanted = TaskFilter(incident_id=seen.incident.id, person=person)
        page = await self._parts.database.read(lambda tx: tasks_of(tx, sealer, wanted, viewer=viewer))
        return Reply(tasks_text(page.items, seen.incident.key))

    async def _timeline(self, asked: Asked) -> Reply:
        seen = await self._acting.seen(asked, "timeline INC-7")
        return seen if isinstance(seen, Reply) else Reply(await self._told(seen))

    async def _told(self, seen: Seen) -> str:
        after, sealer = max(0, seen.incident.version - _ENTRIES), self._parts.sealer
        page = await self._parts.database.read(lambda tx: told(tx, sealer, seen, after=after, limit=_ENTRIES))
        return timeline_text(seen.incident.key, [(each.entry.at, each.text) for each in page], earlier=after)

    async def _roles(self, asked: Asked) -> Reply:
        seen = await self._acting.seen(asked, "roles INC-7")
        return seen if isinstance(seen, Reply) else Reply(roles_text(room_card(seen.world, seen.incident)))


def _meant(word: str, typed: str, known: tuple[str, ...]) -> str:
    """Answer what does not belong behind a word: what was typed, and the nearest of what does."""
    near = (*nearest(typed, known, most=1), *known)[0]
    return f"I don't know `{cut(f'{word} {typed}', 100)}`; it is one of {', '.join(known)}. Did you mean `/incident {word} {near}`?"
