"""The parts that several messages are made of: rows of buttons, menus, questions before a press, exact words.

Rules:
- At most five elements stand in a row; what does not fit goes into the menu *more*, whose values are
  `<action>|KEY[|step]`.
- A button that opens a form asks nothing first: the form can be left.
- Words are cut into blocks without losing a character, or not at all.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.channels.slack_text import button, escape, plain

Block = dict[str, Any]

IN_A_ROW: Final = 5
CHUNK: Final = 2_900
"""Characters of one block of words; Slack takes 3,000 and may count `&`, `<` and `>` as entities."""

MOST_BLOCKS: Final = 50
WEB_ROOM: Final = "web_room"
"""Action id of buttons that only open a page; Slack reports their presses all the same."""

_MENU: Final = 5
_NEAR_THE_END: Final = 400


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be pressed: a button, or a line of the menu when the row is full."""

    action: str
    label: str
    value: str
    about: str
    """What a screen reader hears after the label."""

    style: Literal["primary", "danger"] | None = None
    ask: Block | None = None
    menu: bool = False
    """Only ever a line of the menu."""


def row(choices: Sequence[Choice]) -> Iterator[Block]:
    """Draw one row: as many buttons as fit, the rest in the menu; nothing where there is nothing to press."""
    shown = [choice for choice in choices if not choice.menu]
    is_full = len(shown) > IN_A_ROW or len(shown) < len(choices)
    shown = shown[: IN_A_ROW - 1] if is_full else shown
    rest = [choice for choice in choices if choice not in shown]
    elements = [*map(drawn, shown), *([menu(rest)] if rest else [])]
    if elements:
        yield {"type": "actions", "elements": elements}


def drawn(choice: Choice) -> Block:
    """Draw a choice as a button."""
    made = button(choice.label, action_id=choice.action, value=choice.value, label=f"{choice.label}: {choice.about}")
    style = {"style": choice.style} if choice.style else {}
    return made | style | ({"confirm": choice.ask} if choice.ask else {})


def menu(choices: Sequence[Choice]) -> Block:
    """Draw choices as the menu *more*, five of them at most."""
    options = [{"text": plain(choice.label, 75), "value": f"{choice.action}|{choice.value}"} for choice in choices[:_MENU]]
    return {"type": "overflow", "action_id": "more", "options": options}


def question(title: str, text: str, *, yes: str, no: str = "Back") -> Block:
    """Build what is asked before a press counts."""
    return {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain(no, 30)}


def page_button(label: str, url: str, *, about: str) -> Block:
    """Draw a button that opens a page."""
    made = button(label, action_id=WEB_ROOM, value="page", label=f"{label}: {about}")
    return made | {"url": url}


def copyable(text: str) -> Block:
    """Show words in a box that copies them exactly, without markup."""
    inside = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [inside]}


def chunks(text: str) -> list[str] | None:
    """Cut words into blocks that together are the words; None where a block would show nothing."""
    parts, rest = [], text
    while rest:
        size = _fitting(rest)
        parts.append(rest[:size])
        rest = rest[size:]
    return parts if parts and all(part.strip() for part in parts) else None


def fits(blocks: Sequence[Block], most: int) -> bool:
    """Say whether Slack takes these blocks in one message of at most `most` characters."""
    return len(blocks) <= MOST_BLOCKS and size(blocks) <= most


def size(blocks: Sequence[Block]) -> int:
    """Count the characters of blocks as JSON, which is what Slack's undocumented limit counts."""
    return len(json.dumps(blocks, ensure_ascii=False))


def _fitting(text: str) -> int:
    """How many characters one block takes; it ends after a word where one ends soon before."""
    size = min(len(text), CHUNK)
    while len(escape(text[:size])) > CHUNK:
        size = max(1, size - (len(escape(text[:size])) - CHUNK + 4) // 5)
    if size == len(text):
        return size
    near = max(text.rfind(space, size - _NEAR_THE_END, size) for space in ("\n", " ")) if size > _NEAR_THE_END else -1
    return near + 1 if near >= 0 else size
