"""The start form of a playbook as a modal: one field for each input that is asked at the start.

Rules:
- A required input may be left open when it is ticked under "Not known yet": declaring never waits for facts.
- Block ids are `in:<input>`, and the element in a block has the same id. What the form is for stands in its
  `private_metadata`, so that nothing has to be remembered here.
- Values are read by the engine's own reader; this file only finds them in Slack's state.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from api.slack.payloads import View
from engine.channels.slack_text import context, cut, plain, section
from engine.incident.personal import Value
from engine.incident.plan import Plan
from engine.incident.refusal import Refusal
from engine.incident.values import read_value
from engine.language.playbook import Input, Playbook

START: Final = "start"
CHOOSE: Final = "choose_playbook"
TITLE: Final = "title"
SEVERITY: Final = "severity"
REHEARSAL: Final = "rehearsal"
PLAYBOOK: Final = "playbook"

_UNKNOWN: Final = "unknown"
_MOST_INPUTS: Final = 80
_LONGEST: Final = 3_000
_OPTIONS: Final = 100
_CHECKBOXES: Final = 10
_YES_NO: Final = (("Yes", "yes"), ("No", "no"))
_HINTS: Final[Mapping[str, str]] = {
    "url_list": "One link on each line",
    "people": "One name, e-mail or id on each line; they need not be users",
    "person": "A name, an e-mail or an id",
    "duration": "A number and a unit: 15m, 4h, 2d, 3bd",
    "file": "Where it is kept",
    "country": "Two letters, such as CA",
}

Block = dict[str, Any]


def choose_form(playbooks: Sequence[Playbook], title: str) -> Block:
    """Ask which playbook."""
    options = [_option(playbook.title, playbook.id) for playbook in playbooks[:_OPTIONS]]
    element = {"type": "static_select", "options": options, "placeholder": plain("Choose a playbook", 150)}
    return _modal(CHOOSE, "Start an incident", "Next", {"title": title}, [_field(PLAYBOOK, "What happened?", element)])


def start_form(plan: Plan, title: str) -> Block:
    """Ask what the playbook asks at the start."""
    playbook = plan.playbook
    metadata = {"playbook": playbook.id, "version": playbook.version}
    return _modal(START, "Start an incident", "Start", metadata, list(_blocks(plan, title)))


def started_form(text: str) -> Block:
    """Say what has been started, in the form's place."""
    return {
        "type": "modal",
        "callback_id": "started",
        "title": plain("Started", 24),
        "close": plain("Close", 24),
        "blocks": [section(text)],
    }


def needs_answers(playbook: Playbook) -> bool:
    """Say whether anything has to be answered, or marked as unknown, before this playbook can start."""
    return any(asked.required for asked in asked_at_start(playbook).values())


def asked_at_start(playbook: Playbook) -> dict[str, Input]:
    """Give the inputs of the form, in the playbook's order."""
    return dict([(name, asked) for name, asked in playbook.inputs.items() if asked.ask == "start"][:_MOST_INPUTS])


def metadata_of(view: View) -> dict[str, str]:
    """Read what a form is for; empty when it is none of ours."""
    try:
        found = json.loads(view.private_metadata)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def chosen_of(view: View, block: str) -> str | None:
    """Read a text or a single choice."""
    found = _given(view, block)
    return found if isinstance(found, str) and found else None


def is_ticked(view: View, block: str) -> bool:
    """Read a single checkbox."""
    return bool(_given(view, block))


def answers_of(view: View, playbook: Playbook) -> tuple[dict[str, Any], tuple[str, ...], dict[str, str]]:
    """Read the inputs, those that are not known yet, and what is wrong by block."""
    inputs: dict[str, Any] = {}
    unknown: list[str] = []
    errors: dict[str, str] = {}
    open_ones = _not_known(view)
    for name, asked in asked_at_start(playbook).items():
        given = _answer(view, name, asked)
        read = _read(asked, given)
        if isinstance(read, Refusal):
            errors[block_of(name)] = cut(read.reason, 500)
        elif given is not None:
            inputs[name] = given
        elif name in open_ones:
            unknown.append(name)
        elif asked.required:
            errors[block_of(name)] = "answer this, or tick it under “Not known yet”"
    return inputs, tuple(unknown), errors


def block_of(name: str) -> str:
    """Give the block of an input."""
    return f"in:{name}"


def _read(asked: Input, given: Any) -> Value | Refusal:
    return None if given is None else read_value(asked, given)


def _blocks(plan: Plan, title: str) -> Iterator[Block]:
    playbook = plan.playbook
    yield section(f"*{cut(playbook.title, 100)}*")
    if playbook.summary.strip():
        yield context(cut(playbook.summary.strip(), 500))
    text = {"type": "plain_text_input", "max_length": 200}
    yield _field(
        TITLE, "Title", {**text, "initial_value": title} if title else text, optional=True, hint="Short; shown in lists. No names."
    )
    asked = asked_at_start(playbook)
    for name, one in asked.items():
        yield _field(block_of(name), one.label or name, _element(one), optional=True, hint=_HINTS.get(one.type))
    required = [(one.label or name, name) for name, one in asked.items() if one.required]
    for start in range(0, len(required), _CHECKBOXES):
        yield _field(f"{_UNKNOWN}:{start}", "Not known yet", _checkboxes(required[start : start + _CHECKBOXES]), optional=True)
    yield _field(SEVERITY, "Severity", _severity(plan), optional=True)
    yield _field(REHEARSAL, "Rehearsal", _checkboxes([("Only practise: nothing leaves the rehearsal channel", "yes")]), optional=True)


def _element(asked: Input) -> Block:
    """Draw the element of an input's type, with its default."""
    element: Block = {}
    default = asked.default
    match asked.type:
        case "yes_no":
            return _choice(element | {"type": "radio_buttons"}, _YES_NO, None if default is None else "yes" if default else "no")
        case "choice":
            options = [(label, str(number)) for number, label in enumerate(asked.options[:_OPTIONS])]
            at = str(asked.options.index(default)) if isinstance(default, str) and default in asked.options else None
            return _choice(element | {"type": "static_select"}, options, at)
        case "number":
            return _initial(element | {"type": "number_input", "is_decimal_allowed": True}, "initial_value", default)
        case "date":
            return _initial(element | {"type": "datepicker"}, "initial_date", default)
        case "datetime":
            return element | {"type": "datetimepicker"}
        case "url":
            return _initial(element | {"type": "url_text_input"}, "initial_value", default)
        case _:
            multiline = asked.type in ("long_text", "url_list", "people")
            text = element | {"type": "plain_text_input", "multiline": multiline, "max_length": _LONGEST}
            return _initial(text, "initial_value", "\n".join(map(str, default)) if isinstance(default, list) else default)


def _choice(element: Block, options: Sequence[tuple[str, str]], initial: str | None) -> Block:
    drawn = [_option(label, value) for label, value in options]
    first = next((option for option in drawn if option["value"] == initial), None)
    return element | {"options": drawn} | ({"initial_option": first} if first else {})


def _initial(element: Block, name: str, default: Any) -> Block:
    return element if default is None else element | {name: str(default)[:_LONGEST]}


def _severity(plan: Plan) -> Block:
    severity = plan.playbook.severity
    titles = {name: f"{name.upper()}: {level.title}" for name, level in severity.levels.items()} if severity else {}
    options = [(titles.get(level, level), level) for level in plan.levels]
    return _choice({"type": "static_select"}, options, plan.start_level)


def _checkboxes(options: Sequence[tuple[str, str]]) -> Block:
    return {"type": "checkboxes", "options": [_option(label, value) for label, value in options]}


def _option(label: str, value: str) -> Block:
    return {"text": plain(label, 75), "value": value}


def _field(block: str, label: str, element: Block, *, optional: bool = False, hint: str | None = None) -> Block:
    field = {
        "type": "input",
        "block_id": block,
        "label": plain(label, 150),
        "element": {**element, "action_id": block},
        "optional": optional,
    }
    return field | ({"hint": plain(hint, 150)} if hint else {})


def _modal(callback: str, title: str, submit: str, metadata: Mapping[str, str], blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain("Cancel", 24),
        "private_metadata": json.dumps(metadata),
        "blocks": blocks,
    }


def _not_known(view: View) -> frozenset[str]:
    values = view.state.values if view.state else {}
    return frozenset(name for block in values if block.startswith(f"{_UNKNOWN}:") for name in _given(view, block) or ())


def _answer(view: View, name: str, asked: Input) -> Any:
    """Read one input as the engine takes it; None when it was left open."""
    given = _given(view, block_of(name))
    if not isinstance(given, str) or not given.strip():
        return None
    match asked.type:
        case "url_list" | "people":
            return [line.strip() for line in given.splitlines() if line.strip()]
        case "choice":
            return asked.options[int(given)] if given.isdecimal() and int(given) < len(asked.options) else given
        case _:
            return given.strip()


def _given(view: View, block: str) -> str | list[str] | None:
    """Find what an element holds, whatever its type."""
    element = ((view.state.values if view.state else {}).get(block) or {}).get(block) or {}
    match element.get("type"):
        case "static_select" | "radio_buttons":
            return (element.get("selected_option") or {}).get("value")
        case "checkboxes":
            return [str(option.get("value", "")) for option in element.get("selected_options") or []]
        case "datepicker":
            return element.get("selected_date")
        case "datetimepicker":
            at = element.get("selected_date_time")
            return datetime.fromtimestamp(at, UTC).isoformat() if isinstance(at, int) else None
        case _:
            value = element.get("value")
            return value if isinstance(value, str) else None
