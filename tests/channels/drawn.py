"""Looking at drawn blocks: what stands where, what can be pressed, and texts that want to break them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.block_kit import faults_of
from tests.plain_words import complaints_of_blocks

Blocks = list[dict[str, Any]]

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<!channel> & <@U0ANA> <https://evil.example|click>",
            "&amp;" * 200,
            "*_~`" * 500,
            "é" * 5_000,
            "<" * 3_000,
            '"\\' * 3_000,
            "\x01" * 2_000,
            "line\n" * 900,
            "|>",
            "a",
        ]
    ),
    st.text(min_size=1).filter(str.strip),
)
"""Texts as nobody should write them."""

_MARK = re.compile(
    r"<(?!!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9 :-]+ UTC>|@U0ANA>|https://firebreak\.example\.com/rooms/INC-7(?:/steps/freeze)?\|)[^>]*>"
)


def text_of(blocks: Blocks) -> str:
    return json.dumps(blocks, ensure_ascii=False)


def refused(blocks: Blocks) -> list[str]:
    """Everything that Slack refuses in these blocks, and everything that is hard to hear."""
    return [*faults_of(blocks), *complaints_of_blocks(blocks)]


def injected(blocks: Blocks) -> bool:
    """Whether any markup stands there that we did not write."""
    return _MARK.search(_marked_up(blocks)) is not None


def pressable(blocks: Blocks) -> dict[str, dict[str, Any]]:
    """Everything that can be pressed, by its action id; a line of a menu under the action that it names."""
    found = {}
    for element in _elements(blocks):
        if element["type"] == "overflow":
            named = [option["value"].partition("|") for option in element["options"]]
            found |= {f"more:{action}": {"value": value} for action, _, value in named}
        else:
            found[element["action_id"]] = element
    return found


def rows(blocks: Blocks) -> list[Blocks]:
    """The rows of elements, checkboxes aside."""
    drawn = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [elements for elements in drawn if elements[0]["type"] != "checkboxes"]


def exact_words(blocks: Blocks) -> str:
    """The words that stand there as they are: plain, or in a box to copy."""
    return "".join(_exact(block) for block in blocks)


def _exact(block: dict[str, Any]) -> str:
    if block["type"] == "rich_text":
        return str(block["elements"][0]["elements"][0]["text"])
    text = block.get("text", {})
    return str(text["text"]) if block["type"] == "section" and text.get("type") == "plain_text" else ""


def _elements(blocks: Blocks) -> Iterator[dict[str, Any]]:
    yield from (element for block in blocks if block["type"] == "actions" for element in block["elements"])


def _marked_up(value: Any) -> str:
    """Everything that Slack reads as markup."""
    if isinstance(value, list):
        return " ".join(map(_marked_up, value))
    if not isinstance(value, dict):
        return ""
    own = value["text"] if value.get("type") == "mrkdwn" else ""
    return own + " ".join(map(_marked_up, value.values()))
