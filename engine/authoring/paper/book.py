"""A playbook with what its readers call things: steps by number, roles by title, levels and milestones by name.

Numbers follow the order in which the author wrote the steps, so that picture and page say the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from engine.language.graph import Graph
from engine.language.organisation import Organisation
from engine.language.playbook import Approval, Decision, Playbook, Step

KINDS: Final[Mapping[str, str]] = {
    "task": "task",
    "decision": "decision",
    "statement": "words to draft",
    "approval": "approval",
    "publish": "publish",
    "message": "automatic message",
    "evidence": "evidence",
    "ticket": "ticket",
    "http": "automatic call",
    "wait": "wait",
    "monitor": "watch",
    "playbook": "other playbook",
}
"""What each kind of step is called, in the order of the legend."""

AUDIENCES: Final[Mapping[str, str]] = {
    "public": "the public",
    "media": "the media",
    "customers": "customers",
    "partners": "partners",
    "regulators": "regulators",
    "employees": "employees",
    "managers": "managers",
    "named_people": "the people named",
    "internal": "the team",
}


@dataclass(frozen=True)
class Book:
    """A sound playbook and the files it is made of; the organisation, where known, says what its channels are."""

    playbook: Playbook
    files: Mapping[str, str] = field(default_factory=dict)
    organisation: Organisation | None = None

    @cached_property
    def graph(self) -> Graph:
        return Graph.of(self.playbook)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        return {step.id: number for number, step in enumerate(self.playbook.steps, start=1)}

    @property
    def lead(self) -> str:
        """Give the role that leads the incident: `incident_lead`, or else the owner."""
        return "incident_lead" if "incident_lead" in self.playbook.roles else self.playbook.owner

    def role(self, name: str) -> str:
        role = self.playbook.roles.get(name)
        return role.title if role else spoken(name)

    def roles(self, names: Iterable[str], last: str = "and") -> str:
        return listed([self.role(name) for name in names], last)

    def title(self, step: str) -> str:
        """Give a step's title in quotation marks, with its number where it has one."""
        found = self.graph.steps.get(step)
        return f"{self.numbers[step]} “{found.title}”" if found else f"“{spoken(step)}”"

    def titles(self, steps: Iterable[str], last: str = "and") -> str:
        return listed([self.title(step) for step in steps], last)

    def level(self, name: str) -> str:
        levels = self.playbook.severity.levels if self.playbook.severity else {}
        return f"“{levels[name].title}”" if name in levels else f"“{spoken(name)}”"

    def place(self, name: str) -> str:
        """Say where words or notes go: `#all-staff on Slack`, `e-mail to all-staff`, a role, or a channel by its name."""
        kind, _, rest = name.partition(":")
        match kind, rest:
            case "role", role:
                return self.role(role)
            case "slack", channel if channel:
                return f"{channel} on Slack"
            case "email", _ if rest:
                return f"e-mail to {rest}"
            case _:
                return spoken(rest or name)

    def answers(self, decision: str, step: str) -> tuple[str, ...]:
        """Give the labels of the answers under which a decision lists a step."""
        found = self.graph.steps[decision]
        assert isinstance(found, Decision)
        return tuple(option.label for option in found.options.values() if step in option.then)

    @cached_property
    def nearest(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the steps it waits for, without those that another of them waits for already."""
        return {name: self._nearest(parents) for name, parents in self.graph.parents.items()}

    def _nearest(self, parents: tuple[str, ...]) -> tuple[str, ...]:
        implied = {above for parent in parents for above in self.graph.ancestors(parent)}
        return tuple(parent for parent in parents if parent not in implied)


def who(book: Book, step: Step) -> str:
    """Say who does a step: the holder of a role, the holders of keys, or nobody."""
    if isinstance(step, Approval):
        return f"{book.roles(step.approvers)}{_quorum(step)}"
    helpers = f", helped by {book.roles(step.helpers)}" if step.helpers else ""
    return f"{book.role(step.role) if step.role else 'Firebreak, by itself'}{helpers}"


def _quorum(step: Approval) -> str:
    if len(step.approvers) == 1:
        return ""
    if step.keys_needed >= len(step.approvers):
        return " (both)" if len(step.approvers) == 2 else " (all of them)"
    return f" (any {step.keys_needed} of them)" if step.keys_needed > 1 else " (any one of them)"


def audiences(names: Iterable[str], last: str = "and") -> str:
    return listed([AUDIENCES.get(name, spoken(name)) for name in names], last)


def spoken(name: str) -> str:
    """Say a name of the file in words: `brand_x` gives `brand x`."""
    return name.replace("_", " ")


def listed(words: list[str], last: str = "and") -> str:
    """Join words as in a sentence: `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def capitalised(text: str) -> str:
    """Begin a sentence; nothing else of it changes."""
    return f"{text[:1].upper()}{text[1:]}"
