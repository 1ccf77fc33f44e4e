"""What Slack refuses in blocks and views: its documented limits, its types, and what no schema says (unique ids, totals)."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Literal

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.block_schema import schema_faults
from tests.plain_words import complaints_of, complaints_of_blocks, parts

__all__ = ["CHARACTERS", "MESSAGE_BLOCKS", "VIEW_BLOCKS", "complaints_of", "complaints_of_blocks", "faults_of", "faults_of_view"]

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
CHARACTERS: Final = 13_200
LONGEST_METADATA: Final = 3_000

_LIMITS: Final = {
    "action_id": 255,
    "block_id": 255,
    "callback_id": 255,
    "external_id": 255,
    "alt_text": 2_000,
    "accessibility_label": 75,
    "url": 3_000,
    "private_metadata": LONGEST_METADATA,
}
_VALUES: Final = {"button": 2_000}
_TEXT_LIMITS: Final = {"section": 3_000, "header": 150, "button": 75}
_LABEL_LIMITS: Final = {"label": 2_000, "hint": 2_000, "placeholder": 150}
_CONFIRM: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_OPTIONS: Final = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}
_ELEMENTS: Final = {"actions": 25, "context": 10}
_TEXT_TYPES: Final = ("plain_text", "mrkdwn")
_ONLY_IN_INPUTS: Final = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input"})


def faults_of(blocks: list[dict[str, Any]], *, most: int = MESSAGE_BLOCKS) -> list[str]:
    """List everything that Slack would refuse in these blocks."""
    found = [f"{len(blocks)} blocks, at most {most}"] if len(blocks) > most else []
    if most == MESSAGE_BLOCKS and len(json.dumps(blocks, ensure_ascii=False)) > CHARACTERS:
        found.append("too many characters in all")
    for block in blocks:
        found += _faults_of_block(block)
    return [*found, *_repeated(blocks)]


def faults_of_view(view: dict[str, Any], *, kind: Literal["modal", "home"] = "modal") -> list[str]:
    """List everything that Slack would refuse in a modal or a home."""
    blocks = view.get("blocks", [])
    found = faults_of(blocks, most=VIEW_BLOCKS)
    if view.get("type") != kind:
        return [*found, f"not a {kind}"]
    bare = {**view, "blocks": []}
    found += [*schema_faults(kind, bare), *_too_long(bare)]
    for part in ("title", "submit", "close"):
        if part in view and not 1 <= len(view[part]["text"]) <= 24:
            found.append(f"{part} is empty or longer than 24")
    if kind == "modal" and any(block["type"] == "input" for block in blocks) and "submit" not in view:
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
    yield from schema_faults(kind, block)
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield "section without text and fields"
    if not 1 <= len(block.get("elements", [0])) <= _ELEMENTS.get(kind, 25):
        yield f"{kind} with {len(block['elements'])} elements"
    fields = block.get("fields", [])
    if len(fields) > 10 or any(len(each["text"]) > 2_000 for each in fields):
        yield "more than 10 fields, or a field longer than 2000"
    if kind in ("actions", "section") and any(part.get("type") in _ONLY_IN_INPUTS for part in parts(block)):
        yield f"{kind}: a text field outside an input"
    yield from (fault for part in parts(block) for fault in _faults_of_part(part))


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
    yield from _too_long(part)
    yield from _faults_of_choice(part)
    if "type" in part:
        yield from _faults_of_confirm(part.get("confirm"))


def _too_long(part: dict[str, Any]) -> Iterator[str]:
    for name, most in {**_LIMITS, "value": _VALUES.get(part.get("type", ""), 3_000)}.items():
        given = part.get(name)
        if isinstance(given, str) and len(given) > most:
            yield f"{name} longer than {most}"
    for name, most in _LABEL_LIMITS.items():
        given = part.get(name)
        if isinstance(given, dict) and len(given.get("text", "")) > most:
            yield f"{name} longer than {most}"
    if part.get("type") == "plain_text_input" and len(part.get("initial_value", "")) > part.get("max_length", 3_000):
        yield "an initial value longer than its field"


def _faults_of_choice(part: dict[str, Any]) -> Iterator[str]:
    options = part.get("options")
    if options is None:
        return
    most = _OPTIONS.get(part["type"], 100)
    if not 1 <= len(options) <= most:
        yield f"{part['type']} with {len(options)} options"
    for option in options:
        described = option.get("description", {}).get("text", "")
        if len(option["text"]["text"]) > 75 or len(option["value"]) > 150 or len(described) > 75:
            yield f"{part['type']}: an option is too long"
    if len({option["value"] for option in options}) < len(options):
        yield f"{part['type']}: two options with one value"
    chosen = part.get("initial_options", []) + [each for each in [part.get("initial_option")] if each]
    if any(option not in options for option in chosen):
        yield f"{part['type']}: chosen at first, but no option"


def _faults_of_confirm(confirm: Any) -> Iterator[str]:
    if not isinstance(confirm, dict):
        return
    for name, most in _CONFIRM.items():
        if name in confirm and not 1 <= len(confirm[name]["text"]) <= most:
            yield f"confirm: {name} is empty or longer than {most}"


def _repeated(blocks: list[dict[str, Any]]) -> Iterator[str]:
    actions = Counter(part["action_id"] for block in blocks for part in parts(block) if "action_id" in part)
    ids = Counter(block["block_id"] for block in blocks if "block_id" in block)
    yield from (f"{name!r} twice" for name, count in (*actions.items(), *ids.items()) if count > 1)
