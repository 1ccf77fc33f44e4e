"""The start form once more, because another open incident has one of its links: join that one, or start anyway.

Rules:
- Nothing that was typed is lost: the same fields come back with what was entered.
- Only incidents that the person may know of are named.
- "Start anyway" says anyway to the incidents that were shown, and to no others.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.slack.forms.entered import metadata_of
from api.slack.forms.fields import Block
from api.slack.payloads import View
from engine.channels.slack_text import button, cut, plain, section
from engine.store.projections import IncidentRow

ANYWAY: Final = "anyway"
_SHOWN: Final = 3


def duplicate_form(form: Block, view: View, rows: Sequence[IncidentRow]) -> Block:
    """Draw a start form again, filled in as it was submitted, below the incidents that have its links already."""
    entered = view.state.values if view.state else {}
    fields = [_filled(block, entered) if block["type"] == "input" else block for block in form["blocks"]]
    keys = {*said_anyway(view), *(row.key for row in rows)}
    metadata = json.dumps({**json.loads(form["private_metadata"]), ANYWAY: ",".join(sorted(keys))})
    blocks = [*_already(rows), *fields]
    return form | {"submit": plain("Start anyway", 24), "private_metadata": metadata, "blocks": blocks}


def said_anyway(view: View) -> frozenset[str]:
    """Give the incidents that the person was shown before they submitted."""
    return frozenset(metadata_of(view).get(ANYWAY, "").split(",")) - {""}


def _already(rows: Sequence[IncidentRow]) -> list[Block]:
    verb, more = "has" if len(rows) == 1 else "have", rows[_SHOWN:]
    rows = rows[:_SHOWN]
    lines = [f"*{row.key}* {cut(row.title, 150)} ({cut(row.severity.upper(), 40)})" for row in rows]
    lines += [f"and {', '.join(row.key for row in more)}"] if more else []
    text = "\n".join((*lines, f"already {verb} this link: join, or start anyway below. What you entered is kept."))
    buttons = [
        button(f"Join {row.key}", action_id="join" if not number else f"join:{number}", value=row.key, label=f"Take part in {row.key}")
        for number, row in enumerate(rows)
    ]
    return [section(text), {"type": "actions", "elements": buttons}]


def _filled(block: Block, entered: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Block:
    """Put into a field what stood in it."""
    name = block["block_id"]
    given = (entered.get(name) or {}).get(name)
    if given is None:
        return block
    element = {part: value for part, value in block["element"].items() if not part.startswith("initial_")}
    return block | {"element": element | _initial(element, given)}


def _initial(element: Block, given: Mapping[str, Any]) -> Block:
    match element["type"]:
        case "static_select" | "radio_buttons":
            chosen = _options(element, [given.get("selected_option")])
            return {"initial_option": chosen[0]} if chosen else {}
        case "checkboxes":
            chosen = _options(element, given.get("selected_options") or [])
            return {"initial_options": chosen} if chosen else {}
        case "datepicker":
            return _one("initial_date", given.get("selected_date"))
        case "datetimepicker":
            return _one("initial_date_time", given.get("selected_date_time"))
        case _:
            return _one("initial_value", given.get("value"))


def _one(name: str, value: Any) -> Block:
    return {name: value} if value else {}


def _options(element: Block, chosen: Sequence[Mapping[str, Any] | None]) -> list[Block]:
    wanted = {str(option.get("value")) for option in chosen if option}
    return [option for option in element["options"] if option["value"] in wanted]
