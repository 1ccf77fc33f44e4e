"""What Slack is answered: words for one person's eyes, a form's errors, or nothing at all.

Texts in a Reply are marked up and escaped already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """Words that only whoever asked can see; empty when what they did shows by itself."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What is wrong with a submitted form, by block; the form stays open."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NextForm:
    """A form that takes the submitted one's place."""

    view: Mapping[str, Any] = field(default_factory=dict)


Said = Reply | FormErrors | NextForm


def slash_body(said: Said) -> dict[str, Any]:
    """Write the answer to a slash command."""
    text = said.text if isinstance(said, Reply) else ""
    return {"response_type": "ephemeral", "text": text} if text else {}


def form_body(said: Said, *, first_block: str) -> dict[str, Any]:
    """Write the answer to a submitted form; a sentence without a field stands at `first_block`."""
    match said:
        case FormErrors(errors=errors):
            return {"response_action": "errors", "errors": dict(errors)}
        case NextForm(view=view):
            return {"response_action": "update", "view": dict(view)}
        case Reply(text=text):
            return {"response_action": "errors", "errors": {first_block: text}} if text else {}
