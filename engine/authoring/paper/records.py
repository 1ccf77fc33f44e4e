"""What is sent without being asked, what is kept, watched, looked at again and measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.authoring.paper.book import Book, listed, spoken, who
from engine.authoring.paper.conditions import condition, value
from engine.authoring.paper.spans import anchor, later, span
from engine.authoring.paper.wording import Piece, pieces, plain, texts
from engine.language.duration import parse_duration
from engine.language.playbook import Evidence, FollowUp, Http, Message, Metric, Monitor, Ticket


@dataclass(frozen=True, slots=True)
class Sent:
    number: int
    title: str
    to: str
    text: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Evidence or a watch: what, from where or until when, and what is noted each time."""

    number: int
    title: str
    who: str
    what: str
    notes: tuple[str, ...]


def sent(book: Book, *, with_private: bool) -> tuple[Sent, ...]:
    """List what the engine sends by itself, with its words."""
    found: list[Sent] = []
    for step in book.playbook.steps:
        if isinstance(step, Message | Ticket | Http | Monitor) and (with_private or not (step.private or step.privileged)):
            found += _sent(book, step)
    return tuple(found)


def kept(book: Book) -> tuple[Kept, ...]:
    """List what is preserved."""
    return tuple(_evidence(book, step) for step in book.playbook.steps if isinstance(step, Evidence))


def watched(book: Book) -> tuple[Kept, ...]:
    """List what is looked at again and again."""
    return tuple(_monitor(book, step) for step in book.playbook.steps if isinstance(step, Monitor))


def looked_at_again(book: Book) -> tuple[Kept, ...]:
    """List the follow-ups, numbered after the steps."""
    first = len(book.playbook.steps) + 1
    return tuple(
        Kept(number, each.task, book.role(each.role), later(book, each.at), tuple(_follow_up_notes(book, each)))
        for number, each in enumerate(book.playbook.follow_ups, start=first)
    )


def _follow_up_notes(book: Book, follow_up: FollowUp) -> Iterator[str]:
    if follow_up.measure:
        yield f"measures {listed([_metric(book, name) for name in follow_up.measure])}"
    if follow_up.when:
        yield f"only if {condition(book, follow_up.when)}"


def promises(book: Book) -> tuple[tuple[str, str, str, str], ...]:
    """Give each milestone: title, by when, what reaches it, who is told when it is missed."""
    return tuple(
        (
            each.title,
            f"within {span(each.within)} of {anchor(book, each.from_)}",
            book.titles(each.reached_by, "or"),
            book.roles(each.tell or [book.lead]),
        )
        for each in book.playbook.milestones.values()
    )


def measures(book: Book) -> tuple[tuple[str, str, str], ...]:
    """Give each metric: title, what it should be, where it comes from."""
    return tuple((each.title, _target(each), _source(book, each)) for each in book.playbook.metrics.values())


def _sent(book: Book, step: Message | Ticket | Http | Monitor) -> Iterator[Sent]:
    number = book.numbers[step.id]
    match step:
        case Message():
            yield Sent(number, step.title, listed([book.place(place) for place in step.to]), _words(book, step.text, step.template))
        case Ticket():
            place = f"a ticket in {spoken(step.system)}, project {step.project}"
            yield Sent(number, step.title, place, _words(book, step.text, step.template))
        case Http():
            yield Sent(number, step.title, f"a call to {plain(book, step.url)}", ())
        case Monitor():
            yield from _reported(book, step)


def _reported(book: Book, step: Monitor) -> Iterator[Sent]:
    each = step.each_time
    if each is not None:
        yield Sent(book.numbers[step.id], step.title, listed([book.place(place) for place in each.to]), pieces(book, each.text))


def _words(book: Book, text: str | None, template: str | None) -> tuple[Piece, ...]:
    if text is not None:
        return pieces(book, text)
    found = texts(book, template or "")
    return found[0].pieces if found else ()


def _evidence(book: Book, step: Evidence) -> Kept:
    source = f" from {value(book, step.from_)}" if step.from_ else ""
    notes = [
        "each copy gets a fingerprint (SHA-256) that shows any later change",
        *(["under legal hold: nobody may delete it"] if step.legal_hold else []),
        *([f"kept for {_length(step.keep)}"] if step.keep else []),
        *([f"stored in {step.store}"] if step.store else []),
    ]
    what = f"{listed([spoken(name) for name in step.collect])}{source}"
    return Kept(book.numbers[step.id], step.title, who(book, step), what, tuple(notes))


def _length(text: str) -> str:
    try:
        return span(parse_duration(text))
    except ValueError:
        return text


def _monitor(book: Book, step: Monitor) -> Kept:
    notes = [
        f"until {condition(book, step.until)}",
        *([f"at most {span(step.for_at_most)}"] if step.for_at_most else []),
        *([f"notes {listed([_metric(book, name) for name in step.record])}"] if step.record else []),
    ]
    return Kept(book.numbers[step.id], step.title, who(book, step), f"every {span(step.every)}", tuple(notes))


def _metric(book: Book, name: str) -> str:
    found = book.playbook.metrics.get(name)
    return f"“{found.title if found else spoken(name)}”"


def _target(metric: Metric) -> str:
    if metric.target is None:
        return "no target"
    sign, _, amount = metric.target.partition(" ")
    words = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than", "==": "exactly", "=": "exactly"}.get(sign)
    if words is None:
        return metric.target
    return f"{words} {_length(amount.strip())}{f' {metric.unit}' if metric.unit and metric.unit not in amount else ''}"


def _source(book: Book, metric: Metric) -> str:
    if metric.type == "elapsed":
        return f"counted from {anchor(book, metric.from_ or 'declared')} to {anchor(book, metric.to or 'closed')}"
    match metric.source:
        case None | "manual":
            return "written down by hand"
        case "survey":
            return "from a survey"
        case name if name in book.graph.steps:
            return f"from {book.title(name)}"
        case name:
            return f"from {book.role(name)}"
