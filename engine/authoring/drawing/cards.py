"""What stands on the card of each step: number and kind, title, who, by when, and every condition in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase
from typing import Final, Literal

from engine.authoring.drawing.measure import tidy, wrap
from engine.authoring.paper.book import KINDS, Book, audiences, capitalised, listed, spoken, who
from engine.authoring.paper.conditions import condition
from engine.authoring.paper.spans import short, short_deadline
from engine.language.playbook import Decision, FollowUp, Message, Monitor, Publish, Statement, Step, SubPlaybook, Wait

Style = Literal["kind", "title", "who", "note", "flag"]

WIDTH: Final = 244
PADDING: Final = 14
SIZES: Final[dict[Style, int]] = {"kind": 11, "title": 13, "who": 12, "note": 12, "flag": 12}
LEADING: Final[dict[Style, int]] = {"kind": 16, "title": 16, "who": 15, "note": 15, "flag": 15}
BOLD: Final = frozenset({"title", "flag"})
MOST_LINES: Final = 3
"""Lines of one note; the plan on paper has all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    style: Style


@dataclass(frozen=True)
class Card:
    """A step as it is drawn: what it says, and the lines into which that is broken."""

    step: str
    number: int
    kind: str
    said: tuple[Line, ...]
    width: int = WIDTH

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for said in self.said for line in _wrapped(said, self.width - 2 * PADDING))

    @property
    def height(self) -> int:
        return sum(LEADING[line.style] for line in self.lines) + PADDING

    @property
    def words(self) -> str:
        """Give all that it says in one line, for those who hear it."""
        return " · ".join(line.text for line in self.said)


def card(book: Book, step: Step, *, wide: int = WIDTH, listing: bool = False) -> Card:
    """Write the card of a step; with `listing` it names what it waits for, because no arrow will."""
    number = book.numbers[step.id]
    flags = " · private" if step.private else " · privileged" if step.privileged else ""
    said = [
        Line(f"{number} · {capitalised(KINDS[step.kind])}{flags}", "kind"),
        Line(tidy(step.title), "title"),
        Line(("keys: " if step.kind == "approval" else "") + who(book, step), "who"),
        *(Line(tidy(note), "note") for note in _notes(book, step, listing)),
        *(Line(tidy(flag), "flag") for flag in _flags(book, step)),
    ]
    return Card(step.id, number, step.kind, tuple(said), wide)


def follow_up_card(book: Book, follow_up: FollowUp, number: int) -> Card:
    """Write the card of a follow-up."""
    due = f"{short(follow_up.at.after)} after closing" if follow_up.at.anchor in (None, "closed") else short_deadline(book, follow_up.at)
    notes = [f"only if {condition(book, follow_up.when)}"] if follow_up.when else []
    said = [
        Line(f"{number} · Follow-up", "kind"),
        Line(tidy(follow_up.task), "title"),
        Line(book.role(follow_up.role), "who"),
        *(Line(tidy(note), "note") for note in (due, *notes)),
    ]
    return Card(follow_up.id, number, "follow_up", tuple(said))


def lettered(decision: Decision) -> tuple[tuple[str, str], ...]:
    """Give each option of a decision its letter: A, B, … Z, 27, 28, …"""
    letters = [*ascii_uppercase, *map(str, range(27, len(decision.options) + 1))]
    return tuple(zip(decision.options, letters, strict=False))


def _wrapped(said: Line, room: int) -> Iterator[Line]:
    most = {"title": 0, "flag": 2 * MOST_LINES}.get(said.style, MOST_LINES)
    for line in wrap(said.text, room, SIZES[said.style], bold=said.style in BOLD, most=most):
        yield Line(line, said.style)


def _notes(book: Book, step: Step, listing: bool) -> Iterator[str]:
    if step.due:
        yield short_deadline(book, step.due)
    yield from _of_kind(book, step)
    if listing:
        yield f"after {_numbers(book, book.graph.parents[step.id])}"
    if step.even_if_blocked:
        yield "also when those were stopped"


def _numbers(book: Book, steps: Iterable[str]) -> str:
    return listed([str(number) for number in sorted(book.numbers[step] for step in steps)])


def _of_kind(book: Book, step: Step) -> Iterator[str]:
    match step:
        case Decision():
            yield from _options(step)
        case Statement():
            yield f"for {audiences([step.audience])}"
        case Publish():
            yield f"to {listed([book.place(channel) for channel in step.channels])}"
        case Message():
            yield f"to {listed([book.place(place) for place in step.to])}"
        case Monitor():
            yield f"every {short(step.every)}{f', at most {short(step.for_at_most)}' if step.for_at_most else ''}"
        case Wait():
            yield f"for {short(step.for_)}" if step.for_ else f"until {condition(book, step.until or '')}"
        case SubPlaybook():
            yield f"starts “{spoken(step.playbook)}”"
        case _:
            pass


def _options(step: Decision) -> Iterator[str]:
    letters = dict(lettered(step))
    for name, option in step.options.items():
        yield f"{letters[name]}  {option.label}{'' if option.then else ' (go on)'}"
    if step.if_no_answer:
        yield f"no answer in time: {letters[step.if_no_answer]}"


def _flags(book: Book, step: Step) -> Iterator[str]:
    if step.min_severity:
        yield f"only from severity {book.level(step.min_severity)}"
    if step.when:
        yield f"only if {condition(book, step.when)}"
    for milestone in book.playbook.milestones.values():
        if step.id in milestone.reached_by:
            yield f"◆ {milestone.title}: {short(milestone.within)}"
    if step.sets:
        yield f"◆ the incident is {step.sets}"
