"""The plan on paper: a whole playbook as a reader without YAML needs it, ready to be set on a page.

- Roles, never people: the page may hang on a wall.
- What a private or privileged step holds is left out unless it is asked for; its title, role and time stay.
- The words of the summary that say when not to use the playbook, and what its legal notes are worth, stand apart.
"""

import re
from dataclasses import dataclass
from typing import Final

from engine.authoring.paper.book import Book
from engine.authoring.paper.people import Asked, Severe, Who, ladders, levels, lowered_by, questions, roles
from engine.authoring.paper.policies import Promise, policies
from engine.authoring.paper.questions import Question, questions_decided
from engine.authoring.paper.records import Kept, Sent, kept, looked_at_again, measures, promises, sent, watched
from engine.authoring.paper.spans import span
from engine.authoring.paper.statements import Draft, Keys, drafts, other_keys
from engine.authoring.paper.timetable import Phase, timetable

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"])")
_NOT_FOR: Final = re.compile(r"^(not for|not when|not if|do not use|don't use|never use|if .* use the .*playbook)\b", re.IGNORECASE)
_LEGAL: Final = re.compile(r"\b(legal notes?|not (legal )?advice|counsel may edit|checked on \d{4}-\d{2}-\d{2})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Purpose:
    """A summary, taken apart: what the playbook is for, when not to use it, what its legal notes are worth."""

    what: str
    not_for: str
    legal: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the page shows, in the order in which it shows it."""

    id: str
    title: str
    version: str
    status: str
    owner: str
    review: str
    shown_to: str
    purpose: Purpose
    triggers: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    roles: tuple[Who, ...]
    asked: tuple[Asked, ...]
    levels: tuple[Severe, ...]
    lowered_by: str
    phases: tuple[Phase, ...]
    decisions: tuple[Question, ...]
    drafts: tuple[Draft, ...]
    approvals: tuple[Keys, ...]
    sent: tuple[Sent, ...]
    kept: tuple[Kept, ...]
    watched: tuple[Kept, ...]
    follow_ups: tuple[Kept, ...]
    ladders: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]
    policies: tuple[Promise, ...]
    milestones: tuple[tuple[str, str, str, str], ...]
    metrics: tuple[tuple[str, str, str], ...]
    references: tuple[tuple[str, str], ...]
    has_hidden: bool


def plan(book: Book, *, with_private: bool = False) -> Plan:
    """Write the plan of a sound playbook."""
    playbook = book.playbook
    phases = timetable(book, with_private=with_private)
    return Plan(
        id=playbook.id,
        title=playbook.title,
        version=playbook.version,
        status=playbook.status,
        owner=book.role(playbook.owner),
        review=span(playbook.review_every),
        shown_to="those who take part" if playbook.settings.visibility == "participants" else "the whole organisation",
        purpose=purpose(playbook.summary),
        triggers=tuple(playbook.triggers),
        jurisdictions=tuple(playbook.jurisdictions),
        roles=roles(book),
        asked=questions(book),
        levels=levels(book),
        lowered_by=lowered_by(book),
        phases=phases,
        decisions=questions_decided(book, with_private=with_private),
        drafts=drafts(book, with_private=with_private),
        approvals=other_keys(book),
        sent=sent(book, with_private=with_private),
        kept=kept(book),
        watched=watched(book),
        follow_ups=looked_at_again(book),
        ladders=ladders(book),
        policies=policies(book),
        milestones=promises(book),
        metrics=measures(book),
        references=tuple((reference.title, reference.url) for reference in playbook.references),
        has_hidden=any(row.is_hidden for phase in phases for row in phase.rows),
    )


def purpose(summary: str) -> Purpose:
    """Take a summary apart by sentences; every sentence stands in exactly one part."""
    sentences = _SENTENCE.split(" ".join(summary.split()))
    legal = [each for each in sentences if _LEGAL.search(each)]
    not_for = [each for each in sentences if each not in legal and _NOT_FOR.match(each)]
    what = [each for each in sentences if each not in legal and each not in not_for]
    return Purpose(" ".join(what), " ".join(not_for), " ".join(legal))
