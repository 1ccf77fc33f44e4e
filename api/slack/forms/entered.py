"""Reads what somebody entered into a form, whatever the type of each element.

Rules:
- Nothing is decided here: values are checked by the engine's own readers. What is empty is None.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from api.slack.forms.fields import OPTIONS, Asked
from api.slack.payloads import View

Given = str | list[str] | None


def given(view: View, block: str) -> Given:
    """Find what an element holds: a text, a value, several values, or None."""
    element = ((view.state.values if view.state else {}).get(block) or {}).get(block) or {}
    return _READERS.get(str(element.get("type")), _text)(element)


def text_of(view: View, block: str) -> str:
    """Read a text or a single choice; empty when there is none."""
    found = given(view, block)
    return found.strip() if isinstance(found, str) else ""


def several_of(view: View, block: str) -> list[str]:
    """Read several choices."""
    found = given(view, block)
    return found if isinstance(found, list) else []


def answer_of(view: View, block: str, asked: Asked) -> Any:
    """Read one input as the engine takes it; None when it was left open."""
    found = given(view, block)
    if not isinstance(found, str) or not found.strip():
        return None
    match asked.type:
        case "url_list" | "people":
            return [line.strip() for line in found.splitlines() if line.strip()]
        case "choice" if len(asked.options) <= OPTIONS:
            return asked.options[int(found)] if found.isdecimal() and int(found) < len(asked.options) else found
        case _:
            return found.strip()


def metadata_of(view: View) -> dict[str, str]:
    """Read what a form is for; empty when it is none of ours."""
    try:
        found = json.loads(view.private_metadata)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def first_field(view: View) -> str:
    """Give the first block that can show an error; empty when the form has no fields."""
    inputs = (str(block.get("block_id", "")) for block in view.blocks if block.get("type") == "input")
    return next(inputs, next(iter(view.state.values), "") if view.state else "")


def digest_of(view: View) -> str:
    """Give the hex SHA-256 of everything that was entered."""
    values = view.state.values if view.state else {}
    return hashlib.sha256(json.dumps([view.private_metadata, values], sort_keys=True).encode()).hexdigest()


def _text(element: Mapping[str, Any]) -> Given:
    value = element.get("value")
    return value if isinstance(value, str) else None


def _option(element: Mapping[str, Any]) -> Given:
    found = element.get("selected_option")
    value = found.get("value") if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def _options(element: Mapping[str, Any]) -> Given:
    return [str(each.get("value", "")) for each in element.get("selected_options") or [] if isinstance(each, dict)]


def _instant(element: Mapping[str, Any]) -> Given:
    at = element.get("selected_date_time")
    return datetime.fromtimestamp(at, UTC).isoformat() if isinstance(at, int) else None


def _named(name: str) -> Callable[[Mapping[str, Any]], Given]:
    def read(element: Mapping[str, Any]) -> Given:
        value = element.get(name)
        return value if isinstance(value, str) else None

    return read


def _all_named(name: str) -> Callable[[Mapping[str, Any]], Given]:
    def read(element: Mapping[str, Any]) -> Given:
        return [each for each in element.get(name) or [] if isinstance(each, str)]

    return read


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Given]]] = {
    "static_select": _option,
    "radio_buttons": _option,
    "checkboxes": _options,
    "multi_static_select": _options,
    "users_select": _named("selected_user"),
    "multi_users_select": _all_named("selected_users"),
    "conversations_select": _named("selected_conversation"),
    "datepicker": _named("selected_date"),
    "timepicker": _named("selected_time"),
    "datetimepicker": _instant,
}
