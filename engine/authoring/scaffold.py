"""`firebreak new`: a first playbook from a few answers, that checks, proves and teaches.

Whatever is answered, it has two keys before words go out, staff before the public, evidence before words,
a closing step, a review and follow-ups at 30, 60 and 120 days.
"""

import json
from dataclasses import dataclass
from string import Template
from typing import Literal

from engine.authoring import scaffold_text as pieces

Level = Literal["sev1", "sev2", "sev3"]
Public = Literal["public", "media", "customers", "partners", "regulators"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody said about their playbook; `audience` is None when nothing goes outside."""

    id: str
    title: str
    lead: str = "Incident lead"
    audience: Public | None = "public"
    names_people: bool = True
    severity: Level = "sev2"
    file: str = "FILE"


def scaffold(answers: Answers) -> str:
    """Write the playbook; texts are quoted whatever stands in them."""
    outside, people = answers.audience is not None, answers.names_people
    parts = (
        (True, pieces.HEAD),
        (people, pieces.PEOPLE_INPUT),
        (True, pieces.ROLES),
        (people, pieces.PEOPLE_ROLE),
        (True, pieces.TIMES),
        (True, pieces.MILESTONES),
        (outside, pieces.PUBLIC_MILESTONE),
        (True, pieces.METRICS),
        (outside, pieces.PUBLIC_TEMPLATE),
        (True, pieces.POLICIES),
        (outside, pieces.PUBLIC_POLICIES),
        (not outside, pieces.STAFF_POLICIES),
        (outside and people, pieces.NO_NAMES),
        (True, pieces.STEPS),
        (people, pieces.WELFARE),
        (True, pieces.ANSWER),
        (outside, pieces.PUBLIC_STEPS),
        (True, pieces.END),
    )
    return Template("".join(text for wanted, text in parts if wanted)).substitute(_words(answers))


def _words(answers: Answers) -> dict[str, str]:
    outside, people = answers.audience is not None, answers.names_people
    closing = ["capture", *(["welfare"] if people else []), "send_staff", *(["post_line"] if outside else [])]
    return {
        "file": answers.file,
        "id": answers.id,
        "title": _quoted(answers.title),
        "lead": _quoted(answers.lead),
        "recuse": ", recuse: inputs.people" if people else "",
        "severity": answers.severity,
        "audience": answers.audience or "",
        "branch": "draft_staff, draft_line" if outside else "draft_staff",
        "saved": "" if outside else ", capture",
        "closing": ", ".join(closing),
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
