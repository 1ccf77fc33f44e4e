"""A CACAO 2.0 document as a playbook of ours: the exact files where it is our own export, else a new playbook.

Whatever comes in, nothing is raised. Every problem is a diagnostic with its JSON pointer and line. What a
playbook of ours can't hold is said (FB706) or kept for the next export (`Kept`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.exchange.cacao.extension import PLAYBOOK
from engine.exchange.cacao.kept import Kept
from engine.exchange.cacao.parties import inputs_of, roles_of, targets_of
from engine.exchange.cacao.pointing import Paths, followed, workflow_of
from engine.exchange.cacao.questions import Questions
from engine.exchange.cacao.restoring import restored
from engine.exchange.cacao.task import Tasks
from engine.exchange.cacao.walk import Came, Walk
from engine.exchange.imported import Imported
from engine.exchange.incoming import Incoming
from engine.exchange.json_text import Json
from engine.exchange.sketch import Book, harmless, titled
from engine.exchange.yaml_text import playbook_text
from engine.language.scalars import kind_of
from engine.language.shape import MAX_STEPS
from engine.language.suggest import as_name, quoted

MOST_STEPS: Final = 2_000
_SPEC: Final = "cacao-2.0"


def looks_like_cacao(value: object) -> bool:
    """Tell whether a JSON value means to be a CACAO playbook."""
    return isinstance(value, dict) and ("spec_version" in value or value.get("type") == "playbook" or "workflow" in value)


def import_cacao(source: Json) -> Imported:
    """Read a document; its files are empty when nothing could be made of it."""
    incoming = Incoming(source)
    if source.flaws or not _is_ours_to_read(incoming):
        return Imported({}, (*source.flaws, *incoming.found))
    _say_signatures(incoming)
    extensions = incoming.map(incoming.document, (), "playbook_extensions")
    if isinstance(extensions.get(PLAYBOOK), dict):
        return restored(incoming, extensions[PLAYBOOK]) or _Reading(incoming).imported()
    return _Reading(incoming).imported()


def _is_ours_to_read(incoming: Incoming) -> bool:
    document = incoming.source.value
    if not isinstance(document, dict):
        incoming.say("FB010", f"a CACAO playbook is a map of fields, not {kind_of(document)}", ())
        return False
    if document.get("type") != "playbook":
        incoming.say("FB010", f"'type' must be playbook, not {quoted(document.get('type'))}", ("type",))
        return False
    if document.get("spec_version") != _SPEC:
        version = quoted(document.get("spec_version"))
        incoming.say("FB005", f"this playbook is written in {version}; only {_SPEC} is read", ("spec_version",))
        return False
    if not workflow_of(incoming):
        incoming.say("FB010", "there is no workflow, so there is nothing to import", ("workflow",))
        return False
    if len(workflow_of(incoming)) > MOST_STEPS:
        incoming.say("FB010", f"the workflow holds more than {MOST_STEPS:,} steps", ("workflow",))
        return False
    return True


def _say_signatures(incoming: Incoming) -> None:
    if incoming.entries(incoming.document, (), "signatures"):
        message = "the signatures were not verified, and were left out: they would not fit the playbook made of this file"
        incoming.say("FB706", message, ("signatures",), help="verify the file with the tool of whoever signed it, before it is imported")


@dataclass
class _Reading:
    """One import under way."""

    incoming: Incoming
    book: Book = field(default_factory=Book)

    def imported(self) -> Imported:
        document = self.incoming.document
        starts = {name: self._pointer(name) for name in ("workflow_start", "workflow_exception")}
        if starts["workflow_start"] is None and "workflow_start" not in document:
            self.incoming.say("FB010", "'workflow_start' is missing", ())
        paths = followed(self.incoming, starts)
        inputs, words = inputs_of(self.incoming, self.book)
        tasks = Tasks(self.incoming, self.book, roles_of(self.incoming, self.book), targets_of(self.incoming), words)
        walk = Walk(paths, tasks, Questions(self.book, tasks, inputs))
        self._walked(walk, starts, paths)
        if not self.book.steps:
            self.incoming.say("FB010", "the workflow has no action, so there is nothing to do in it", ("workflow",))
            return Imported({}, tuple(self.incoming.found))
        if len(self.book.steps) > MAX_STEPS:
            self.incoming.say(
                "FB010",
                f"the workflow asks for {len(self.book.steps):,} steps; a playbook has at most {MAX_STEPS}",
                ("workflow",),
                at="key",
            )
            return Imported({}, tuple(self.incoming.found))
        self._head(tasks)
        name = self.book.head["id"]
        text = playbook_text(self.book.document(), comments=(f"Imported from CACAO 2.0: {self.incoming.text(document, (), 'id')}",))
        kept = self._kept(walk.made)
        return Imported({f"{name}.yaml": text}, tuple(self.incoming.found), kept)

    def _pointer(self, name: str) -> str | None:
        target = self.incoming.text(self.incoming.document, (), name)
        if target and not isinstance(workflow_of(self.incoming).get(target), dict):
            self.incoming.say("FB704", f"{quoted(name)} points to missing step {quoted(target)}", (name,))
            return None
        return target or None

    def _walked(self, walk: Walk, starts: Mapping[str, str | None], paths: Paths) -> None:
        walk.branch(starts["workflow_start"], Came())
        rescue = starts["workflow_exception"]
        if rescue is None or rescue in walk.heads:
            return
        waited = {need for sketch in self.book.steps.values() for need in sketch.fields.get("needs", ())}
        last = tuple(name for name in self.book.steps if name not in waited)
        walk.branch(rescue, Came(last))
        for name in paths.below(rescue):
            for step in walk.made.get(name, ()):
                sketch = self.book.steps[step]
                sketch.fields["even_if_blocked"] = True
                sketch.fields["do"] = "\n".join(part for part in ("Only if something went wrong.", sketch.fields.get("do", "")) if part)

    def _head(self, tasks: Tasks) -> None:
        document = self.incoming.document
        title = titled(self.incoming.text(document, (), "name"), 80) or "Imported playbook"
        summary = harmless(self.incoming.text(document, (), "description"))
        self.book.head = {
            "firebreak": 1,
            "id": as_name(" ".join(title.split()[:6])) or "imported_playbook",
            "title": title,
            "version": self._version(),
            **({"status": "retired"} if document.get("revoked") is True else {}),
            "owner": tasks.nobody(),
            **({"summary": summary} if summary else {}),
            **({"settings": {"visibility": "participants"}} if self._is_restricted() else {}),
            "tags": [titled(label) for label in self.incoming.texts(document, (), "labels") if not label.startswith("version:")],
        }
        for entry in self.incoming.entries(document, (), "external_references"):
            if isinstance(entry, dict) and isinstance(entry.get("name"), str) and entry["name"].strip():
                url = entry.get("url")
                self.book.references.append({"title": titled(entry["name"]), **({"url": titled(url)} if isinstance(url, str) else {})})

    def _is_restricted(self) -> bool:
        """Tell whether the document is marked for named people or the organisation only (TLP 2.0)."""
        markings = self.incoming.map(self.incoming.document, (), "data_marking_definitions").values()
        return any(isinstance(each, dict) and each.get("tlpv2_level") in ("TLP:RED", "TLP:AMBER+STRICT") for each in markings)

    def _version(self) -> str:
        labels = self.incoming.document.get("labels")
        known = (
            [label.removeprefix("version:") for label in labels if str(label).startswith("version:")] if isinstance(labels, list) else []
        )
        parts = known[0].split(".") if known else []
        fits = len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts)
        return known[0] if fits else "1.0.0"

    def _kept(self, made: Mapping[str, list[str]]) -> Kept:
        """Keep what other tools had put into their extensions."""
        kept = Kept.around(self.incoming)
        for name, steps in made.items():
            extensions = self.incoming.map(workflow_of(self.incoming)[name], ("workflow", name), "step_extensions")
            kept.add(f"{self.book.head['id']}/{steps[0]}", extensions)
        kept.say(self.incoming)
        return kept
