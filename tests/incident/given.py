"""Sentences to begin a test of the core with: a world, a run with a clock that is moved, people who act."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.incident import commands as c
from engine.incident.actor import DELIVERY, TIMER, Actor
from engine.incident.decide import decide
from engine.incident.events import AnyEvent, Entry
from engine.incident.evolve import evolve
from engine.incident.plan import Plan, World
from engine.incident.refusal import Refusal
from engine.incident.state import Incident, StepState
from engine.incident.timers import next_alarm
from engine.incident.versions import subject_version
from engine.language.load import load_organisation, load_playbook

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "playbooks"
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Monday, 09:00 in Vancouver: the office is open."""

ORGANISATION = """
firebreak_organisation: 1
name: Example
timezone: America/Vancouver
people:
  ana: {name: Ana Ruiz, email: ana@example.com}
  ben: {name: Ben Okafor, email: ben@example.com}
  cho: {name: Cho Min, email: cho@example.com}
  dee: {name: Dee Lund, email: dee@example.com}
  eve: {name: Eve Moran, email: eve@example.com}
groups: {leads: [ana], lawyers: [ben, eve], comms: [cho], press: [dee]}
defaults: {ladder: office}
ladders: {office: [{late: 30m, to: incident_lead}]}
channels:
  newsroom: {kind: webhook, url: "https://hooks.example.com/news", audience: [public]}
  site: {kind: manual, where: "example.com", audience: [public]}
rehearsal: {channel: "#rehearsal", people: [ana]}
"""

HEAD = """
firebreak: 1
id: trial
title: A trial
version: 1.0.0
owner: incident_lead
summary: For tests.
roles:
  incident_lead: {title: Lead, assign: "group:leads"}
  legal: {title: Counsel, assign: "group:lawyers", ack: 10m, recuse: inputs.people}
  comms_lead: {title: Head of communications, assign: "group:comms"}
  press: {title: Press officer, assign: "group:press"}
inputs:
  site: {type: text, default: Plant 4}
  people: {type: people}
  links: {type: url_list}
  hurt: {type: yes_no, default: false}
severity:
  levels: {sev2: {title: Spreading, means: some}, sev1: {title: Crisis, means: all}}
  start: sev2
templates:
  line: {text: "We know about {{ inputs.site }}."}
"""


def trial_world(steps: str, *, head: str = HEAD, organisation: str = ORGANISATION, version: str = "1.0.0") -> World:
    """A world whose playbook has `steps` (YAML, a list) after the usual head; template files say `We know.`."""
    text = f"{head}\nsteps:\n{steps}".replace("version: 1.0.0", f"version: {version}")
    org = load_organisation(organisation, file="organisation.yaml").organisation
    assert org is not None
    loaded = load_playbook(text, file="trial.yaml", read=lambda _name: "We know.", organisation=None)
    assert loaded.playbook is not None, [f"{each.code} {each.line} {each.message}" for each in loaded.diagnostics]
    return World(Plan.of(loaded.playbook, version[0] * 64 if version != "1.0.0" else "d" * 64), org, loaded.files)


@lru_cache
def shipped_world(name: str) -> World:
    """A world with a shipped playbook and the sample organisation."""
    org = load_organisation((PLAYBOOKS / "organisation.yaml").read_bytes(), file="organisation.yaml").organisation
    path = PLAYBOOKS / f"{name}.yaml"
    loaded = load_playbook(path.read_bytes(), file=str(path), read=lambda each: (PLAYBOOKS / each).read_text(), organisation=org)
    assert org is not None
    assert loaded.playbook is not None, [f"{each.code} {each.line} {each.message}" for each in loaded.diagnostics]
    return World(Plan.of(loaded.playbook, "d" * 64), org, loaded.files)


def person(name: str) -> Actor:
    """Somebody with their own credential."""
    return Actor(person=name, via="rest", credential=f"token-{name}", own=True)


def trial(steps: str, *, more: str = "", organisation: str = ORGANISATION, **fields: Any) -> "Run":
    """An incident of a playbook with `steps`; `more` holds further sections of the playbook (policies, milestones …)."""
    return Run.begin(trial_world(steps, head=HEAD + more, organisation=organisation), **fields)


@dataclass
class Run:
    """One incident under way; `now` is the clock, moved by `forward`."""

    world: World
    incident: Incident
    now: datetime
    entries: list[Entry] = field(default_factory=list)

    @staticmethod
    def begin(world: World, *, now: datetime = MONDAY, by: str = "ana", **fields: Any) -> "Run":
        """Declare, and fail the test when that is refused."""
        decided = decide(world, None, c.Declare(id="1" * 32, key="INC-1", **fields), actor=person(by), now=now)
        assert not isinstance(decided, Refusal), decided
        incident: Incident | None = None
        for entry in decided:
            incident = evolve(incident, entry)
        assert incident is not None
        return Run(world, incident, now, list(decided))

    def attempt(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> tuple[Entry, ...] | Refusal:
        """Give a command; what it brings about is folded in."""
        actor = by if isinstance(by, Actor) else person(by)
        decided = decide(self.world, self.incident, command, actor=actor, now=self.now)
        if not isinstance(decided, Refusal):
            for entry in decided:
                self.incident = evolve(self.incident, entry)
            self.entries += decided
        return decided

    def do(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> tuple[Entry, ...]:
        """Give a command that must be accepted."""
        decided = self.attempt(command, by=by)
        assert not isinstance(decided, Refusal), decided
        return decided

    def refused(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> Refusal:
        """Give a command that must be refused, and see that nothing has changed."""
        before = self.incident
        decided = self.attempt(command, by=by)
        assert isinstance(decided, Refusal), decided
        assert self.incident == before
        return decided

    def code(self, command: c.AnyCommand, *, by: str | Actor = "ana") -> str:
        """Give a command that must be refused, and return the refusal's code."""
        return self.refused(command, by=by).code

    def sent(self, step: str, *, by: Actor = DELIVERY, **receipt: Any) -> tuple[Entry, ...]:
        """The engine's delivery for a step arrived."""
        return self.do(c.RecordDelivery("d", step, "sent", receipt), by=by)

    def agree(self, approval: str, of: str, *people: str) -> None:
        """People turn their keys on what stands now."""
        for name in people:
            self.do(c.Approve(approval, self.version(of)), by=name)

    def forward(self, **span: int) -> list[AnyEvent]:
        """Move the clock, letting every alarm on the way ring at its instant; return what time brought about."""
        until = self.now + timedelta(**span)
        first = len(self.entries)
        while (alarm := next_alarm(self.world, self.incident, self.now)) is not None and alarm <= until:
            self.now = max(self.now, alarm)
            self.attempt(c.Tick(), by=TIMER)
        self.now = until
        return [entry.event for entry in self.entries[first:]]

    def step(self, name: str) -> StepState:
        return self.incident.steps[name]

    def states(self, *names: str) -> dict[str, str]:
        return {name: self.step(name).state for name in names}

    def version(self, name: str) -> str:
        """The digest that an approval of this step binds to now."""
        return subject_version(self.world, self.incident, name) or ""

    def events(self, kind: type) -> list[Any]:
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]
