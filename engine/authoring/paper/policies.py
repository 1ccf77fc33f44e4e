"""Policies as promises in plain words, with the reason an author gave."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.authoring.paper.book import Book, audiences, listed, spoken
from engine.authoring.paper.spans import span
from engine.language.playbook import Policy

BUILT_IN: Final = "Nothing goes outside the organisation before somebody entitled to it has approved exactly those words."


@dataclass(frozen=True, slots=True)
class Promise:
    """What always holds, why, and who asks for it."""

    text: str
    why: str
    note: str


def policies(book: Book) -> tuple[Promise, ...]:
    """List what holds whatever happens: the built-in rule, the organisation's, the playbook's own."""
    return tuple(_promises(book))


def in_words(book: Book, policy: Policy) -> str:
    """Say a policy as a sentence."""
    says = _RULES.get(policy.rule)
    return says(book, policy) if says else f"The rule “{spoken(policy.rule)}” holds."


def _promises(book: Book) -> Iterator[Promise]:
    yield Promise(BUILT_IN, "", "built in")
    own = {in_words(book, policy) for policy in book.playbook.policies}
    for policy in book.organisation.required_policies if book.organisation else ():
        if in_words(book, policy) not in own:
            yield Promise(in_words(book, policy), policy.why, "asked for by the organisation")
    for policy in book.playbook.policies:
        yield Promise(in_words(book, policy), policy.why, "a warning, not a bar" if policy.level == "warning" else "")


def _approved(book: Book, policy: Policy) -> str:
    approved = f"{book.roles(policy.approvers)} {'has' if len(policy.approvers) == 1 else 'have each'} approved exactly those words"
    return f"Nothing is published for {audiences(policy.audience, 'or')} before {approved}."


def _before(book: Book, policy: Policy) -> str:
    return f"{book.titles(policy.thens, 'or')} never happens before {book.title(policy.first or '')} is done."


def _requires(book: Book, policy: Policy) -> str:
    return f"{book.title(policy.step or '')} never happens before all of these are done: {book.titles(policy.needs)}."


def _never_both(book: Book, policy: Policy) -> str:
    return f"Never more than one of these happens in the same incident: {book.titles(policy.steps)}."


def _always(book: Book, policy: Policy) -> str:
    return (
        f"{book.titles(policy.steps)} always {'happens' if len(policy.steps) == 1 else 'happen'}, whatever was skipped or stopped before."
    )


def _different(book: Book, policy: Policy) -> str:
    return f"{book.titles(policy.steps)} are done by different people."


def _no_personal(book: Book, policy: Policy) -> str:
    return f"No names and nothing else that is personal or private reaches {audiences(policy.audience, 'or')}."


def _within(book: Book, policy: Policy) -> str:
    length = span(policy.max) if policy.max else "its time"
    return f"{book.title(policy.step or '')} can be done within {length}, and somebody is called when it is late."


def _words(book: Book, policy: Policy) -> str:
    return f"Words for {audiences(policy.audience, 'or')} never contain {listed([f'“{word}”' for word in policy.words], 'or')}."


_RULES: Final[Mapping[str, Callable[[Book, Policy], str]]] = {
    "approved_before_publish": _approved,
    "before": _before,
    "requires": _requires,
    "never_both": _never_both,
    "always_happens": _always,
    "different_people": _different,
    "no_personal_data": _no_personal,
    "within": _within,
    "forbid_words": _words,
}
