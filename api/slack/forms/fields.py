"""Draws the parts of a form: fields by the type of what is asked, choices, and the whole modal.

Rules:
- A field's block and its element have the same id: the name of what is asked, so that errors find their place.
- Lengths are Slack's: title and buttons 24 characters, label and option 75 to 150, text 3,000.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from engine.channels.slack_text import plain, section

LONGEST: Final = 3_000
"""Characters that Slack takes in one field."""
OPTIONS: Final = 100
CHECKBOXES: Final = 10
YES_NO: Final = (("Yes", "yes"), ("No", "no"))
HINTS: Final[Mapping[str, str]] = {
    "url_list": "One link on each line",
    "people": "One name, e-mail or id on each line; they need not be users",
    "person": "A name, an e-mail or an id",
    "duration": "A number and a unit: 15m, 4h, 2d, 3bd",
    "file": "Where it is kept",
    "country": "Two letters, such as CA",
}
"""What to write, by the type of what is asked."""

Block = dict[str, Any]


class Asked(Protocol):
    """What an input and a task's result have in common."""

    @property
    def type(self) -> str: ...

    @property
    def options(self) -> list[str]: ...


def field(block: str, label: str, element: Block, *, optional: bool = False, hint: str | None = None) -> Block:
    """Draw one field around its element."""
    drawn = {
        "type": "input",
        "block_id": block,
        "label": plain(label, 150),
        "element": {**element, "action_id": block},
        "optional": optional,
    }
    return drawn | ({"hint": plain(hint, 150)} if hint else {})


def words(*, initial: str = "", lines: bool = True, most: int = LONGEST) -> Block:
    """Draw an element to write in, of at most `most` characters."""
    element = {"type": "plain_text_input", "multiline": lines, "max_length": most}
    return element | ({"initial_value": initial} if initial else {})


def element_of(asked: Asked, default: Any = None) -> Block:
    """Draw the element of an input's (or a result's) type, with its default."""
    match asked.type:
        case "yes_no":
            return choice("radio_buttons", YES_NO, None if default is None else "yes" if default else "no")
        case "choice":
            if len(asked.options) > OPTIONS:  # Slack has no list so long, and the engine's reader names the nearest
                return _initial(words(lines=False), "initial_value", default)
            options = [(label, str(number)) for number, label in enumerate(asked.options)]
            at = str(asked.options.index(default)) if isinstance(default, str) and default in asked.options else None
            return choice("static_select", options, at)
        case "number":
            return _initial({"type": "number_input", "is_decimal_allowed": True}, "initial_value", default)
        case "date":
            return _initial({"type": "datepicker"}, "initial_date", default)
        case "datetime":
            return {"type": "datetimepicker"}
        case "url":
            return _initial({"type": "url_text_input"}, "initial_value", default)
        case _:
            text = words(lines=asked.type in ("long_text", "url_list", "people"))
            return _initial(text, "initial_value", "\n".join(map(str, default)) if isinstance(default, list) else default)


def choice(kind: str, options: Sequence[tuple[str, str]], initial: str | None = None) -> Block:
    """Draw `static_select` or `radio_buttons` of (label, value); `initial` is a value."""
    drawn = [option(label, value) for label, value in options[:OPTIONS]]
    first = next((each for each in drawn if each["value"] == initial), None)
    return {"type": kind, "options": drawn} | ({"initial_option": first} if first else {})


def checkboxes(options: Sequence[tuple[str, str]]) -> Block:
    """Draw at most ten checkboxes of (label, value)."""
    return {"type": "checkboxes", "options": [option(label, value) for label, value in options]}


def copyable(text: str) -> Block:
    """Draw words in a box that copies them exactly, without markup."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}]}


def somebody() -> Block:
    """Draw the choice of a member of the workspace."""
    return {"type": "users_select"}


def option(label: str, value: str) -> Block:
    """Draw one option of a choice."""
    return {"text": plain(label, 75), "value": value}


def modal(callback: str, title: str, submit: str | None, *, metadata: str, blocks: list[Block], close: str = "Cancel") -> Block:
    """Draw a whole form; without `submit` there is only something to read."""
    drawn = {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "private_metadata": metadata,
        "blocks": blocks,
    }
    return drawn | ({"submit": plain(submit, 24)} if submit else {})


def told(title: str, text: str) -> Block:
    """Draw what takes a form's place: a sentence, marked up and escaped."""
    return modal("said", title, None, metadata="", blocks=[section(text)], close="Close")


def _initial(element: Block, name: str, default: Any) -> Block:
    return element if default is None else element | {name: str(default)[:LONGEST]}
