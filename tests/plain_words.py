"""What a message owes to whoever hears it read aloud, and to everybody who must not be woken by somebody else's text.

Slack takes messages that break these rules; our tests don't.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_END: Final = re.compile(r"[.!?…][)”’\"']?( \(\w+-\d+\))?$")
_SHOUT: Final = re.compile(r"<!(channel|here|everyone|subteam)\b")


def complaints_of(message: Mapping[str, Any], *, notifies: bool = True) -> list[str]:
    """List what is hard to read or to hear in a message's text and blocks; what `notifies` is read aloud as one sentence."""
    text, blocks = str(message.get("text") or ""), message.get("blocks") or []
    found = [] if text.strip() else ["blocks without a text to read aloud"]
    if notifies and text.strip() and blocks and not is_sentence(text):
        found.append(f"a text that is no sentence: {text[-80:]!r}")
    if _SHOUT.search(text):
        found.append("a shout at the whole channel")
    return [*found, *complaints_of_blocks(blocks)]


def is_sentence(text: str) -> bool:
    """Say whether a text can be read aloud instead of its blocks: three words at least, and an end."""
    return len(text.split()) >= 3 and _END.search(text.strip()) is not None


def complaints_of_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    """List what is hard to read or to hear in blocks, of a message or of a view."""
    every = [part for block in blocks for part in parts(block)]
    return [*(fault for part in every for fault in _of_part(part)), *_alike(every)]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Walk every object inside a block, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from parts(inner)
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def _of_part(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type")
    if kind == "button" and not str(part.get("accessibility_label") or "").strip():
        yield f"the button {part['text']['text']!r} says nothing to a screen reader"
    if kind == "image" and not str(part.get("alt_text") or "").strip():
        yield "an image without words"
    if kind == "mrkdwn" and _SHOUT.search(part["text"]):
        yield "a shout at the whole channel"


def _alike(every: list[dict[str, Any]]) -> Iterator[str]:
    labels = Counter(part.get("accessibility_label") for part in every if part.get("type") == "button")
    yield from (f"two buttons say {label!r}" for label, count in labels.items() if label and count > 1)
