"""The working copy of one decision: entries so far, and the incident as it would be after them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from engine.incident.actor import SYSTEM, Actor
from engine.incident.events import AnyEvent, Entry
from engine.incident.evolve import evolve
from engine.incident.personal import Personal, Text, Value, subjects
from engine.incident.plan import World
from engine.incident.state import Incident, StepState
from engine.language.playbook import Playbook, Step, Task

_WORDS: Final = frozenset({"text", "long_text", "person", "people", "url", "url_list", "file"})
_BETWEEN_WORDS: Final = r"[\W_]+"
_KNOWN_AGAIN: Final = 3
"""A private result of this many words is looked for in texts; shorter ones are words that anybody uses."""


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
        subject = mentioned(personal_values(self.world, self.incident), text)
        return Personal(text, subject) if subject or private else text

    def _append(self, event: AnyEvent, by: Actor) -> None:
        entry = Entry(at=self.now, by=by, event=event)
        self.incident = evolve(self.incident, entry)
        self.entries.append(entry)


def new_id(draft: Draft, wanted: str) -> str:
    """An id for an added task that no step has, of at most 48 characters."""
    taken = {*draft.world.plan.steps, *draft.incident.steps}
    names = (wanted[:48], *(f"{wanted[:44]}_{number}" for number in range(2, 1_000)))
    return next((name for name in names if name not in taken), wanted)


def personal_values(world: World, incident: Incident) -> dict[str, Value]:
    """Everything personal that a text could give away: inputs, and what came of steps."""
    results = {name: _telling(world.plan.steps.get(name), state.result) for name, state in incident.steps.items()}
    return {**naming(world.plan.playbook, incident.inputs), **results}


def naming(playbook: Playbook, inputs: Mapping[str, Value]) -> dict[str, Value]:
    """Inputs whose values are words of their own: `yes`, a number or a country would be found in any text."""
    return {name: value for name, value in inputs.items() if name in playbook.inputs and playbook.inputs[name].type in _WORDS}


def mentioned(values: Mapping[str, Value], text: str) -> str | None:
    """The first personal value that `text` contains as words of its own, whatever the case."""
    names = [name for value in values.values() for name in subjects(value) if len(name) > 1]
    if not names:
        return None
    folded = _words(text)
    return next((name for name in names if f" {_words(name).strip()} " in folded), None)


def without(values: Mapping[str, Value], text: str) -> str:
    """The text with every personal value in it masked; nothing, where one can't be found letter by letter."""
    for name in (name for value in values.values() for name in subjects(value)):
        pattern = _BETWEEN_WORDS.join(re.escape(word) for word in _words(name).split())
        text = re.sub(rf"(?<!\w){pattern}(?!\w)", "[personal]", text, flags=re.IGNORECASE) if pattern else text
    return "" if mentioned(values, text) else text


def _telling(step: Step | None, result: Value) -> Value:
    """A result that names somebody, or that is long enough to be known again."""
    asked = step.result if isinstance(step, Task) else None
    if asked is not None and (asked.type in ("person", "people") or (asked.personal and asked.type in _WORDS)):
        return result
    return result if isinstance(result, Personal) and len(result.value.split()) >= _KNOWN_AGAIN else None


def _words(text: str) -> str:
    kept = "".join(char if char.isalnum() else " " for char in text.casefold())
    return f" {' '.join(kept.split())} "
