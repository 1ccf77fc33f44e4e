"""What Slack refuses in blocks and views: its documented limits, and what no schema says (unique ids, totals)."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
CHARACTERS: Final = 13_200

_TEXT_LIMITS: Final = {"section": 3_000, "header": 150, "button": 75}
_ELEMENTS: Final = {"actions": 25, "context": 10}
_TEXT_TYPES: Final = ("plain_text", "mrkdwn")


def faults_of(blocks: list[dict[str, Any]], *, most: int = MESSAGE_BLOCKS) -> list[str]:
    """List everything that Slack would refuse in these blocks."""
    found = [f"{len(blocks)} blocks, at most {most}"] if len(blocks) > most else []
    if len(json.dumps(blocks, ensure_ascii=False)) > CHARACTERS:
        found.append("too many characters in all")
    for block in blocks:
        found += _faults_of_block(block)
    return [*found, *_repeated(blocks)]


def faults_of_view(view: dict[str, Any]) -> list[str]:
    """List everything that Slack would refuse in a modal."""
    found = faults_of(view.get("blocks", []), most=VIEW_BLOCKS)
    if view.get("type") != "modal":
        found.append("not a modal")
    for part in ("title", "submit", "close"):
        if part in view and len(view[part]["text"]) > 24:
            found.append(f"{part} longer than 24")
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        found.append("private_metadata or callback_id too long")
    if any(block["type"] == "input" for block in view.get("blocks", [])) and "submit" not in view:
        found.append("inputs without submit")
    return found


def _faults_of_block(block: dict[str, Any]) -> Iterator[str]:
    kind = block.get("type", "")
    try:
        parsed = Block.parse(block)
        if parsed is None:
            yield f"unknown block {kind!r}"
            return
        parsed.to_dict()
    except (SlackObjectFormationError, TypeError) as error:
        yield f"{kind}: {error}"
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield "section without text and fields"
    if not 1 <= len(block.get("elements", [0])) <= _ELEMENTS.get(kind, 25):
        yield f"{kind} with {len(block['elements'])} elements"
    if any(len(each["text"]) > 2_000 for each in block.get("fields", [])):
        yield "a field longer than 2000"
    yield from (fault for part in _parts(block) for fault in _faults_of_part(part))


def _faults_of_part(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type", "")
    text = part.get("text")
    if kind in _TEXT_TYPES:
        if not isinstance(text, str) or not text.strip():
            yield "an empty text"
    elif isinstance(text, dict):
        if len(text["text"]) > _TEXT_LIMITS.get(kind, 3_000):
            yield f"{kind}: text too long"
        if kind in ("button", "header") and text["type"] != "plain_text":
            yield f"{kind}: text must be plain"
    yield from _faults_of_choice(part)


def _faults_of_choice(part: dict[str, Any]) -> Iterator[str]:
    options = part.get("options")
    if options is None:
        return
    most = 10 if part["type"] in ("checkboxes", "radio_buttons") else 100
    if not 1 <= len(options) <= most:
        yield f"{part['type']} with {len(options)} options"
    if any(len(option["text"]["text"]) > 75 or len(option["value"]) > 150 for option in options):
        yield f"{part['type']}: an option is too long"
    chosen = part.get("initial_options", []) + [each for each in [part.get("initial_option")] if each]
    if any(option not in options for option in chosen):
        yield f"{part['type']}: chosen at first, but no option"


def _repeated(blocks: list[dict[str, Any]]) -> Iterator[str]:
    actions = Counter(part["action_id"] for block in blocks for part in _parts(block) if "action_id" in part)
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    yield from (f"{name!r} twice" for name, count in (*actions.items(), *ids.items()) if count > 1)
    yield from (f"id {name[:20]!r} too long" for name in (*actions, *ids) if len(name) > 255)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Walk every object inside a block, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
