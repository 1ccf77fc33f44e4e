"""FB440: what is to be taken down is saved first.

A takedown is a task or call whose title speaks of one (`takedown`, `take down`), or begins with removing,
deleting or reporting something that was published (`Delete the posts`, `Report every copy`), or a call with
method DELETE. `Report it to the police` and `Remove access` are none.
"""

import re
from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import Evidence, Http, Step, Task
from engine.language.suggest import quoted

_PUBLISHED: Final = (
    r"(?:posts?|cop(?:y|ies)|videos?|clips?|recordings?|footage|comments?|tweets?|threads?|reels?|stor(?:y|ies)|images?|pictures?|photos?"
    r"|screenshots?|uploads?|listings?|messages?|content|material|fakes?|impersonators?|impersonations?)"
)
_FEW_WORDS: Final = r"(?:\s+[\w'’-]+){0,4}?\s+"
_TAKEDOWN: Final = re.compile(
    rf"\btake[- ]?downs?\b|\b(?:get|have)\b.{{1,40}}\btaken down\b|\btake{_FEW_WORDS}{_PUBLISHED}\s+down\b", re.IGNORECASE
)
_REMOVAL: Final = re.compile(
    r"^(?:ask\b.{1,40}\bto |help\b.{1,40}\b(?:to )?|have\b.{1,40}\b)?"
    rf"(?:remove|delete|erase|report|flag|pull)\b{_FEW_WORDS}{_PUBLISHED}\b",
    re.IGNORECASE,
)
_OTHER_DUTY: Final = re.compile(
    r"\bto (?:the )?(?:police|regulators?|authorit|insurer|board|executives|fraud)|\bscheduled\b|\bqueued\b|\bdrafts?\b", re.IGNORECASE
)


def evidence_comes_before_takedowns(checked: Checked) -> Iterator[Finding]:
    """Find steps that have something taken down while nothing was saved before."""
    evidence = {step.id for step in checked.playbook.steps if isinstance(step, Evidence)}
    for index, step in enumerate(checked.playbook.steps):
        if _is_takedown(step) and not evidence & checked.graph.ancestors(step.id):
            message = f"takedown or deletion step {quoted(step.id)} has no evidence step before it"
            first = next(iter(sorted(evidence)), None)
            advice = f"let it need {quoted(first)}" if first else "add an evidence step and let this one need it"
            yield Finding("FB440", message, ("steps", index, step.kind), help=advice)


def _is_takedown(step: Step) -> bool:
    match step:
        case Http(method="DELETE"):
            return True
        case Task() | Http():
            title = step.title.strip()
            return _TAKEDOWN.search(title) is not None or (_REMOVAL.match(title) is not None and not _OTHER_DUTY.search(title))
        case _:
            return False
