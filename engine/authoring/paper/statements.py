"""Which words are said, to whom, approved by whom, and where: statements, approvals and publishes."""

from dataclasses import dataclass

from engine.authoring.paper.book import Book, audiences, listed, spoken, who
from engine.authoring.paper.spans import by_when, deadline
from engine.authoring.paper.wording import Worded, texts
from engine.language.playbook import Approval, Publish, Statement


@dataclass(frozen=True, slots=True)
class Keys:
    """An approval: who turns keys, by when, and what a no brings."""

    number: int
    title: str
    keys: str
    when: str
    rejected: str
    of: str


@dataclass(frozen=True, slots=True)
class Said:
    number: int
    title: str
    who: str
    when: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Words: for whom, who drafts them, the text, who approves it and who says it where."""

    number: int
    title: str
    audience: str
    who: str
    notes: tuple[str, ...]
    texts: tuple[Worded, ...]
    is_hidden: bool
    keys: tuple[Keys, ...]
    said: tuple[Said, ...]


def drafts(book: Book, *, with_private: bool) -> tuple[Draft, ...]:
    """List the statements in the author's order, each with its approvals and the places it goes to."""
    return tuple(_draft(book, step, with_private) for step in book.playbook.steps if isinstance(step, Statement))


def other_keys(book: Book) -> tuple[Keys, ...]:
    """List the approvals of something else than words."""
    approvals = (step for step in book.playbook.steps if isinstance(step, Approval))
    return tuple(_keys(book, step) for step in approvals if not isinstance(book.graph.steps.get(step.of), Statement))


def _draft(book: Book, step: Statement, with_private: bool) -> Draft:
    is_hidden = (step.private or step.privileged) and not with_private
    return Draft(
        book.numbers[step.id],
        step.title,
        audiences([step.audience]),
        who(book, step),
        tuple(_draft_notes(book, step)),
        () if is_hidden else texts(book, step.template),
        is_hidden,
        tuple(_keys(book, each) for each in book.graph.approvals_of[step.id]),
        tuple(_said(book, each) for each in book.graph.publishes_of[step.id]),
    )


def _draft_notes(book: Book, step: Statement) -> list[str]:
    return [
        *([f"drafted {deadline(book, step.due)}"] if step.due else []),
        *([f"at most {step.max_words} words"] if step.max_words else []),
        *([f"must say {listed([f'“{word}”' for word in step.must_say])}"] if step.must_say else []),
        *([f"must not say {listed([f'“{word}”' for word in step.must_not_say], 'or')}"] if step.must_not_say else []),
    ]


def _keys(book: Book, step: Approval) -> Keys:
    rework = book.title(step.on_reject.rework)
    after = "nobody may publish" if step.on_reject.then == "stop" else "somebody more senior decides"
    rejected = f"back to {rework}, up to {step.on_reject.max} times; after that {after}"
    late = "; late counts as a no" if step.on_overdue == "reject" else ""
    return Keys(book.numbers[step.id], step.title, who(book, step), by_when(book, step), rejected + late, book.title(step.of))


def _said(book: Book, step: Publish) -> Said:
    places = tuple(_channel(book, name) for name in step.channels)
    return Said(book.numbers[step.id], step.title, who(book, step), by_when(book, step), places)


def _channel(book: Book, name: str) -> str:
    entry = book.organisation.channels.get(name) if book.organisation else None
    if entry is None:
        return book.place(name)
    where = f" at {entry.where}" if entry.where else ""
    return f"{spoken(name)}{where}" + (f" (read by {audiences(entry.audience)})" if entry.audience else "")
