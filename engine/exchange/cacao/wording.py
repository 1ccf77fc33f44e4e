"""What people read in a CACAO playbook: the text of the manual command of each step.

The first line is the title, then how to do it, then `[ ]` for each item of a checklist, then what the kind adds.
The importer reads these forms back: a box is a checklist item, `- name: label` under `Answer with one of:` an option.
"""

import re
from collections.abc import Iterator
from typing import Final, assert_never

from engine.language.playbook import (
    Approval,
    Decision,
    Evidence,
    Http,
    Message,
    Monitor,
    Playbook,
    Publish,
    Statement,
    Step,
    SubPlaybook,
    Task,
    Ticket,
    Wait,
)

BOX: Final = "[ ] "
ANSWERS: Final = "Answer with one of:"
_INPUT: Final = re.compile(r"\{\{\s*inputs\.([a-z][a-z0-9_]*)\s*(?:\|[^{}]*)?\}\}")
_ACTIVITIES: Final = {
    "statement": "compose-content",
    "publish": "deliver-content",
    "message": "deliver-content",
    "evidence": "analyze-collected-data",
    "monitor": "analyze-collected-data",
    "task": "eliminate-risk",
}
_TYPES: Final = {
    "compose-content": "notification",
    "deliver-content": "notification",
    "identify-channel": "notification",
    "identify-audience": "notification",
    "analyze-collected-data": "investigation",
    "eliminate-risk": "mitigation",
    "restrict-access": "mitigation",
}


def activity_of(playbook: Playbook, step: Step) -> str | None:
    """Give what a step does, as a word of `playbook-activity-type-ov`; None when the vocabulary has no word for it."""
    match step:
        case Decision():
            listed = {name for option in step.options.values() for name in option.then}
            says = any(other.id in listed and isinstance(other, Publish) for other in playbook.steps)
            return "identify-channel" if says else None
        case Task(private=True):
            return "restrict-access"
        case Approval():
            return "identify-audience"
        case _:
            return _ACTIVITIES.get(step.kind)


def types_of(activities: list[str]) -> list[str]:
    """Give the `playbook-type-ov` words that these activities stand for, each once."""
    return list(dict.fromkeys(_TYPES[activity] for activity in activities if activity in _TYPES))


def command_text(playbook: Playbook, step: Step) -> str:
    """Write what somebody who has only the CACAO file must know to do the step."""
    boxes = (f"{BOX}{item.item}{' (optional)' if item.optional else ''}" for item in step.checklist)
    return in_variables("\n".join((step.title, *_paragraphs(step.do), *boxes, *_added(playbook, step))))


def in_variables(text: str) -> str:
    """Put CACAO's variables where our text has an input."""
    return _INPUT.sub(r"__\1__:value", text)


def _paragraphs(text: str) -> Iterator[str]:
    if text.strip():
        yield text.strip()


def _added(playbook: Playbook, step: Step) -> Iterator[str]:
    match step:
        case Decision() | Statement() | Approval() | Publish() | Message():
            yield from _about_words(playbook, step)
        case Evidence() | Ticket() | Monitor() | Wait() | SubPlaybook():
            yield from _about_work(step)
        case Task() | Http():
            pass
        case _:
            assert_never(step)


def _about_words(playbook: Playbook, step: Decision | Statement | Approval | Publish | Message) -> Iterator[str]:
    match step:
        case Decision():
            yield ANSWERS
            yield from (f"- {name}: {option.label}" for name, option in step.options.items())
        case Statement():
            yield f"For {step.audience.replace('_', ' ')}."
            template = playbook.templates.get(step.template)
            yield from _paragraphs(template.text or "" if template is not None else "")
        case Approval():
            yield from _approval(playbook, step)
        case Publish():
            yield f"The approved words of: {_title(playbook, step.of)}. On: {', '.join(step.channels)}."
        case Message():
            yield f"To: {', '.join(step.to)}."
            yield from _paragraphs(step.text or "")
        case _:
            assert_never(step)


def _about_work(step: Evidence | Ticket | Monitor | Wait | SubPlaybook) -> Iterator[str]:
    match step:
        case Evidence():
            yield f"Save: {', '.join(name.replace('_', ' ') for name in step.collect)}. Note the {step.hash} of each file."
        case Ticket():
            yield f"Open a ticket in {step.system}, project {step.project}."
            yield from _paragraphs(step.text or "")
        case Monitor():
            yield f"Look every {step.every}, until {step.until.strip()}."
        case Wait():
            yield f"Wait for {step.for_}." if step.for_ else f"Wait until {(step.until or '').strip()}."
        case SubPlaybook():
            yield f"Starts the playbook {step.playbook}."
        case _:
            assert_never(step)


def _approval(playbook: Playbook, step: Approval) -> Iterator[str]:
    names = [playbook.roles[role].title if role in playbook.roles else role for role in step.approvers]
    match step.quorum:
        case "all":
            keys = "All of them must agree"
        case "any":
            keys = "One of them must agree"
        case number:
            keys = f"{number} of them must agree"
    yield f"About: {_title(playbook, step.of)}. Approvers: {', '.join(names)}. {keys}."
    yield f"If refused, with a reason: back to {_title(playbook, step.on_reject.rework)}, {step.on_reject.max} times at most."


def _title(playbook: Playbook, step: str) -> str:
    return next((each.title for each in playbook.steps if each.id == step), step)
