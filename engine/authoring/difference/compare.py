"""What changed between two playbooks, in words and in a fixed order: what may be said without whose approval comes first.

Policies, approvals, publishes, statements and their words, decisions, other steps, follow-ups; then roles and the
rest of the file. Within a part: what is gone, what is new, what changed, each in file order.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from engine.authoring.difference.fields import differing, text_lines
from engine.authoring.paper.book import Book, who
from engine.authoring.paper.policies import in_words
from engine.authoring.paper.wording import own_text
from engine.language.playbook import FollowUp, Model, Policy, Statement, Step

What = Literal["gone", "new", "changed"]
_FIRST: Final = ("approval", "publish", "statement", "decision")
_PARTS: Final[Mapping[str, str]] = {
    "roles": "role",
    "ladders": "ladder",
    "milestones": "milestone",
    "metrics": "metric",
    "inputs": "input",
}
_FILE: Final = ("settings", "id", "title", "version", "status", "owner", "review_every", "summary", "triggers", "tags", "jurisdictions")

Named = TypeVar("Named", bound=Model)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the part it is about (`approval ok_holding`), what happened to it, and the diff of a text."""

    part: str
    name: str
    what: What
    words: str
    field: str = ""
    before: Any = None
    after: Any = None
    lines: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return f"{self.part} {self.name}: {self.words}" if self.name else f"{self.part}: {self.words}"


@dataclass(frozen=True, slots=True)
class Moving:
    """What moving a run would do to its steps; one in which something happened in a step of `held` can't move."""

    appear: tuple[str, ...]
    vanish: tuple[str, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    before: Book
    after: Book


def changes(before: Book, after: Book) -> tuple[Change, ...]:
    """List what changed from one playbook to another; nothing when they say the same."""
    pair = Pair(before, after)
    return (*_policies(pair), *_all_steps(pair), *_follow_ups(pair), *_rest(pair))


def moving(before: Book, after: Book) -> Moving:
    """Say which steps appear and vanish, and which hold back a run in which something happened in them."""
    old, new = before.graph.steps, after.graph.steps
    vanish = tuple(name for name in old if name not in new)
    other = tuple(name for name in old if name in new and old[name].kind != new[name].kind)
    return Moving(tuple(name for name in new if name not in old), vanish, (*vanish, *other))


def _policies(pair: Pair) -> Iterator[Change]:
    old, new = ({each.id: each for each in book.playbook.policies} for book in (pair.before, pair.after))
    yield from _compared(pair, old, new, _policy_part, in_words)


def _all_steps(pair: Pair) -> Iterator[Change]:
    for kind in _FIRST:
        yield from _compared(pair, *_of_kind(pair, (kind,)), _step_part, _step_words)
        if kind == "statement":
            yield from _texts(pair)
    others = {step.kind for book in (pair.before, pair.after) for step in book.playbook.steps}.difference(_FIRST)
    yield from _compared(pair, *_of_kind(pair, others), _step_part, _step_words)
    if [name for name in pair.before.numbers if name in pair.after.numbers] != [
        name for name in pair.after.numbers if name in pair.before.numbers
    ]:
        yield Change("steps", "", "changed", "they stand in another order", "steps", [*pair.before.numbers], [*pair.after.numbers])


def _of_kind(pair: Pair, kinds: Collection[str]) -> tuple[dict[str, Step], dict[str, Step]]:
    """Give the steps whose kind is, or else was, one of these: a step that became an approval is told among approvals."""
    old, new = pair.before.graph.steps, pair.after.graph.steps
    return (
        {name: step for name, step in old.items() if new.get(name, step).kind in kinds},
        {name: step for name, step in new.items() if step.kind in kinds},
    )


def _follow_ups(pair: Pair) -> Iterator[Change]:
    old, new = ({each.id: each for each in book.playbook.follow_ups} for book in (pair.before, pair.after))
    yield from _compared(pair, old, new, _follow_up_part, _follow_up_words)


def _compared(
    pair: Pair, old: Mapping[str, Named], new: Mapping[str, Named], part: Callable[[Named], str], says: Callable[[Book, Named], str]
) -> Iterator[Change]:
    for name, each in old.items():
        if name not in new:
            yield Change(part(each), name, "gone", f"gone: {says(pair.before, each)}", before=_plain(each))
    for name, each in new.items():
        if name not in old:
            yield Change(part(each), name, "new", f"new: {says(pair.after, each)}", after=_plain(each))
    for name, each in new.items():
        if name in old:
            yield from _fields(part(each), name, _plain(old[name]), _plain(each))


def _fields(part: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if old.get("kind") != new.get("kind"):
        yield Change(part, name, "changed", f"was {old.get('kind')}, is {new.get('kind')}", "kind", old.get("kind"), new.get("kind"))
        shared = old.keys() & new.keys() - {"kind"}
        old, new = ({field: value for field, value in side.items() if field in shared} for side in (old, new))
    for each in differing(old, new):
        yield Change(part, name, "changed", each.words, each.field, each.before, each.after, each.lines)


def _texts(pair: Pair) -> Iterator[Change]:
    """Compare the words of templates: under the statements that say them, else under the template's own name."""
    for name, language, old, new in _worded(pair):
        users = [step.id for step in pair.after.playbook.steps if isinstance(step, Statement) and step.template == name]
        spoken = f" in {language}" if language else ""
        for part, user in [("statement", user) for user in users] or [("template", name)]:
            if old is None or new is None:
                what: What = "new" if old is None else "gone"
                yield Change(part, user, what, f"words{spoken} {what}", "template", old, new, text_lines(old or "", new or ""))
            else:
                yield Change(part, user, "changed", f"the words{spoken} changed", "template", old, new, text_lines(old, new))


def _worded(pair: Pair) -> Iterator[tuple[str, str, str | None, str | None]]:
    old, new = _all_texts(pair.before), _all_texts(pair.after)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield (*key, old.get(key), new.get(key))


def _all_texts(book: Book) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for name, source in book.playbook.templates.items():
        texts = {"": own_text(source, book.files), **{language: book.files.get(file) for language, file in source.languages.items()}}
        found |= {(name, language): text.strip() for language, text in texts.items() if text is not None}
    return found


def _rest(pair: Pair) -> Iterator[Change]:
    old, new = _plain(pair.before.playbook), _plain(pair.after.playbook)
    for field in ("roles", "severity", "ladders", "milestones", "metrics", "inputs"):
        if field == "severity":
            yield from _fields("severity", "", old[field] or {}, new[field] or {})
            continue
        yield from _entries(_PARTS[field], old[field], new[field])
    for name, value in new["templates"].items():
        if name in old["templates"]:
            needs = [{"needs_inputs": side["needs_inputs"]} for side in (old["templates"][name], value)]
            yield from _fields("template", name, *needs)
    for field in (*_FILE, "references"):
        for each in differing({field: old[field]}, {field: new[field]}):
            yield Change("playbook", "", "changed", each.words, each.field, each.before, each.after, each.lines)


def _entries(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name, value in old.items():
        if name not in new:
            yield Change(part, name, "gone", "gone", before=value)
    for name, value in new.items():
        if name not in old:
            yield Change(part, name, "new", "new", after=value)
    for name in new:
        if name in old:
            sides = (old[name], new[name])
            rungs = [side if isinstance(side, dict) else {"rungs": side} for side in sides]
            yield from _fields(part, name, *rungs)


def _plain(model: Model) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def _policy_part(policy: Policy) -> str:
    return "policy"


def _step_part(step: Step) -> str:
    return step.kind


def _step_words(book: Book, step: Step) -> str:
    return f"“{step.title}”, {who(book, step)}"


def _follow_up_part(follow_up: FollowUp) -> str:
    return "follow-up"


def _follow_up_words(book: Book, follow_up: FollowUp) -> str:
    return f"“{follow_up.task}”, {book.role(follow_up.role)}, {follow_up.at}"
