"""What Slack is answered: words for one person's eyes, a form's errors, or nothing at all.

Texts in a Reply are marked up and escaped already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from api.slack.forms.fields import told


@dataclass(frozen=True, slots=True)
class Reply:
    """Words that only whoever asked can see; empty when what they did shows by itself."""

    text: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    """How it is drawn, where a sentence is not enough; `text` is then what notifications and screen readers say."""


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What is wrong with a submitted form, by block; the form stays open."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NextForm:
    """A form that takes the submitted one's place."""

    view: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A form that was taken and closes; `text` is whispered at the response address `back`, where there is one."""

    text: str = ""
    back: str = ""


Said = Reply | FormErrors | NextForm | Taken


def slash_body(said: Said) -> dict[str, Any]:
    """Write the answer to a slash command."""
    if not isinstance(said, Reply) or not said.text:
        return {}
    drawn = {"blocks": [dict(block) for block in said.blocks]} if said.blocks else {}
    return {"response_type": "ephemeral", "text": said.text, **drawn}


def form_body(said: Said, *, first_block: str) -> dict[str, Any]:
    """Write the answer to a submitted form; a sentence without a field stands at `first_block`, or in the form's place."""
    match said:
        case FormErrors(errors=errors):
            return {"response_action": "errors", "errors": dict(errors)}
        case NextForm(view=view):
            return {"response_action": "update", "view": dict(view)}
        case Reply(text=text) if text and not first_block:
            return {"response_action": "update", "view": told("Firebreak", text)}
        case Reply(text=text):
            return {"response_action": "errors", "errors": {first_block: text}} if text else {}
        case Taken(text=text, back=back):
            return {"response_action": "update", "view": told("Firebreak", text)} if text and not back else {}
        case _:
            assert_never(said)
