"""FB423: a task does not tell outsiders what nobody approved.

A task tells outsiders when its title, or a sentence of its `do`, begins with an order to publish (`Post a
statement`, `Tweet …`, `Publish …`) or to tell those outside (`Tell customers …`, `Reply to reporters`). It is
left alone when an approval comes before it, since it may carry words that were agreed, and when it only plans,
collects or forbids (`Log press calls`, `Do not tell reporters`). Authorities, banks and the police are no
audience: what the law asks for is told them by a task.
"""

import re
from collections.abc import Iterator
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.playbook import Approval, Task
from engine.language.suggest import quoted

_OUTSIDERS: Final = (
    r"(?:(?:all|the|our|your|other|key|affected|any|every|local)\s+){0,3}"
    r"(?:customers|clients|consumers|press|media|reporters?|journalists?|public|followers|subscribers|fans|investors|commenters)\b"
    r"(?!\s+(?:care|service|support|desk|office|officer|team|relations|lead|department|release|centre|center)\b)"
)
_TELL: Final = r"(?:tell|inform|notify|e-?mail|text|message|write to|write back to|reply to|respond to|answer|brief)"
_WORDS: Final = (
    r"(?:statement|apology|correction|reply|answer|response|denial|clarification|press release|holding line|update|public notice)"
)
_PLACES: Final = (
    r"(?:x|twitter|facebook|instagram|linkedin|tiktok|youtube|reddit|threads|social media|(?:our|the)\s+"
    r"(?:public |official |company |brand )?(?:website|web site|social channels|social media|newsroom|feed))\b"
)
_INSIDE: Final = (
    r"\s+(?:to|for|in|among|with)\s+(?:the\s+|all\s+|our\s+)?"
    r"(?:staff|employees|managers|team|room|war room|board|lead|police|regulator|bank)"
)
_ORDERS: Final = re.compile(
    rf"(?:{_TELL}\s+{_OUTSIDERS}"
    r"|tweet\b"
    r"|(?:publicly|in public)\s+(?:apologi[sz]e|deny|respond|reply|announce)\b"
    rf"|(?:post|publish|issue|release|put out|share|send)\s+(?:(?:a|an|the|our|your|this|short|first|public|press)\s+){{0,3}}{_WORDS}\b"
    rf"(?!{_INSIDE})"
    rf"|(?:post|publish|comment|reply|respond|announce)\b.{{0,40}}\b(?:on|to)\s+{_PLACES}"
    rf"|(?:apologi[sz]e|announce|deny|explain)\b.{{0,40}}\bto\s+{_OUTSIDERS})",
    re.IGNORECASE,
)
_SENTENCES: Final = re.compile(r"(?<=[.!?;:])\s+|\n+\s*(?:[-*]\s+)?")


def tasks_leave_outsiders_alone(checked: Checked) -> Iterator[Finding]:
    """Find tasks that tell outsiders something without an approval before them."""
    approvals = {step.id for step in checked.playbook.steps if isinstance(step, Approval)}
    for index, step in enumerate(checked.playbook.steps):
        if not isinstance(step, Task) or approvals & checked.graph.ancestors(step.id):
            continue
        field = "task" if _ORDERS.match(step.title.strip()) else "do" if _is_told_in(step.do) else None
        if field is not None:
            message = f"task {quoted(step.id)} tells outsiders; use statement, approval, publish"
            yield Finding("FB423", message, ("steps", index, field))


def _is_told_in(text: str) -> bool:
    return any(_ORDERS.match(sentence) for sentence in _SENTENCES.split(text.strip()))
