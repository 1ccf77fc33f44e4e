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
from engine.incident.reading import reads_of
from engine.incident.scope import GuardScope
from engine.incident.state import NEW_STEP, Incident, StepState
from engine.language.expression import Expression
from engine.language.playbook import Playbook, Step, Task

_WORDS: Final = frozenset({"text", "long_text", "person", "people", "url", "url_list", "file"})
_BETWEEN_WORDS: Final = r"[\W_]+"
_KNOWN_AGAIN: Final = 3
"""A private result of this many words is looked for in texts; shorter ones are words that anybody uses."""


class Draft:
    """Collects events and shows their effect at once; it is thrown away when the command is refused.

    A draft begins where nothing more follows, so only what it touches can make more follow. `concerned` are the steps
    that were touched and those that heed them; all of them in a `thorough` draft: time has passed, or the incident
    or its playbook is new.
    """

    __slots__ = ("_began", "_scope", "actor", "concerned", "entries", "incident", "is_thorough", "now", "world")

    def __init__(self, world: World, incident: Incident, *, actor: Actor, now: datetime, thorough: bool = False) -> None:
        self.world = world
        self.incident = incident
        self.actor = actor
        self.now = now
        self.entries: list[Entry] = []
        self.is_thorough = thorough
        self.concerned: set[str] = set(world.plan.steps) if thorough else set()
        self._began = incident
        self._scope = GuardScope(world, incident, now)

    @property
    def scope(self) -> GuardScope:
        """What guards read as things stand in this draft."""
        if self._scope.incident is not self.incident:
            self._scope = GuardScope(self.world, self.incident, self.now, before=self._scope)
        return self._scope

    def may_read_anew(self, guard: Expression) -> bool:
        """Whether a guard could read otherwise than when this draft began."""
        began, now, reads = self._began, self.incident, reads_of(guard.text)
        if self.is_thorough or reads.changes_unseen or not reads.steps.isdisjoint(self.concerned):
            return True
        return not (
            now.inputs is began.inputs
            and now.metrics is began.metrics
            and now.severity == began.severity
            and now.closed_at == began.closed_at
        )

    def add(self, event: AnyEvent) -> None:
        """Add what the actor brought about."""
        self._append(event, self.actor)

    def follow(self, event: AnyEvent) -> None:
        """Add what follows by the rules, in the engine's own name."""
        self._append(event, SYSTEM)

    def state(self, step: str) -> StepState:
        return self.incident.steps.get(step, NEW_STEP)

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
        self.concerned |= self.world.plan.heeding.get(getattr(event, "step", ""), frozenset())


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
