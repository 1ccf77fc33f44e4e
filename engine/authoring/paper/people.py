"""Who is who, what is asked at the start, how bad it is, and who is called when something is late: roles, never people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.authoring.paper.book import Book, listed, spoken
from engine.authoring.paper.conditions import condition, value
from engine.authoring.paper.spans import span
from engine.incident.labels import WAYS
from engine.language.playbook import Input, Role, Rung

_TYPES: Final[Mapping[str, str]] = {
    "text": "one line",
    "long_text": "a text",
    "number": "a number",
    "yes_no": "yes or no",
    "date": "a day",
    "datetime": "a day and time",
    "duration": "a length of time",
    "url": "a link",
    "url_list": "links",
    "person": "a person",
    "people": "people",
    "file": "a file",
    "country": "a country",
}


@dataclass(frozen=True, slots=True)
class Who:
    """A role: what it is called, where its holder is found, who stands in, and when that happens."""

    title: str
    found: str
    fallback: str
    notes: tuple[str, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    label: str
    kind: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Severe:
    title: str
    means: str
    notes: tuple[str, ...]


def roles(book: Book) -> tuple[Who, ...]:
    """List the roles in the author's order, with the numbers of their steps."""
    return tuple(_who(book, name, role) for name, role in book.playbook.roles.items())


def questions(book: Book) -> tuple[Asked, ...]:
    """List the inputs in the author's order."""
    return tuple(Asked(each.label or spoken(name), _kind(each), tuple(_input_notes(each))) for name, each in book.playbook.inputs.items())


def levels(book: Book) -> tuple[Severe, ...]:
    """List the levels of severity, lowest first."""
    severity = book.playbook.severity
    if severity is None:
        return ()
    start = severity.start or next(iter(severity.levels))
    found = []
    for name, level in severity.levels.items():
        notes = ["an incident starts here"] if name == start else []
        notes += [f"raised to this by itself when {condition(book, rule.when)}" for rule in severity.raise_ if rule.to == name]
        notes += ["from here on only those who take part may see it"] if level.visibility else []
        notes += [f"looked at every {span(level.watch)}"] if level.watch else []
        steps = [step.id for step in book.playbook.steps if step.min_severity == name]
        notes += [f"from here on also: {book.titles(steps)}"] if steps else []
        found.append(Severe(level.title, level.means, tuple(notes)))
    return tuple(found)


def lowered_by(book: Book) -> str:
    """Name the role that may lower severity: the one named, else the incident's lead."""
    severity = book.playbook.severity
    return book.role((severity.lower_by if severity else None) or book.lead)


def ladders(book: Book) -> tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]:
    """Give each ladder: its name, its rungs in words, the numbers of the steps that use it."""
    named = dict(book.playbook.ladders)
    default = book.organisation.defaults.ladder if book.organisation else None
    if book.organisation and default and default not in named:
        named |= {name: rungs for name, rungs in book.organisation.ladders.items() if name == default}
    used = {name: tuple(_climbing(book, name, is_default=name == default)) for name in named}
    own = [(step, step.escalate) for step in book.playbook.steps if isinstance(step.escalate, list)]
    return (
        *((spoken(name), _rungs(book, rungs), used[name]) for name, rungs in named.items() if used[name]),
        *((f"only for {book.title(step.id)}", _rungs(book, rungs), (book.numbers[step.id],)) for step, rungs in own),
    )


def _climbing(book: Book, name: str, *, is_default: bool) -> Iterator[int]:
    """Give the numbers of the steps that use a ladder: by its name, or because it is the organisation's default."""
    for step in book.playbook.steps:
        if step.escalate == name or (is_default and step.escalate is None and step.due is not None):
            yield book.numbers[step.id]


def _rungs(book: Book, rungs: Iterable[Rung]) -> tuple[str, ...]:
    return tuple(f"{span(rung.late)} late: {book.roles(rung.roles)}, {WAYS[rung.by]}" for rung in rungs)


def _who(book: Book, name: str, role: Role) -> Who:
    return Who(role.title, _found(role), book.roles(role.fallback, "then"), tuple(_role_notes(book, role)), tuple(_steps_of(book, name)))


def _found(role: Role) -> str:
    kind, _, name = role.assign.partition(":")
    match kind:
        case "oncall":
            return f"whoever is on call for {spoken(name)}"
        case "group":
            return f"somebody from the group “{spoken(name).replace('-', ' ')}”"
        case "ask":
            return "named when the incident starts"
        case "email":
            return "reached at a fixed e-mail address"
        case _:
            return "one person, named in the playbook"


def _role_notes(book: Book, role: Role) -> Iterator[str]:
    if role.fallback:
        yield f"says “I am here” within {span(role.ack)}, or the next is asked"
    if role.min > 1:
        yield f"{role.min} people"
    if role.skills:
        yield f"must know: {listed([spoken(skill) for skill in role.skills])}"
    if role.recuse:
        yield f"never somebody named in {value(book, role.recuse)}"
    for step in role.reach or ():
        yield f"called {WAYS[step.by]} after {span(step.after)}"


def _steps_of(book: Book, name: str) -> Iterator[int]:
    for step in book.playbook.steps:
        holders = (step.role, *step.helpers, *(step.approvers if step.kind == "approval" else ()))
        if name in holders:
            yield book.numbers[step.id]
    for number, follow_up in enumerate(book.playbook.follow_ups, start=len(book.playbook.steps) + 1):
        if follow_up.role == name:
            yield number


def _kind(asked: Input) -> str:
    return f"one of: {', '.join(asked.options)}" if asked.type == "choice" else _TYPES[asked.type]


def _input_notes(asked: Input) -> Iterator[str]:
    if asked.ask == "later":
        yield "filled in later"
    elif asked.required:
        yield "needed at the start; “not known yet” is an answer"
    if asked.is_personal:
        yield "personal: never in words for the public"
    if asked.default is not None:
        yield f"if nobody says otherwise: {_default(asked.default)}"


def _default(given: object) -> str:
    if isinstance(given, bool):
        return "yes" if given else "no"
    return ", ".join(map(str, given)) if isinstance(given, list) else str(given)
