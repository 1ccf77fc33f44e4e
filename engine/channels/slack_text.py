"""Words for Slack: user text can't become markup, times are in the reader's zone, people are mentioned.

Rules:
- Everything that a person or a playbook wrote goes through `escape`, so that `<!channel>` stays four words.
- Lengths count escaped characters, because that is what Slack counts; `cut` never breaks an entity.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from html import escape as escape_html
from typing import Any, Final

Facts = Mapping[str, Any]

NOBODY: Final = "nobody yet"
_LONGEST_ENTITY: Final = 5
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def escape(text: str) -> str:
    """Turn `&`, `<` and `>` into entities, the three that Slack asks for."""
    return escape_html(text, quote=False)


def cut(text: str, limit: int) -> str:
    """Escape a text and shorten it to at most `limit` characters, with an ellipsis where something is missing.

    Control characters stand as U+FFFD: nobody can see them, and each takes six characters of a message's limit.
    """
    text = _CONTROL.sub("\ufffd", text)
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    kept = text[: limit - 1]
    while len(escape(kept)) > limit - 1:
        kept = kept[: -max(1, (len(escape(kept)) - limit) // _LONGEST_ENTITY)]
    return escape(kept.rstrip()) + "…"


def cut_plain(text: str, limit: int) -> str:
    """Shorten a text for a plain text field, which needs no escaping."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def moment(at: str | None) -> str:
    """Write an RFC 3339 instant so that each reader sees it in their own zone."""
    if at is None:
        return "no due time"
    instant = datetime.fromisoformat(at)
    return f"<!date^{int(instant.timestamp())}^{{date_short_pretty}} {{time}}|{instant:%Y-%m-%d %H:%M} UTC>"


def person(facts: Facts, who: str | None) -> str:
    """Mention a person of the facts, or name them when they are not in Slack."""
    if who is None:
        return NOBODY
    known = facts.get("people", {}).get(who, {})
    slack = known.get("slack")
    return f"<@{escape(slack)}>" if slack else cut(known.get("name") or who, 80)


def section(text: str) -> dict[str, Any]:
    """Build a block of marked-up text (at most 3,000 characters, already escaped)."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def exact(text: str) -> dict[str, Any]:
    """Build a block that shows a text as it stands, without markup (at most 3,000 characters)."""
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}


def context(*texts: str) -> dict[str, Any]:
    """Build a line of small print from at most 10 marked-up texts, already escaped."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text} for text in texts]}


def header(text: str) -> dict[str, Any]:
    """Build a heading, shortened to Slack's 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut_plain(text, 150), "emoji": False}}


def button(text: str, *, action_id: str, value: str, label: str) -> dict[str, Any]:
    """Build a button; `label` is what a screen reader says."""
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": cut_plain(text, 75), "emoji": False},
        "action_id": action_id,
        "value": value,
        "accessibility_label": cut_plain(label, 75),
    }


def plain(text: str, limit: int) -> dict[str, Any]:
    """Build a plain text object of at most `limit` characters."""
    return {"type": "plain_text", "text": cut_plain(text, limit), "emoji": False}
