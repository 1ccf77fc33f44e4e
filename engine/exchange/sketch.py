"""A playbook under construction, while another tool's file is read: names are given, steps gather what they wait for.

`document` is what `engine.exchange.yaml_text` writes; fields stand in the order in which people write them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.naming import Names
from engine.exchange.yaml_text import clean
from engine.language.playbook import called

LONGEST_TITLE: Final = 300
LONGEST_TEXT: Final = 19_000
_ORDER: Final = (
    *("do", "role", "needs", "when", "due", "takes", "checklist", "options", "every", "until", "for", "for_at_most"),
    *("record", "with", "even_if_blocked", "tags", "links"),
)


@dataclass
class Sketch:
    """One step: its kind and title, and the fields it has so far."""

    id: str
    kind: str
    title: str
    fields: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Give the step as plain values; a decision shows its options even where nothing stands under them."""
        value = self.fields.get("playbook", self.title) if self.kind == "playbook" else self.title
        title = {"title": self.title} if self.kind == "playbook" and self.title != called(str(value)) else {}
        known = {name: self.fields[name] for name in _ORDER if self.fields.get(name) not in (None, "", [], {}, False)}
        if self.kind != "decision":
            known.pop("options", None)
        return {"id": self.id, self.kind: value, **title, **known}

    def needs(self, *names: str) -> None:
        """Wait for these steps too."""
        known = self.fields.setdefault("needs", [])
        known += [name for name in dict.fromkeys(names) if name not in known and name != self.id]

    def adds(self, text: str) -> None:
        """Say more about how it is done; `text` is made harmless already."""
        said = "\n".join(part for part in (self.fields.get("do", ""), text.strip()) if part)
        self.fields["do"] = said if len(said) <= LONGEST_TEXT else _cut(said)


@dataclass
class Book:
    """The whole playbook so far."""

    head: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    references: list[dict[str, str]] = field(default_factory=list)
    follow_ups: list[dict[str, Any]] = field(default_factory=list)
    steps: dict[str, Sketch] = field(default_factory=dict)
    _names: Names = field(default_factory=Names)
    _inputs: Names = field(default_factory=Names)
    _roles: Names = field(default_factory=Names)

    def step(self, kind: str, title: str, **fields: Any) -> Sketch:
        """Add a step with a name of its own; a title that is too long goes into its text as well."""
        shown = titled(title) or "(without a title)"
        name = self._names.new(shown, otherwise=f"step_{len(self.steps) + 1}")
        sketch = Sketch(name, kind, shown)
        if shown.endswith("…"):
            sketch.adds(harmless(title))
        sketch.fields |= fields
        self.steps[name] = sketch
        return sketch

    def input(self, title: str, **fields: Any) -> str:
        name = self._inputs.new(title, otherwise=f"input_{len(self.inputs) + 1}")
        self.inputs[name] = fields
        return name

    def role(self, title: str, **fields: Any) -> str:
        name = self._roles.new(title.partition(" (")[0], otherwise=f"role_{len(self.roles) + 1}")
        self.roles[name] = {"title": titled(title) or name, **fields}
        return name

    def metric(self, step: Sketch, title: str) -> str:
        """Add a yes/no that a step records; it has the step's name."""
        self.metrics[f"{step.id[:43]}_done"] = {"title": titled(title), "type": "yes_no", "source": step.id}
        return f"{step.id[:43]}_done"

    def document(self) -> dict[str, Any]:
        """Give everything as plain values, empty sections left out."""
        sections = {
            "references": self.references,
            "inputs": self.inputs,
            "roles": self.roles,
            "metrics": self.metrics,
            "steps": [sketch.document() for sketch in self.steps.values()],
            "follow_ups": self.follow_ups,
        }
        return {**self.head, **{name: value for name, value in sections.items() if value}}


def titled(text: str, longest: int = LONGEST_TITLE) -> str:
    """Make a title of a text: one line, cut where it is too long."""
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def harmless(text: str) -> str:
    """Give a text in which nothing is a template of ours: another tool's brackets are just brackets."""
    return clean(text).strip().replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")


def _cut(text: str) -> str:
    """Cut a text that is too long, never inside the brackets of an input."""
    short = text[: LONGEST_TEXT - 1]
    return (short[: short.rindex("{{")] if short.count("{{") > short.count("}}") else short).rstrip() + "…"
