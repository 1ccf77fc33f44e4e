"""The picture as Mermaid text, for pages that draw it themselves (`flowchart TD`).

Every character that could mean something to Mermaid or to HTML is written as a numeric entity, so that a
title can't end its own label. Node names are ours: `s1`, `s2`, …, never an author's.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from engine.authoring.drawing.cards import Card, card, follow_up_card
from engine.authoring.drawing.links import Link, Links
from engine.authoring.drawing.measure import tidy
from engine.authoring.paper.book import Book

SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "task": ("[", "]"),
    "decision": ("{{", "}}"),
    "statement": ("[/", "/]"),
    "approval": ("[[", "]]"),
    "publish": (">", "]"),
    "message": ("(", ")"),
    "evidence": ("[(", ")]"),
    "ticket": ("(", ")"),
    "http": ("(", ")"),
    "wait": ("([", "])"),
    "monitor": ("([", "])"),
    "playbook": ("[[", "]]"),
    "follow_up": ("[", "]"),
}
_PLAIN: Final = frozenset(" .,:?!()+-/·–—’“”◆…")


def mermaid(book: Book) -> str:
    """Write a playbook as a flowchart; the answer ends with a line break."""
    return "\n".join(("flowchart TD", *(f"    {line}" for line in _lines(book)))) + "\n"


def _lines(book: Book) -> Iterator[str]:
    links = Links(book)
    yield f"accTitle: {_told(book.playbook.title).strip() or book.playbook.id}"
    yield f"accDescr: {_told(f'{book.playbook.id} {book.playbook.version}: {len(book.playbook.steps)} steps from top to bottom')}"
    for step in book.playbook.steps:
        yield _node(card(book, step, listing=step.id in links.listing))
    for number, follow_up in enumerate(book.playbook.follow_ups, start=len(book.playbook.steps) + 1):
        yield _node(follow_up_card(book, follow_up, number))
    for name in book.graph.steps:
        for link in links.into(name):
            yield _edge(book, link)


def _node(card: Card) -> str:
    begins, ends = SHAPES[card.kind]
    return f's{card.number}{begins}"{"<br/>".join(escaped(line.text) for line in card.said)}"{ends}'


def _edge(book: Book, link: Link) -> str:
    start, end = book.numbers[link.start], book.numbers[link.end]
    return f's{start} -->|"{escaped(" / ".join(link.labels))}"| s{end}' if link.labels else f"s{start} --> s{end}"


def escaped(text: str) -> str:
    """Write a label's text so that nothing in it is markup."""
    return "".join(char if _is_plain(char) else f"#{ord(char)};" for char in tidy(text))


def _told(text: str) -> str:
    """Write text for a line that Mermaid shows to screen readers as it stands: no entities, no marks."""
    return "".join(char if _is_plain(char) else " " for char in tidy(text))


def _is_plain(char: str) -> bool:
    return char.isalpha() or char.isdigit() or char in _PLAIN or ord(char) > 0x2FFF
