"""Presses on messages: Done, an answer to a decision, ticks on a checklist, "My tasks".

Rules:
- A press carries its incident and step in its value; what it means is decided by the core, on the incident as
  it is now, however old the message is.
- A press that was taken shows by itself, because the message is edited; only a "no" is said, to whoever pressed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.parts import Parts
from api.slack.doing import Doing
from api.slack.payloads import Action, Interaction
from api.slack.replies import Reply
from api.slack.words import tasks_text
from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.store.tasks import TaskFilter, tasks_of

OLD: Final = "This button is from another version of Firebreak, so nothing happened. `/incident help` shows the way."

_GROUP: Final = 10


@dataclass(frozen=True, slots=True)
class Press:
    """One element that was pressed, by somebody we know; `once` is the same however often Slack sends it."""

    action: Action
    actor: Actor
    once: str


def presses(interaction: Interaction, actor: Actor) -> Iterator[Press]:
    """Take an interaction apart."""
    container, user = interaction.container, interaction.user
    where = (container.message_ts or container.view_id or "") if container else ""
    for action in interaction.actions:
        yield Press(action, actor, f"press:{user.id if user else ''}:{where}:{action.action_ts}:{action.action_id}"[:255])


class Presses:
    """Answers presses."""

    def __init__(self, parts: Parts, doing: Doing) -> None:
        self._parts = parts
        self._doing = doing

    async def answer(self, press: Press) -> Reply:
        """Do what a press asks."""
        name, _, detail = press.action.action_id.partition(":")
        named = (press.action.value or "").split("|")
        match name, named:
            case "done", [key, step]:
                return await self._run(press, key, c.CompleteStep(step))
            case "answer", [key, step, option]:
                return await self._run(press, key, c.Answer(step, option))
            case "my_tasks", _:
                return await self._my_tasks(press.actor)
            case "tick", _:
                return await self._tick(press, detail)
            case _:
                return Reply(OLD)

    async def _run(self, press: Press, key: str, command: c.AnyCommand, *, part: str = "") -> Reply:
        done = await self._doing.run(key, command, press.actor, once=f"{press.once}{part}")
        return Reply() if done["ok"] else Reply(f"{done['text']}{done['allowed']}")

    async def _my_tasks(self, actor: Actor) -> Reply:
        person = actor.person or ""
        page = await self._parts.database.read(lambda tx: tasks_of(tx, self._parts.sealer, TaskFilter(person=person), viewer=person))
        return Reply(tasks_text(page.items, "yours"))

    async def _tick(self, press: Press, detail: str) -> Reply:
        """Tick and untick what differs from the incident as it is: `tick:<first>:<key>|<step>`."""
        first, _, named = detail.partition(":")
        key, _, step = named.partition("|")
        seen = await self._parts.handler.look(key, press.actor)
        if seen is None or not first.isdecimal():
            return Reply(OLD)
        wanted = {option.value for option in press.action.selected_options or []}
        for number, done in _differences(seen.world, seen.incident, step, int(first), wanted):
            reply = await self._run(press, key, c.TickItem(step, number, done), part=f":{number}")
            if reply.text:
                return reply
        return Reply()


def _differences(world: World, incident: Incident, step: str, first: int, wanted: set[str]) -> Iterator[tuple[str, bool]]:
    """Compare ten items' ticks with what the checkboxes show; items by their number from 1."""
    found, state = world.step(incident, step), incident.steps.get(step, StepState())
    for place, item in enumerate(found.checklist[first : first + _GROUP] if found else [], first + 1):
        if (item.item in state.ticks) != (str(place) in wanted):
            yield str(place), str(place) in wanted
