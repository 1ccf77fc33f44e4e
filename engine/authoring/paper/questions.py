"""What is decided: each question, who answers it by when, and what follows each answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.authoring.paper.book import Book, who
from engine.authoring.paper.spans import by_when
from engine.authoring.paper.timetable import paragraphs
from engine.authoring.paper.wording import plain
from engine.language.playbook import Decision, Option


@dataclass(frozen=True, slots=True)
class Answer:
    label: str
    follows: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    number: int
    title: str
    who: str
    when: str
    how: tuple[str, ...]
    answers: tuple[Answer, ...]
    otherwise: str


def questions_decided(book: Book, *, with_private: bool) -> tuple[Question, ...]:
    """List the decisions in the author's order."""
    return tuple(_question(book, step, with_private) for step in book.playbook.steps if isinstance(step, Decision))


def _question(book: Book, step: Decision, with_private: bool) -> Question:
    is_hidden = (step.private or step.privileged) and not with_private
    how = () if is_hidden else tuple(plain(book, part) for part in paragraphs(step.do))
    answers = tuple(
        Answer(option.label, tuple(book.title(name) for name in option.then), tuple(_answer_notes(book, option)))
        for option in step.options.values()
    )
    default = step.options.get(step.if_no_answer or "")
    otherwise = f"“{default.label}” counts as the answer" if default else "whoever decides is asked again, and others are told"
    return Question(book.numbers[step.id], step.title, who(book, step), by_when(book, step), how, answers, otherwise)


def _answer_notes(book: Book, option: Option) -> Iterator[str]:
    if option.raise_:
        yield f"severity becomes {book.level(option.raise_)}"
    if option.note_required:
        yield "with a reason in writing"
