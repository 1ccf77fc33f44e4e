"""The working copy of one decision: entries so far, and the incident as it would be after them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from engine.incident.actor import SYSTEM, Actor
from engine.incident.events import AnyEvent, Entry
from engine.incident.evolve import evolve
from engine.incident.personal import Personal, Text, Value, subjects
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.language.playbook import Step


class Draft:
    """Collects events and shows their effect at once; it is thrown away when the command is refused."""

    __slots__ = ("actor", "entries", "incident", "now", "world")

    def __init__(self, world: World, incident: Incident, *, actor: Actor, now: datetime) -> None:
        self.world = world
        self.incident = incident
        self.actor = actor
        self.now = now
        self.entries: list[Entry] = []

    def add(self, event: AnyEvent) -> None:
        """Add what the actor brought about."""
        self._append(event, self.actor)

    def follow(self, event: AnyEvent) -> None:
        """Add what follows by the rules, in the engine's own name."""
        self._append(event, SYSTEM)

    def state(self, step: str) -> StepState:
        return self.incident.steps.get(step, StepState())

    def step(self, name: str) -> Step | None:
        return self.world.step(self.incident, name)

    def mark(self, text: str, *, private: bool = False) -> Text:
        """Mark a text that is private, or that names somebody in a personal input, so that it is sealed."""
        subject = mentioned(self.incident.inputs, text)
        return Personal(text, subject) if subject or private else text

    def _append(self, event: AnyEvent, by: Actor) -> None:
        entry = Entry(at=self.now, by=by, event=event)
        self.incident = evolve(self.incident, entry)
        self.entries.append(entry)


def personal_names(inputs: Mapping[str, Value]) -> Iterable[str]:
    """The plain values of all personal inputs."""
    return (name for value in inputs.values() for name in subjects(value))


def mentioned(inputs: Mapping[str, Value], text: str) -> str | None:
    """The first personal value that `text` contains as words of its own, whatever the case."""
    folded = _words(text)
    return next((name for name in personal_names(inputs) if len(name) > 1 and f" {_words(name).strip()} " in folded), None)


def _words(text: str) -> str:
    kept = "".join(char if char.isalnum() else " " for char in text.casefold())
    return f" {' '.join(kept.split())} "
