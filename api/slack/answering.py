"""What answers Slack, whichever way it came in: slash commands, presses and forms, events.

    payload -> who (a sentence) -> command, on disk -> Ack, within three seconds

Rules:
- HTTP (`inbound.py`) and Socket Mode (`socket_mode.py`) hand over the same payloads and get the same answers.
- The change is on disk before Slack is answered. What takes longer than `PATIENCE` is finished all the same,
  and its answer follows as a whisper.
- Whatever happens, the answer is an honest sentence for whoever asked: when storage is away it says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, assert_never

import structlog

from api.parts import Parts
from api.slack.acting import Acting
from api.slack.actions import Press, Presses, presses
from api.slack.commands import Commands, is_start
from api.slack.doing import Doing
from api.slack.events import LOST, Events
from api.slack.finding import Finder
from api.slack.forms.entered import first_field
from api.slack.forms.opening import OLD, Filled, Forms
from api.slack.home import CARD, Home
from api.slack.payloads import Event, Interaction, event_of, interaction_of, slash_of
from api.slack.people import People, Visitor, caused_by, sent_by, typed_by
from api.slack.replies import Reply, Said, Taken, form_body, slash_body
from api.slack.shortcuts import ADD, Shortcuts
from api.slack.shortcuts import KNOWN as SHORTCUTS
from api.slack.start_form import CHOOSE, START
from api.slack.starting import START_INCIDENT, Starting, Submitted
from api.workspace import Workspace
from engine.incident.actor import Actor
from engine.store.fault import Fault

Kind = Literal["slash_commands", "interactive", "events_api"]
"""What was sent, as Socket Mode calls it."""

PATIENCE: Final = 2.5
"""Seconds; Slack gives up after three."""
AWAY: Final = "Storage is away for the moment, so nothing was changed. Try again in a minute; what was done before is safe."
AWAY_HOME: Final = "Storage is away for the moment, so there is nothing to show. Open this again in a minute; what was done before is safe."
SLOW: Final = "This takes longer than usual. The answer follows here; look before you try again."
SLOW_FORM: Final = "This takes longer than usual, and is being done. Submit again in a moment: it counts once."

_log = structlog.get_logger("firebreak.slack")


@dataclass(frozen=True, slots=True)
class Ack:
    """What Slack is answered now, and what is still to be done after it has been."""

    body: Mapping[str, Any] = field(default_factory=dict)
    after: Callable[[], Awaitable[None]] | None = None
    again: bool = False
    """Slack shall send it again, because it was not done."""


class Answering:
    """Answers everything that Slack sends; one for each process, `patience` in seconds."""

    def __init__(self, parts: Parts, workspace: Workspace, *, patience: float = PATIENCE) -> None:
        doing, finder = Doing(parts), Finder(parts)
        starting = Starting(parts, doing, finder, workspace)
        self._lost = parts.slack_lost or _nothing
        self._workspace = workspace
        self._patience = patience
        self._people = People(parts, workspace)
        self._forms = Forms(parts, doing, workspace)
        self._slash = Commands(Acting(parts, doing, finder, self._forms), starting)
        self._presses = Presses(parts, doing, self._forms)
        self._starting = starting
        self._shortcuts = Shortcuts(parts, finder, starting, workspace)
        self._home = Home(parts, finder, workspace)
        self._events = Events(parts, self._people, finder, self._slash, workspace)
        self._late: set[asyncio.Task[None]] = set()

    async def answer(self, kind: Kind, payload: Mapping[str, Any]) -> Ack:
        """Do what was sent, whose texts have been checked; raises Problem when Slack would never send it."""
        match kind:
            case "slash_commands":
                return await self._typed(payload)
            case "interactive":
                return await self._interaction(interaction_of(payload))
            case "events_api":
                return await self._event(event_of(payload))
            case _:
                assert_never(kind)

    async def _typed(self, payload: Mapping[str, Any]) -> Ack:
        slash = slash_of(payload)

        async def work(actor: Actor) -> Reply:
            return await self._slash.answer(slash, actor)

        return Ack(slash_body(await self._known(typed_by(slash), work, slash.response_url, may_start=is_start(slash.text))))

    async def _interaction(self, interaction: Interaction) -> Ack:
        match interaction.type:
            case "block_actions":
                return await self._pressed(interaction)
            case "view_submission":
                return await self._submitted(interaction)
            case "shortcut" | "message_action" if interaction.callback_id in SHORTCUTS:
                return await self._shortcut(interaction)
            case _:
                return Ack()

    async def _event(self, event: Event) -> Ack:
        """Take an event; what it asks for is done before Slack hears so, what is only drawn is drawn after."""
        kind = event.event.get("type")
        if kind in LOST:
            _log.error("slack took the app's tokens away", event_type=kind)
            await self._lost(str(kind))
            return Ack()
        if kind == "app_home_opened" and event.event.get("tab") == "home":
            return Ack(after=partial(self._show_home, caused_by(event)))
        if not self._events.asks(event) or await self._heard(event):
            return Ack()
        return Ack(again=True, after=partial(self._events.give_up, event))

    async def _heard(self, event: Event) -> bool:
        """Do what an event asks; False when it failed, or takes longer than Slack waits (then it goes on)."""

        async def work() -> Said:
            return Reply("done" if await self._events.take(event) else "")

        return await self._in_time(work(), "") == Reply("done")

    async def _show_home(self, visitor: Visitor) -> None:
        try:
            await self._home.show(visitor.user, await self._people.actor(visitor))
        except Fault as fault:
            _log.error("App Home could not be drawn", fault=str(fault))
            await self._home.show(visitor.user, Reply(AWAY_HOME))

    async def _pressed(self, interaction: Interaction) -> Ack:
        async def work(actor: Actor) -> Reply:
            said = [await self._press(press) for press in presses(interaction, actor)]
            return Reply("\n".join(each.text for each in said if each.text))

        may_start = all(action.action_id.partition(":")[0] == START_INCIDENT for action in interaction.actions)
        said = await self._known(sent_by(interaction), work, interaction.response_url, may_start=may_start)
        if isinstance(said, Reply) and said.text and not interaction.response_url:
            await self._forms.tell(said.text, interaction.trigger)
        if interaction.view is not None and (interaction.view.type == "home" or interaction.view.callback_id == CARD):
            return Ack(after=partial(self._show_home, sent_by(interaction)))
        return self._whispering(interaction.response_url, said)

    async def _press(self, press: Press) -> Reply:
        """Start from a button, show a card, or do what a press on a task means."""
        value = (press.action.value or "").strip()
        match press.action.action_id.partition(":")[0]:
            case str(name) if name == START_INCIDENT:
                return await self._starting.begin(value, press.actor, trigger=press.trigger, once=press.once)
            case str(name) if name == CARD:
                return await self._home.card(value, press.actor, trigger=press.trigger)
            case _:
                return await self._presses.answer(press)

    async def _submitted(self, interaction: Interaction) -> Ack:
        view = interaction.view
        if view is None:
            return Ack()

        async def work(actor: Actor) -> Said:
            if self._forms.knows(view.callback_id):
                return await self._forms.submit(Filled(view, actor))
            if view.callback_id == ADD:
                return await self._shortcuts.submit(view, actor)
            return await self._starting.submit(Submitted(view, actor)) if starts else Reply(OLD)

        starts = view.callback_id in (CHOOSE, START)
        said = await self._known(sent_by(interaction), work, "", may_start=starts)
        body = form_body(said, first_block=first_field(view))
        if not isinstance(said, Taken):
            return Ack(body)
        from_home = Ack(after=partial(self._show_home, sent_by(interaction)))  # where nothing can be whispered, the home is drawn again
        return replace(self._whispering(said.back, Reply(said.text)) if said.back else from_home, body=body)

    async def _shortcut(self, interaction: Interaction) -> Ack:
        """Do what a shortcut is for; where there is no place to answer at, words stand in a form's place."""

        async def work(actor: Actor) -> Reply:
            return await self._shortcuts.take(interaction, actor)

        may_start = interaction.callback_id != ADD
        said = await self._known(sent_by(interaction), work, interaction.response_url, may_start=may_start)
        if isinstance(said, Reply) and said.text and not interaction.response_url:
            await self._forms.tell(said.text, interaction.trigger_id)
        return self._whispering(interaction.response_url, said)

    async def _known(
        self, visitor: Visitor, work: Callable[[Actor], Coroutine[Any, Any, Said]], response_url: str, *, may_start: bool = False
    ) -> Said:
        """Do the work in the name of whom Slack names; a sentence for who is nobody here."""

        async def known() -> Said:
            actor = await (self._people.starter(visitor) if may_start else self._people.actor(visitor))
            return actor if isinstance(actor, Reply) else await work(actor)

        return await self._in_time(known(), response_url)

    async def _in_time(self, work: Coroutine[Any, Any, Said], response_url: str) -> Said:
        """Wait for an answer as long as Slack does; what is late is whispered when it is there."""
        task = asyncio.create_task(_honest(work))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            return task.result()
        late = asyncio.create_task(self._follow(task, response_url))
        self._late.add(late)
        late.add_done_callback(self._late.discard)
        return Reply(SLOW if response_url else SLOW_FORM)

    async def _follow(self, task: asyncio.Task[Said], response_url: str) -> None:
        await self._whisper(response_url, await task)

    def _whispering(self, response_url: str, said: Said) -> Ack:
        """Answer Slack now, and whisper what has to be said after."""
        has_words = isinstance(said, Reply) and said.text and response_url
        return Ack(after=partial(self._whisper, response_url, said) if has_words else None)

    async def _whisper(self, response_url: str, said: Said) -> None:
        if isinstance(said, Reply) and said.text and response_url:
            await self._workspace.whisper(response_url, said.text, said.blocks)


async def _nothing(_code: str) -> None:
    """Know nobody to tell."""


async def _honest(work: Awaitable[Said]) -> Said:
    try:
        return await work
    except Fault as fault:
        _log.error("slack was told that storage is away", fault=str(fault))
        return Reply(AWAY)
