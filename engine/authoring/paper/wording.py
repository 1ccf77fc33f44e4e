"""The words of a template as a reader sees them before anything is known: text, and what will stand in the gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from engine.authoring.paper.book import Book
from engine.authoring.paper.conditions import condition_of, noun
from engine.language.expression import ExpressionError
from engine.language.expression_nodes import For, If, Include, Output, Part, Words
from engine.language.playbook import TemplateSource
from engine.language.template import parse_template

DEEPEST: Final = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: `words` as they will be said, a `gap` that is filled in, or an `aside` to the reader."""

    kind: Literal["words", "gap", "aside"]
    text: str


@dataclass(frozen=True, slots=True)
class Worded:
    """One language of a text; `language` is empty for the template's own."""

    language: str
    pieces: tuple[Piece, ...]


def texts(book: Book, template: str) -> tuple[Worded, ...]:
    """Give a template's words, its own first and then each language."""
    source = book.playbook.templates.get(template)
    if source is None:
        return ()
    own = own_text(source, book.files)
    more = ((language, book.files.get(file)) for language, file in source.languages.items())
    found = [*([("", own)] if own is not None else []), *more]
    return tuple(Worded(language, pieces(book, text)) for language, text in found if text is not None)


def pieces(book: Book, text: str) -> tuple[Piece, ...]:
    """Take a text with `{{ }}` apart; one that can't be read is given as it stands."""
    try:
        return tuple(_pieces(book, parse_template(text.strip()).parts, 0))
    except ExpressionError:
        return (Piece("words", text),)


def plain(book: Book, text: str) -> str:
    """Write a text with `{{ }}` as one string, with its gaps in brackets."""
    return "".join(piece.text for piece in pieces(book, text))


def own_text(source: TemplateSource, files: Mapping[str, str]) -> str | None:
    """Give the text of a template in its own language, None where its file is not at hand."""
    return source.text if source.text is not None else files.get(source.file or "")


def _pieces(book: Book, parts: tuple[Part, ...], depth: int) -> Iterator[Piece]:
    for part in parts:
        match part:
            case Words():
                yield Piece("words", part.text)
            case Output():
                yield Piece("gap", f"[{noun(book, part.value).replace('“', '').replace('”', '')}]")
            case If():
                yield from _either(book, part, depth)
            case For():
                yield Piece("aside", f"[for each of {noun(book, part.source)}: ")
                yield from _pieces(book, part.body, depth)
                yield Piece("aside", "]")
            case Include():
                yield from _included(book, part.template, depth + 1)
            case _:
                assert_never(part)


def _either(book: Book, part: If, depth: int) -> Iterator[Piece]:
    yield Piece("aside", f"[only if {condition_of(book, part.condition)}: ")
    yield from _pieces(book, part.then, depth)
    if part.otherwise:
        yield Piece("aside", "; otherwise: ")
        yield from _pieces(book, part.otherwise, depth)
    yield Piece("aside", "]")


def _included(book: Book, name: str, depth: int) -> Iterator[Piece]:
    source = book.playbook.templates.get(name)
    text = own_text(source, book.files) if source and depth <= DEEPEST else None
    if text is not None:
        yield from _pieces(book, parse_template(text.strip()).parts, depth)
