"""The timetable of the plan: every step in the part of the day in which it is due, earliest first.

Where a deadline counts from something else than the start, the hour is reckoned from the deadlines of what
comes before, as if everybody took all the time they have; the words beside it say what the playbook says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.authoring.paper.book import KINDS, Book, who
from engine.authoring.paper.conditions import condition
from engine.authoring.paper.spans import by_when, span
from engine.authoring.paper.wording import plain
from engine.language.playbook import Decision, Message, Monitor, Publish, Statement, Step, SubPlaybook, Wait

AFTER_CLOSING: Final = float("inf")
PHASES: Final[Sequence[tuple[str, float]]] = (
    ("In the first 15 minutes", 15 * 60),
    ("In the first hour", 3_600),
    ("On the first day", 86_400),
    ("Later", 7_300 * 86_400),
)
CLOSING: Final = "Closing, and after it"


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the timetable; `content` is None where its words are for its role alone."""

    number: int
    id: str
    kind: str
    title: str
    who: str
    when: str
    after: tuple[int, ...]
    conditions: tuple[str, ...]
    how: tuple[str, ...]
    checklist: tuple[tuple[str, bool], ...]
    links: tuple[tuple[str, str], ...]
    is_private: bool
    is_privileged: bool
    is_hidden: bool
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    title: str
    rows: tuple[Row, ...]


def timetable(book: Book, *, with_private: bool = False) -> tuple[Phase, ...]:
    """Give the phases that have steps; within one, what is due earlier comes first, then the author's order."""
    at = reckoned(book)
    ordered = sorted(book.playbook.steps, key=lambda step: (at[step.id], book.numbers[step.id]))
    phases: dict[str, list[Row]] = {}
    for step in ordered:
        phases.setdefault(_phase(at[step.id]), []).append(row(book, step, with_private=with_private))
    return tuple(Phase(title, tuple(rows)) for title, rows in phases.items())


def _phase(seconds: float) -> str:
    return next((title for title, end in PHASES if seconds <= end), CLOSING)


def reckoned(book: Book) -> Mapping[str, float]:
    """Give for each step the second after the start by which it is due at the latest, infinity from closing on."""
    at: dict[str, float] = {}
    for name in book.graph.order:
        step = book.graph.steps[name]
        ready = max((at.get(parent, 0.0) for parent in book.graph.parents[name]), default=0.0)
        at[name] = AFTER_CLOSING if step.sets == "closed" else _due(book, step, ready, at)
    return at


def _due(book: Book, step: Step, ready: float, at: Mapping[str, float]) -> float:
    if step.due is None:
        lasts = step.for_ if isinstance(step, Wait) and step.for_ else step.takes
        return ready + lasts.seconds
    match step.due.anchor:
        case None:
            return ready + step.due.after.seconds
        case "declared" | "detected":
            return step.due.after.seconds
        case "closed":
            return AFTER_CLOSING
        case name if name in book.graph.steps:
            return at.get(name, ready) + step.due.after.seconds
        case _:
            return ready + step.due.after.seconds


def row(book: Book, step: Step, *, with_private: bool) -> Row:
    """Write one step for the timetable; a private one by its title, role and time alone."""
    is_hidden = (step.private or step.privileged) and not with_private
    return Row(
        number=book.numbers[step.id],
        id=step.id,
        kind=KINDS[step.kind],
        title=step.title,
        who=("keys: " if step.kind == "approval" else "") + who(book, step),
        when=_when(book, step),
        after=tuple(sorted(book.numbers[parent] for parent in book.nearest[step.id])),
        conditions=tuple(_conditions(book, step)),
        how=() if is_hidden else tuple(_how(book, step)),
        checklist=() if is_hidden else tuple((item.item, item.optional) for item in step.checklist),
        links=() if is_hidden else tuple((link.title, link.url) for link in step.links),
        is_private=step.private,
        is_privileged=step.privileged,
        is_hidden=is_hidden,
        marks=tuple(_marks(book, step)),
    )


def paragraphs(text: str) -> tuple[str, ...]:
    """Split what an author wrote at its empty lines."""
    return tuple(part.strip() for part in text.strip().split("\n\n") if part.strip())


def _when(book: Book, step: Step) -> str:
    match step:
        case Monitor(due=None):
            return f"every {span(step.every)}"
        case Wait(due=None, for_=length) if length:
            return f"after {span(length)}"
        case _:
            return by_when(book, step)


def _conditions(book: Book, step: Step) -> Iterator[str]:
    for decision in book.graph.listed_by[step.id]:
        answers = " or ".join(f"“{label}”" for label in book.answers(decision, step.id))
        yield f"only if the answer to {book.title(decision)} is {answers}"
    if step.min_severity:
        yield f"only from severity {book.level(step.min_severity)}"
    if step.when:
        yield f"only if {condition(book, step.when)}"
    if step.even_if_blocked:
        yield "also when a step before it was stopped"


def _how(book: Book, step: Step) -> Iterator[str]:
    yield from (plain(book, part) for part in paragraphs(step.do))
    match step:
        case Decision():
            yield "The answers stand under “What is decided”."
        case Statement() | Publish():
            yield "The words stand under “Words, and who approves them”."
        case Message():
            yield f"Goes to {', '.join(book.place(place) for place in step.to)}."
        case SubPlaybook():
            waits = "and waits for it" if step.wait else "and goes on"
            yield f"Starts the playbook “{step.playbook.partition('@')[0].replace('_', ' ')}” {waits}."
        case Wait():
            if step.until:
                yield f"Until {condition(book, step.until)}."
        case _:
            pass


def _marks(book: Book, step: Step) -> Iterator[str]:
    for milestone in book.playbook.milestones.values():
        if step.id in milestone.reached_by:
            yield f"promise: {milestone.title}, within {span(milestone.within)}"
    if step.sets:
        yield f"from here on the incident is {step.sets}"
