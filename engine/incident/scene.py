"""What a sentence about an entry may say: names instead of ids, local times, and nothing that not everybody may read.

Rules:
- A sentence is for everyone who may see the incident. Personal values are masked, and of a private step
  it gives only the title, the state and the deadline.
- Roles and people are called what the playbook and the organisation file call them.
- Times are in the incident's own zone; the day is named only where it is another day.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.incident.calendar import zone_of
from engine.incident.events import Entry
from engine.incident.people import person_name
from engine.incident.personal import Personal, Text, Value, masked
from engine.incident.plan import World
from engine.incident.state import NEW_STEP, Incident, StepState
from engine.language.playbook import Approval, Publish

PRIVATE: Final = "[private]"
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Scene:
    """An entry and what is needed to speak of it; `incident` is as it was after the entry."""

    world: World
    incident: Incident
    entry: Entry

    @property
    def by_engine(self) -> bool:
        """True where nobody gave a command: time, a delivery or a rule did it."""
        return self.entry.by.person is None and self.entry.by.service is None

    @property
    def who(self) -> str:
        """Who did it, and through which service when it was not by their own hand."""
        by = self.entry.by
        if by.person is None:
            return by.service or "Firebreak"
        name = self.name(by.person)
        return f"{name} (through {by.service})" if by.service else name

    def name(self, person: str) -> str:
        return person_name(self.world.organisation, person)

    def names(self, people: Iterable[str]) -> str:
        """Join people's names as a sentence does."""
        return joined(self.name(person) for person in people)

    def role(self, role: str) -> str:
        """Give a role's title as it stands inside a sentence."""
        known = self.world.plan.playbook.roles.get(role)
        title = known.title if known else role.replace("_", " ")
        return title if title[1:2].isupper() else title[:1].lower() + title[1:]

    def held(self, role: str, people: Iterable[str] | None = None) -> str:
        """Give a role with the people who hold it (now, unless named): `employment counsel (Ivy Chen)`."""
        state = self.incident.roles.get(role)
        holders = tuple(people) if people is not None else (state.people if state else ())
        return f"{self.role(role)} ({self.names(holders)})" if holders else self.role(role)

    def state(self, step: str) -> StepState:
        return self.incident.steps.get(step, NEW_STEP)

    def title(self, step: str) -> str:
        """Give a step's title in quotes."""
        added = self.incident.added.get(step)
        if added is not None:
            return quoted(said(added.title))
        known = self.world.step(self.incident, step)
        return quoted(known.title if known else step)

    def is_private(self, step: str) -> bool:
        known = self.world.step(self.incident, step)
        return known is not None and known.private

    def inside(self, step: str, value: Value) -> str:
        """Give something that stands inside a step, as everybody may read it."""
        return PRIVATE if self.is_private(step) else shown(value)

    def because(self, step: str, reason: Text | None) -> str:
        """End a sentence with a reason given inside a step, or with nothing."""
        text = self.inside(step, reason) if reason else ""
        return f": {text}" if text else ""

    def level(self, level: str) -> str:
        """Give a severity level with its title: `sev1 (Crisis)`."""
        severity = self.world.plan.playbook.severity
        known = severity.levels.get(level) if severity else None
        return f"{level} ({known.title})" if known else level

    def version(self, step: str, digest: str) -> str:
        """Name the version of the words that a step (their statement, an approval, a publish) is about."""
        subject = self._subject(step)
        number = next((version.number for version in self.state(subject).versions if version.digest == digest), None)
        return f"version {number} of {self.title(subject)}" if number else self.title(subject)

    def clock(self, at: datetime) -> str:
        """Give an instant as the incident's people read it: `12:30`, or `Tue 24 Nov 12:30` on another day."""
        zone = zone_of(self.world.clockwork(self.incident).timezone)
        local, here = at.astimezone(zone), self.entry.at.astimezone(zone)
        if local.date() == here.date():
            return f"{local:%H:%M}"
        year = "" if local.year == here.year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"

    def _subject(self, step: str) -> str:
        known = self.world.step(self.incident, step)
        return known.of if isinstance(known, Approval | Publish) else step


Tell = Callable[[Scene, Any], str]
"""Says one kind of event in a sentence."""


def quoted(text: str) -> str:
    return f"“{text}”"


def said(text: Text | None) -> str:
    """Give a text as everybody may read it, on one line and not too long for one."""
    return shown(text)


def shown(value: Value) -> str:
    """Give a value as people write it, on one line, its personal parts masked."""
    if isinstance(value, Personal) and value.erased:
        return "[erased]"
    open_value = masked(value)
    if isinstance(open_value, bool):
        return "yes" if open_value else "no"
    text = ", ".join(open_value) if isinstance(open_value, list) else str(open_value if open_value is not None else "")
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def joined(words: Iterable[str]) -> str:
    """Join words as a sentence does: `a`, `a and b`, `a, b and c`."""
    known = list(words)
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"
