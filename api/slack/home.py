"""App Home: what waits for somebody's key, what is theirs to do, what is open, and a way to start.

Rules:
- It is drawn from what is stored now, whenever it is opened and after every press in it.
- A hundred blocks at most (Slack's limit), whole tasks only; what doesn't fit is counted.
- An approval shows the whole words, or no buttons: its message is drawn as in the room.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog

from api.parts import Parts
from api.slack.finding import Finder, Found
from api.slack.forms.opening import USED
from api.slack.own_card import fitted, numbered, own_card, own_step
from api.slack.replies import Reply
from api.slack.starting import START_INCIDENT
from api.slack.words import incident_line
from api.workspace import Workspace
from engine.channels.slack_text import button, context, header, plain, section
from engine.incident.actor import Actor
from engine.runtime.outcome import Seen
from engine.runtime.viewing import viewer_of
from engine.store.projections import IncidentRow
from engine.store.tasks import Task, TaskFilter, tasks_of

CARD: Final = "card"
"""A button that shows an incident's card, with the buttons that fit."""

_TASKS: Final = 200
_DRAWN: Final = {"keys": 10, "tasks": 15}
"""Steps whose incidents are looked at; more don't fit."""
_INCIDENTS: Final = 20
_BLOCKS: Final = {"keys": 46, "tasks": 32, "incidents": 17}
"""With three headings, the button and an approval of 44 blocks, a hundred are never passed."""
_CHARACTERS: Final = 40_000
"""Of one part, as Python writes it; Slack takes 250 kB for a whole view."""

Block = dict[str, Any]
_log = structlog.get_logger("firebreak.slack")


class Home:
    """Draws and shows App Home."""

    def __init__(self, parts: Parts, finder: Finder, workspace: Workspace) -> None:
        self._parts = parts
        self._finder = finder
        self._workspace = workspace

    async def show(self, user: str, actor: Actor | Reply) -> None:
        """Show somebody their home; somebody unknown reads how to become known. Raises Fault."""
        blocks = [section(actor.text)] if isinstance(actor, Reply) else await self._blocks(actor)
        code = await self._workspace.publish_home(user, {"type": "home", "blocks": blocks})
        if code is not None:
            _log.warning("App Home was not shown", code=code)

    async def card(self, key: str, actor: Actor, *, trigger: str) -> Reply:
        """Open an incident's card over the home."""
        seen = await self._parts.handler.look(key, actor)
        if seen is None:
            return Reply("No: there is no such incident, or it isn't for you.")
        shown = {"type": "modal", "callback_id": CARD, "title": plain(seen.incident.key, 24), "close": plain("Close", 24)}
        code = await self._workspace.open_view(
            trigger, shown | {"blocks": list(own_card(seen, actor, address=self._parts.settings.address).blocks)}
        )
        return Reply() if code in (None, USED) else Reply(f"The card did not open (`{code}`). Try again in a moment.")

    async def _blocks(self, actor: Actor) -> list[Block]:
        tasks = await self._tasks(actor)
        keys = [task for task in tasks if task.kind == "approval"]
        work = [task for task in tasks if task.kind != "approval"]
        seen = await self._seen([*keys[: _DRAWN["keys"]], *work[: _DRAWN["tasks"]]], actor)
        known = await self._finder.open(actor, limit=_INCIDENTS)
        rooms = await self._finder.rooms_of({each.incident.id: key for key, each in seen.items()} | {row.id: row.key for row in known.rows})
        return list(numbered(_home(_Mine(actor, seen, rooms, self._parts.settings.address), keys, work, known)))

    async def _tasks(self, actor: Actor) -> list[Task]:
        sealer, person = self._parts.sealer, viewer_of(self._parts.library.organisation, actor)
        wanted = TaskFilter(person=person)
        page = await self._parts.database.read(lambda tx: tasks_of(tx, sealer, wanted, viewer=person, limit=_TASKS))
        return list(page.items)

    async def _seen(self, tasks: Sequence[Task], actor: Actor) -> dict[str, Seen]:
        keys = dict.fromkeys(task.incident_key for task in tasks)
        found = {key: await self._parts.handler.look(key, actor) for key in keys}
        return {key: seen for key, seen in found.items() if seen is not None}


@dataclass(frozen=True, slots=True)
class _Mine:
    """Whose home it is, their incidents by key, the rooms of incidents by id, and the server's address."""

    actor: Actor
    seen: Mapping[str, Seen]
    rooms: Mapping[str, str]
    address: str | None

    def step(self, task: Task) -> list[Block]:
        """Draw one of their steps."""
        seen, room = self.seen[task.incident_key], self.rooms.get(task.incident_id)
        return own_step(seen, task.step, self.actor, room=room, address=self.address)


def _home(mine: _Mine, keys: Sequence[Task], work: Sequence[Task], known: Found) -> Iterator[Block]:
    start = button("Start an incident", action_id=START_INCIDENT, value=" ", label="Start an incident")
    yield {"type": "actions", "elements": [start | {"style": "primary"}]}
    if keys:
        yield header("Waiting for your key")
        yield from _steps(mine, keys, "keys")
    yield header("Your tasks")
    yield from _steps(mine, work, "tasks") if work else [context("Nothing is open for you.")]
    yield header("Open incidents")
    lines = [[_incident(row, mine.rooms)] for row in known.rows]
    drawn = fitted(lines, blocks=_BLOCKS["incidents"], characters=_CHARACTERS, left=known.total - len(known.rows))
    yield from drawn or [context("There are none.")]


def _steps(mine: _Mine, tasks: Sequence[Task], part: Literal["keys", "tasks"]) -> list[Block]:
    shown = [task for task in tasks[: _DRAWN[part]] if task.incident_key in mine.seen]
    groups = (mine.step(task) for task in shown)
    return fitted(groups, blocks=_BLOCKS[part], characters=_CHARACTERS, left=len(tasks) - len(shown))


def _incident(row: IncidentRow, rooms: Mapping[str, str]) -> Block:
    where = f" in <#{rooms[row.id]}>" if row.id in rooms else ""
    pressed = button("Card", action_id=CARD, value=row.key, label=f"Show the card of {row.key}")
    return section(f"{incident_line(row)}{where}") | {"accessory": pressed}
