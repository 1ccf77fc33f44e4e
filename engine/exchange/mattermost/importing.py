"""A Mattermost playbook (its export, or what its API gives) as a playbook of ours.

- A checklist is a line of work: each item waits for the one before it, checklists run side by side, and each
  item is tagged with its checklist.
- A template's `due_date` counts milliseconds from the start of the run: it becomes `due … from declared`.
- Whoever an item is assigned to becomes a role. Exports name nobody: then it is the owner of the run.
- Slash commands stay text (FB702). What has no place here is said once (FB706).
"""

from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.imported import Imported
from engine.exchange.incoming import Incoming
from engine.exchange.json_text import Json
from engine.exchange.sketch import Book, Sketch, harmless, titled
from engine.exchange.spans import duration_of
from engine.exchange.yaml_text import playbook_text
from engine.language.diagnostic import Path
from engine.language.shape import MAX_STEPS
from engine.language.suggest import as_name, quoted

VERSION: Final = 1
_LONGEST_DUE: Final = 315_360_000_000
"""Ten years in milliseconds: what is later is a date, not a span."""

_LEFT_OUT: Final = {
    "message_on_join": "the message to those who join",
    "reminder_message_template": "the status updates",
    "run_summary_template": "the template of the summary",
    "channel_name_template": "the names of channels",
    "category_name": "the category of channels",
    "webhook_on_creation_urls": "webhooks",
    "webhook_on_status_update_urls": "webhooks of status updates",
    "properties": "attributes",
    "conditions": "conditions",
}


def looks_like_mattermost(value: object) -> bool:
    """Tell whether a JSON value means to be a Mattermost playbook."""
    return isinstance(value, dict) and "checklists" in value


def import_mattermost(source: Json) -> Imported:
    """Read a playbook; its files are empty when nothing could be made of it."""
    incoming = Incoming(source)
    if source.flaws:
        return Imported({}, source.flaws)
    if not looks_like_mattermost(source.value):
        incoming.say("FB010", "this is no Mattermost playbook: it has no 'checklists'", ())
        return Imported({}, tuple(incoming.found))
    version = incoming.document.get("version", VERSION)
    if version != VERSION:
        incoming.say("FB005", f"this export is of version {quoted(version)}; only {VERSION} is read", ("version",))
        return Imported({}, tuple(incoming.found))
    return _Reading(incoming).imported()


@dataclass
class _Reading:
    """One import under way; `people` are our roles by Mattermost's ids."""

    incoming: Incoming
    book: Book = field(default_factory=Book)
    people: dict[str, str] = field(default_factory=dict)

    def imported(self) -> Imported:
        lists = self.incoming.entries(self.incoming.document, (), "checklists")
        owner = self._role(self.incoming.text(self.incoming.document, (), "default_owner_id"))
        self.people[""] = owner
        last = [end for index, each in enumerate(lists) if (end := self._checklist(each, ("checklists", index))) is not None]
        if not self.book.steps:
            self.incoming.say("FB010", "the checklists have no items, so there is nothing to do", ("checklists",))
            return Imported({}, tuple(self.incoming.found))
        if len(self.book.steps) > MAX_STEPS:
            self.incoming.say("FB010", f"the checklists hold more than {MAX_STEPS} items", ("checklists",))
            return Imported({}, tuple(self.incoming.found))
        review = self._review(owner, last)
        self._metrics(review.id if review is not None else owner)
        self._say_left_out()
        self._head(owner)
        text = playbook_text(self.book.document(), comments=("Imported from a Mattermost playbook",))
        return Imported({f"{self.book.head['id']}.yaml": text}, tuple(self.incoming.found))

    def _checklist(self, checklist: Any, path: Path) -> str | None:
        """Make steps of a checklist, each after the one before; gives the last."""
        title = titled(self.incoming.text(checklist, path, "title"))
        before: str | None = None
        for index, item in enumerate(self.incoming.entries(checklist, path, "items")):
            if len(self.book.steps) > MAX_STEPS:
                break
            sketch = self._item(item, (*path, "items", index))
            if title:
                sketch.fields["tags"] = [title]
            if before is not None:
                sketch.needs(before)
            before = sketch.id
        return before

    def _item(self, item: Any, path: Path) -> Sketch:
        title = self.incoming.text(item, path, "title")
        role = self._role(self.incoming.text(item, path, "assignee_id"))
        sketch = self.book.step("task", title or "(without a title)", role=role)
        sketch.adds(harmless(self.incoming.text(item, path, "description")))
        command = self.incoming.text(item, path, "command")
        if command.strip():
            self.incoming.say("FB702", f"slash command {quoted(command)} kept as text; Firebreak does not run it", (*path, "command"))
            sketch.adds(harmless(f"In Mattermost: {command}"))
        due = self.incoming.number(item, path, "due_date")
        if due and due > _LONGEST_DUE:
            message = f"{quoted(sketch.title)} is due on a date, which only a run has; it was left out"
            self.incoming.say("FB706", message, (*path, "due_date"), help="write due: 4h from declared")
        elif due:
            sketch.fields["due"] = f"{duration_of(due)} from declared"
        return sketch

    def _role(self, person: str) -> str:
        """Give the role of somebody; Mattermost says who they are in ids of its own."""
        if person not in self.people:
            title = f"Assignee {len(self.book.roles)} ({titled(person, 30)})" if self.people else "Owner of the run"
            self.people[person] = self.book.role(title)
        return self.people[person]

    def _review(self, owner: str, last: list[str]) -> Sketch | None:
        template = self.incoming.text(self.incoming.document, (), "retrospective_template")
        if self.incoming.document.get("retrospective_enabled") is False or not template.strip():
            return None
        sketch = self.book.step("task", "Retrospective", role=owner)
        sketch.adds(harmless(template))
        sketch.needs(*last)
        return sketch

    def _metrics(self, source: str) -> None:
        for index, metric in enumerate(self.incoming.entries(self.incoming.document, (), "metrics")):
            path: Path = ("metrics", index)
            title = titled(self.incoming.text(metric, path, "title")) or f"Metric {index + 1}"
            name = as_name(title) or f"metric_{index + 1}"
            unit = {"metric_duration": "minutes", "metric_currency": "money"}.get(self.incoming.text(metric, path, "type"))
            self.book.metrics[name] = {"title": title, "type": "number", "source": source, **({"unit": unit} if unit else {})}
            if isinstance(metric, dict) and metric.get("target") is not None:
                message = f"the target of {quoted(title)} does not say whether more is better; it was left out"
                self.incoming.say("FB706", message, (*path, "target"), help='write target: "<= 60" or target: ">= 60"')

    def _say_left_out(self) -> None:
        document = self.incoming.document
        missing = [(name, words) for name, words in _LEFT_OUT.items() if document.get(name) not in (None, "", [], {}, False, 0)]
        if missing:
            words = ", ".join(words for _, words in missing)
            self.incoming.say("FB706", f"left out, because a playbook here has no place for it: {words}", (missing[0][0],))

    def _head(self, owner: str) -> None:
        document = self.incoming.document
        title = titled(self.incoming.text(document, (), "title"), 80) or "Imported playbook"
        summary = harmless(self.incoming.text(document, (), "description"))
        keywords = self.incoming.texts(document, (), "signal_any_keywords")
        self.book.head = {
            "firebreak": 1,
            "id": as_name(" ".join(title.split()[:6])) or "imported_playbook",
            "title": title,
            "version": "1.0.0",
            "owner": owner,
            **({"summary": summary} if summary else {}),
            **({"triggers": [f"Somebody writes: {titled(word)}" for word in keywords]} if keywords else {}),
        }
