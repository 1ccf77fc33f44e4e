"""The stage of a story: one incident on the real core, a clock that is moved, and machines that do as they are told at once.

- Every command goes through `decide`, which folds its entries with `evolve`; what is owed comes from `react`.
- Time moves from alarm to alarm; at each one `Tick` rings, as in the runtime. Looks at which nothing would happen
  are passed over: what looks are for is read at the last of them, and searched backwards only when it is true then.
- Who is given a role acknowledges it at once, unless the story calls the role silent.
- Deliveries that a step waits for arrive at once, but for steps that the story lets fail.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from engine.analysis.stories.story import Story
from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER, Actor
from engine.incident.calendar import add, instant, zone_of
from engine.incident.decide import decide, decide_and_evolve
from engine.incident.effects import Delivery
from engine.incident.events import ChildRequested, Entry, PublishStarted, RequestMade, TicketRequested
from engine.incident.people import candidates
from engine.incident.plan import World
from engine.incident.react import react
from engine.incident.refusal import Refusal
from engine.incident.scope import GuardScope, holds
from engine.incident.state import OPEN, Incident
from engine.incident.timers import LOOK_AGAIN, next_alarm, pending
from engine.language.duration import Duration
from engine.language.expression import parse
from engine.language.playbook import Monitor, Wait

KEY: Final = "STORY-1"
MOST_ALARMS: Final = 50_000
"""Alarms in one story: years of monitors. A story that needs more goes round in circles."""

SHORTEST: Final = timedelta(microseconds=1)

_FOR_MACHINES: Final = (ChildRequested, PublishStarted, RequestMade, TicketRequested)


@dataclass(frozen=True, slots=True)
class Scene:
    """What one command brought about: the incident before and after it, and the entries between."""

    before: Incident | None
    after: Incident
    entries: tuple[Entry, ...]


@dataclass
class Stage:
    """One incident under way in a world; `failing` are steps whose deliveries do not arrive by themselves."""

    world: World
    incident: Incident
    now: datetime
    silent: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    scenes: list[Scene] = field(default_factory=list)
    alarms: int = 0
    before_moving: Callable[[datetime], None] | None = None
    """Told of the instant that the clock moves to next, while everything still stands as it was until then."""

    @property
    def entries(self) -> Iterator[Entry]:
        return (entry for scene in self.scenes for entry in scene.entries)

    def events(self, *kinds: type) -> Iterator[Any]:
        """Give what happened so far, of some kinds."""
        return (entry.event for entry in self.entries if isinstance(entry.event, kinds))

    def deliveries(self) -> Iterator[tuple[Incident, Delivery]]:
        """Give everything that was owed so far, each with the incident as it was then."""
        for scene in self.scenes:
            for delivery in react(self.world, scene.before, scene.after, scene.entries):
                yield scene.after, delivery

    def instant_of(self, span: Duration) -> datetime:
        """Find the instant that lies `span` after the declaration, as the incident counts time."""
        return add(self.incident.declared_at, span, self.world.clockwork(self.incident))

    def since_declared(self, at: datetime) -> str:
        """Write an instant as stories do: the span since the declaration."""
        return in_words(at - self.incident.declared_at)

    def give(self, command: c.AnyCommand, actor: Actor) -> Refusal | None:
        """Give a command; what follows from it for machines and for people who answer follows."""
        decided = decide_and_evolve(self.world, self.incident, command, actor=actor, now=self.now)
        if isinstance(decided, Refusal):
            return decided
        entries, after = decided
        if entries:
            self.scenes.append(Scene(self.incident, after, entries))
            self.incident = after
            self._deliver(entries)
            self._acknowledge()
        return None

    def answer_the_first(self) -> None:
        """Let machines and people answer what the declaration asked of them."""
        self._deliver(self.scenes[0].entries)
        self._acknowledge()

    def forward(self, until: datetime) -> None:
        """Move the clock, letting every alarm on the way ring at its instant."""
        while (alarm := self.next_alarm(until)) is not None:
            self.ring(alarm)
        self.move(until)

    def move(self, to: datetime) -> None:
        """Move the clock to an instant, never backwards."""
        if to > self.now:
            if self.before_moving is not None:
                self.before_moving(to)
            self.now = to

    def next_alarm(self, until: datetime) -> datetime | None:
        """Find the next instant, up to `until`, at which time itself does something; None when there is none."""
        alarm = next_alarm(self.world, self.incident, self.now)
        if alarm is None or alarm > until or self.alarms >= MOST_ALARMS:
            return None
        timers = pending(self.world, self.incident)
        timer = timers[0].at if timers else None
        if timer is not None and timer <= alarm:
            return max(self.now, alarm)
        look = self._look_that_acts(until if timer is None else min(until, timer - SHORTEST))  # a timer's own Tick looks as well
        return look or (timer if timer is not None and timer <= until else None)

    def ring(self, alarm: datetime) -> None:
        """Let an alarm ring."""
        self.alarms += 1
        self.move(alarm)
        self.give(c.Tick(), TIMER)

    def _look_that_acts(self, until: datetime) -> datetime | None:
        """Find the first look up to `until` at which a `Tick` would do something; once it would, it would later too."""
        count = int((until - self.now) / LOOK_AGAIN)
        if count < 1 or not self._is_worth_looking(count) or not self._would_act(count):
            return None
        idle, acts = 0, count
        while acts - idle > 1:
            middle = (idle + acts) // 2
            idle, acts = (idle, middle) if self._would_act(middle) else (middle, acts)
        return self.now + acts * LOOK_AGAIN

    def _is_worth_looking(self, looks: int) -> bool:
        """Whether anything is true then of what looks are for: `until` of waits and monitors, timed `raise` rules."""
        at, plan = self.now + looks * LOOK_AGAIN, self.world.plan
        rules = plan.playbook.severity.raise_ if plan.playbook.severity else []
        texts = [rules[index].when for index in plan.timed_rules]
        for name, state in self.incident.steps.items():
            step = plan.steps.get(name) if state.state in OPEN else None
            if isinstance(step, Wait | Monitor) and step.until:
                texts.append(step.until)
        return any(holds(GuardScope(self.world, self.incident, at), parse(text)) for text in texts)

    def _would_act(self, looks: int) -> bool:
        return decide(self.world, self.incident, c.Tick(), actor=TIMER, now=self.now + looks * LOOK_AGAIN) != ()

    def _deliver(self, entries: Sequence[Entry]) -> None:
        """Let machines succeed with what was asked of them."""
        if not any(isinstance(entry.event, _FOR_MACHINES) for entry in entries):
            return
        scene = self.scenes[-1]
        for delivery in react(self.world, scene.before, scene.after, scene.entries):
            if delivery.receipt and delivery.step and delivery.step not in self.failing:
                self.give(c.RecordDelivery(delivery.id, delivery.step, "sent", _receipt(delivery)), DELIVERY)

    def _acknowledge(self) -> None:
        """Let everybody who was just given a role say that they are there."""
        waiting = [
            (name, role.people)
            for name, role in self.incident.roles.items()
            if role.ack_by is not None and role.people and name not in self.silent
        ]
        for name, people in waiting:
            self.give(c.Acknowledge(name), person(people[0]))


def in_words(span: timedelta) -> str:
    """Write a span of time: `35m`, `2h 5m`, `12d 4h`."""
    minutes = round(span.total_seconds() / 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if count]
    return " ".join(parts[:2]) or "0m"


def person(name: str) -> Actor:
    """Somebody with their own credential."""
    return Actor(person=name, via="rest", credential=f"story-{name}", own=True)


def begin(world: World, story: Story) -> Stage | Refusal:
    """Declare the incident of a story."""
    now = instant(story.start, zone_of(world.organisation.timezone))
    command = c.Declare(id="1" * 32, key=KEY, inputs=dict(story.inputs), unknown=story.unknown, severity=story.severity, mode=story.mode)
    decided = decide_and_evolve(world, None, command, actor=person(_declarer(world, story, now)), now=now)
    if isinstance(decided, Refusal):
        return decided
    entries, incident = decided
    failing = frozenset(name for action in story.does if action.verb == "fail" for name in action.items)
    stage = Stage(world, incident, now, story.silent, failing, [Scene(None, incident, entries)])
    stage.answer_the_first()
    return stage


def _declarer(world: World, story: Story, now: datetime) -> str:
    """Find who declares: whom the story names, else whom the lead's role yields, else anybody."""
    named = story.by or world.plan.lead_role
    if named not in world.plan.playbook.roles:
        return named
    found = candidates(world.organisation, world.plan.playbook, named, now)
    return next(iter((*found, *world.organisation.people)), "somebody")


def _receipt(delivery: Delivery) -> dict[str, Any]:
    match delivery.kind:
        case "child":
            return {"key": f"{KEY}.{delivery.step}"}
        case "http":
            return {"status": 200, "saved": {}}
        case "ticket":
            return {"reference": f"ticket of {delivery.step}"}
        case _:
            return {"channel": delivery.body.get("channel"), "link": "https://example.com/posted"}
