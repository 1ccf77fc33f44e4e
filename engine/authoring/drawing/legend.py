"""What the shapes and marks of the picture mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.authoring.drawing.measure import width
from engine.authoring.paper.book import KINDS, Book, capitalised

NOTES: Final = (
    "Read from top to bottom. An arrow leads to the step that waits; arrows that follow from others are left out.",
    "A step without an arrow into it begins at once, unless it says what it comes after.",
    "Letters on an arrow: it is followed only after one of these answers to the decision it comes from.",
    "◆ a promise for the whole incident, with its time, or a moment that the incident reaches.",
    "Private: only its role reads what is in it. Privileged: counsel's work.",
    "Keys: the people who must approve; an approval holds for exactly these words.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of step; `width` is the room its example takes."""

    kind: str
    words: str

    @property
    def width(self) -> int:
        return round(width(self.words, 12)) + 80


def entries(book: Book) -> Iterator[Entry]:
    """Give the kinds that a playbook uses, in the order of the language's reference."""
    used = {step.kind for step in book.playbook.steps}
    for kind, words in KINDS.items():
        if kind in used:
            yield Entry(kind, capitalised(words))
    if book.playbook.follow_ups:
        yield Entry("follow_up", "Follow-up")
