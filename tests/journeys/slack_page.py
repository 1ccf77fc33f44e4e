"""What a message or a form looks like, in plain lines: the words, and `[buttons]` below them.

Rules:
- Nothing is added: a name, a time or a box stands here because Slack would draw it from the same block.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

_MENTION: Final = re.compile(r"<@(\w+)>")
_CHANNEL: Final = re.compile(r"<#(\w+)(?:\|([^>]*))?>")
_DATE: Final = re.compile(r"<!date\^(\d+)\^[^|>]*\|[^>]*>")
_LINK: Final = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")
_MESSAGE: Final = re.compile(r"https://fake\.slack\.test/archives/\w+/p\d+")
_BOLD: Final = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_ITALIC: Final = re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])")


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at Slack: knows people by name and lives in a time zone."""

    zone: ZoneInfo
    name_of: Callable[[str], str]
    """The name of a person or of a channel, by its id."""

    def message(self, message: dict[str, Any]) -> list[str]:
        """Read a message: its blocks, or its text when it has none."""
        return self.blocks(message["blocks"]) if message.get("blocks") else self.words(message["text"]).splitlines()

    def form(self, view: dict[str, Any]) -> list[str]:
        lines = [f"┌ {view['title']['text']}", *(f"│ {line}" for line in self.blocks(view["blocks"]))]
        below = [f"[{view[part]['text']}]" for part in ("close", "submit") if part in view]
        return [*lines, f"└ {' '.join(below)}".rstrip()]

    def blocks(self, blocks: list[dict[str, Any]]) -> list[str]:
        return [line for block in blocks for line in self.block(block)]

    def block(self, block: dict[str, Any]) -> Iterator[str]:
        match block["type"]:
            case "divider":
                yield "———"
            case "header":
                yield from self.words(block["text"]["text"]).splitlines()
            case "section":
                yield from self._section(block)
            case "context":
                yield " · ".join(self.words(each.get("text") or each.get("alt_text", "")) for each in block["elements"])
            case "actions":
                yield from self._elements(block["elements"])
            case "rich_text":
                yield from self._rich(block)
            case "input":
                yield from self._input(block)
            case kind:
                raise AssertionError(f"nobody knows how {kind} looks")

    def words(self, text: str) -> str:
        """Read marked-up text as it is shown."""
        text = _MENTION.sub(lambda found: "@" + self.name_of(found[1]), text)
        text = _DATE.sub(lambda found: self.moment(int(found[1])), text)
        text = _CHANNEL.sub(lambda found: "#" + self.name_of(found[1]), text)
        text = _MESSAGE.sub("the message's own link", text)
        text = _LINK.sub(lambda found: f"{found[2]} ({found[1]})" if found[2] else found[1], text)
        return unescape(_ITALIC.sub(r"\1", _BOLD.sub(r"\1", text)))

    def moment(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, UTC).astimezone(self.zone):%d %b %H:%M}"

    def _input(self, block: dict[str, Any]) -> Iterator[str]:
        yield f"{block['label']['text']}{' (optional)' if block.get('optional') else ''}"
        yield from (f"  {line}" for line in self._elements([block["element"]]))
        if "hint" in block:
            yield f"  {block['hint']['text']}"

    def _rich(self, block: dict[str, Any]) -> Iterator[str]:
        for part in block["elements"]:
            mark = "│ " if part["type"] == "rich_text_preformatted" else ""
            yield from (f"{mark}{line}" for line in "".join(map(self._run, part["elements"])).splitlines())

    def _run(self, run: dict[str, Any]) -> str:
        match run["type"]:
            case "user":
                return "@" + self.name_of(run["user_id"])
            case "link":
                return str(run.get("text") or run["url"])
            case _:
                return str(run.get("text", ""))

    def _section(self, block: dict[str, Any]) -> Iterator[str]:
        if "text" in block:
            words = block["text"]["text"]
            yield from (self.words(words) if block["text"]["type"] == "mrkdwn" else words).splitlines()
        for each in block.get("fields", []):
            yield ": ".join(self.words(each["text"]).splitlines())
        if "accessory" in block:
            yield from self._elements([block["accessory"]])

    def _elements(self, elements: list[dict[str, Any]]) -> Iterator[str]:
        line: list[str] = []
        for element in elements:
            match element["type"]:
                case "button":
                    line.append(f"[{element['text']['text']}]")
                case "overflow":
                    line.append(f"[⋯ {' | '.join(option['text']['text'] for option in element['options'])}]")
                case "checkboxes" | "radio_buttons":
                    yield from self._choices(element)
                case _:
                    line.append(_field(element))
        if line:
            yield " ".join(line)

    def _choices(self, element: dict[str, Any]) -> Iterator[str]:
        ticked = element.get("initial_options", []) + [one for one in [element.get("initial_option")] if one]
        for option in element["options"]:
            yield f"{'☑' if option in ticked else '☐'} {self.words(option['text']['text'])}"


def _field(element: dict[str, Any]) -> str:
    chosen = element.get("initial_option")
    if chosen:
        return f"⟨{chosen['text']['text']} ▾⟩"
    if "select" in element["type"]:
        return f"⟨{element.get('placeholder', {}).get('text', 'choose')} ▾⟩"
    return f"⟨{element.get('initial_value', '')!s}⟩"
