"""Plays the script against the running product: people act, time jumps to whatever comes next, history is told as it grows."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from api.cli.demo_script import Act, Script, commands_of
from api.cli.demo_stage import Stage
from api.cli.trouble import Trouble
from api.parts import Parts
from engine.channels.channel import Outcome, Outgoing, Sent
from engine.incident import commands as c
from engine.incident import events as e
from engine.incident.actor import Actor
from engine.incident.evolve import evolve
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.scene import Scene, said
from engine.incident.state import Incident
from engine.incident.story import is_notable, sentence
from engine.incident.telling import workers
from engine.language.playbook import AUTOMATIC_KINDS, OUTSIDE, Statement
from engine.runtime.clock import VirtualClock
from engine.runtime.history import entries_of
from engine.runtime.outcome import Handled
from engine.store.event_log import read_events

ALSO_TOLD: Final = (e.StepReadied, e.MessageSent, e.MetricsRecorded, e.FollowUpScheduled)
NOT_TOLD: Final = (e.KeysVoided, e.StepReopened, e.ReworkAsked, e.PublishStarted)
SPEAK_FOR_THEMSELVES: Final = ("message", "publish", "statement", "approval", "decision")
"""Kinds of step whose last event is told in other words before they are done."""
LONGEST: Final = timedelta(days=400)


class Audience:
    """Takes every delivery, as the real providers would, and counts what went where."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    async def send(self, outgoing: Outgoing) -> Outcome:
        delivery = outgoing.delivery
        self.sent[delivery.target] += 1
        return Sent({"link": f"demo:{delivery.id}", "reference": f"demo:{delivery.id}", "status": 200, "saved": {}})


class Play:
    """One rehearsal on stage; `clock` is the one that `parts` run by."""

    def __init__(self, parts: Parts, clock: VirtualClock, stage: Stage, script: Script) -> None:
        self._parts = parts
        self._clock = clock
        self._stage = stage
        self._script = script
        self._incident: Incident | None = None
        self._world: World | None = None
        self.told: Counter[str] = Counter()

    @property
    def incident(self) -> Incident:
        assert self._incident is not None
        return self._incident

    @property
    def world(self) -> World:
        assert self._world is not None
        return self._world

    async def run(self) -> None:
        """Play every chapter, then let time run to the incident's end."""
        for number, chapter in enumerate(self._script.chapters):
            await self._stage.chapter(chapter.title, chapter.tells)
            if number == 0:
                await self._declare()
            for act in chapter.acts:
                await self._wait_until(self._script.starts + act.after)
                await self._perform(act)
        await self._wait_until(self._script.starts + LONGEST)

    async def _declare(self) -> None:
        script = self._script
        command = c.Declare("", "", inputs=script.inputs, title=script.title, mode="rehearsal")
        outcome = await self._parts.handler.declare(script.playbook, command, _person(script.declared_by))
        if not isinstance(outcome, Handled):
            raise Trouble(f"the demo's incident can't be started: {_reason(outcome)}")
        self._world = outcome.world
        self._key = outcome.incident.id
        await self._settle()

    async def _perform(self, act: Act) -> None:
        """Send what this person sends; the engine's "no" is part of the story where the script expects it."""
        if act.tells:
            await self._stage.remark(act.tells)
        for command in commands_of(act, self.world, self.incident):
            outcome = await self._parts.handler.handle(self._key, command, _person(act.by))
            if isinstance(outcome, Handled) == act.refused:
                raise Trouble(f"the demo's script does not fit its playbook: {act.at} {act.by}: {_reason(outcome)}")
            if isinstance(outcome, Refusal):
                await self._stage.line(self._clock.now(), f"Refused: {outcome.reason}")
        await self._settle()

    async def _wait_until(self, instant: datetime) -> None:
        """Jump from one thing that time does to the next, up to an instant or the end of the incident."""
        while self.incident.status not in ("complete", "cancelled"):
            following = await self._parts.worker.next_at()
            if following is None or following > instant:
                break
            self._clock.move_to(following)
            await self._settle()
        if self.incident.status != "complete":
            self._clock.move_to(instant)

    async def _settle(self) -> None:
        """Let everything that is due happen, then tell what is new."""
        await self._parts.worker.run_until_idle()
        for after, entry in [*self._new_entries(await self._history())]:
            await self._tell(after, entry)

    async def _history(self) -> list[e.Entry]:
        seen = self._incident.version if self._incident else 0
        stored = await self._parts.database.read(lambda tx: read_events(tx, self._parts.sealer, self._key, after=seen))
        return entries_of(stored)

    def _new_entries(self, entries: list[e.Entry]) -> Iterator[tuple[Incident, e.Entry]]:
        for entry in entries:
            self._incident = evolve(self._incident, entry)
            yield self._incident, entry

    async def _tell(self, after: Incident, entry: e.Entry) -> None:
        self.told[type(entry.event).__name__] += 1
        if not self._is_told(entry.event):
            return
        await self._stage.line(entry.at, self._words_for(after, entry))
        if isinstance(entry.event, e.DraftSubmitted):
            await self._show_words(entry.event)

    def _words_for(self, after: Incident, entry: e.Entry) -> str:
        """Say an entry as everywhere else; only who is asked what is said more shortly here."""
        if not isinstance(entry.event, e.StepReadied):
            return sentence(self.world, after, entry)
        scene = Scene(self.world, after, entry)
        people = scene.names(workers(self.world, after, entry.event.step)) or "nobody yet"
        due = f", by {scene.clock(entry.event.due_at)}" if entry.event.due_at else ""
        return f"Asked: {people}: {scene.title(entry.event.step)}{due}"

    def _is_told(self, event: e.AnyEvent) -> bool:
        if isinstance(event, NOT_TOLD):
            return False
        if isinstance(event, e.StepReadied):
            return self._kind(event.step) not in AUTOMATIC_KINDS
        if isinstance(event, e.StepCompleted):
            return self._kind(event.step) not in SPEAK_FOR_THEMSELVES
        if isinstance(event, e.StepSkipped):
            return event.cause == "branch"
        return isinstance(event, ALSO_TOLD) or is_notable(event)

    def _kind(self, step: str) -> str:
        known = self.world.plan.steps.get(step)
        return known.kind if known else "task"

    async def _show_words(self, event: e.DraftSubmitted) -> None:
        step = self.world.plan.steps.get(event.step)
        if isinstance(step, Statement) and step.audience in OUTSIDE:
            await self._stage.words(said(next(iter(event.texts.values()))), f"version {event.number}")


def _person(name: str) -> Actor:
    return Actor(person=name, via="slack", own=True, credential="demo")


def _reason(outcome: object) -> str:
    return outcome.reason if isinstance(outcome, Refusal) else type(outcome).__name__
