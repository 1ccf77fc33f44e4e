"""The reference part of `docs/language.md`, made of the same schemas that editors use: every field, its form, its meaning.

It stands between two markers; everything else on the page is written by hand.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.language.playbook import KINDS
from engine.language.rules.policies import RULES
from engine.language.schema import Document, schema_of
from engine.language.schema_forms import DUE, DURATION, NAME, REMINDER, Schema
from engine.language.schema_words import STEP_KINDS

BEGIN: Final = "<!-- reference: made of the models by `make reference`; write above or below it -->"
END: Final = "<!-- end of reference -->"

_FORMS: Final = {
    NAME["pattern"]: "name",
    DURATION["pattern"]: "time",
    DUE["pattern"]: "time, `from` a moment",
    REMINDER["pattern"]: "`5m before`, `at due`, `every 15m after`",
}
_NOUNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("owner", "role", "helpers", "readers", "fallback", "approvers", "tell", "lower_by"), "role"),
    **dict.fromkeys(("needs", "reached_by", "steps", "first", "step", "rework"), "step"),
    **dict.fromkeys(("min_severity", "start"), "level"),
    **dict.fromkeys(("record", "measure"), "metric"),
    **dict.fromkeys(("when", "until", "recuse"), "expression"),
    **dict.fromkeys(("ladder", "escalate"), "ladder"),
    **dict.fromkeys(("people", "rotation"), "person"),
    "template": "template",
    "of": "statement or step",
    "needs_inputs": "input",
    "if_no_answer": "option",
    "then": "step",
    "system": "ticket system",
}
_SPECIAL: Final[Mapping[tuple[str, str], str]] = {
    ("rung", "to"): "role, or list of roles",
    ("raise_rule", "to"): "level",
    ("option", "raise"): "level",
    ("step_evidence", "from"): "expression",
    ("step_evidence", "collect"): "list of names",
    ("step_playbook", "with"): "map of input → expression",
    ("step_http", "body"): "text or map",
    ("step_fields", "checklist"): "list of texts, or of `{item, optional}`",
    ("step_fields", "links"): "list of addresses, or of `{title, url}`",
    ("step_publish", "of"): "statement",
    ("organisation", "groups"): "map of name → list of people",
    ("input", "default"): "answer",
    ("defaults", "reach"): "list of `{after, by}`",
}
"""Where a field's name means something of its own in one place."""

_PLAYBOOK_PARTS: Final = (
    ("settings", "`settings`"),
    ("input", "`inputs.<name>`"),
    ("role", "`roles.<name>`"),
    ("reach_step", "`reach` of a role"),
    ("rung", "A rung of `ladders.<name>`, or of `escalate`"),
    ("severity", "`severity`"),
    ("level", "`severity.levels.<name>`"),
    ("raise_rule", "An entry of `severity.raise`"),
    ("milestone", "`milestones.<name>`"),
    ("metric", "`metrics.<name>`"),
    ("template_source", "`templates.<name>`"),
    ("reference", "An entry of `references`"),
    ("policy", "An entry of `policies`"),
)
_STEP_PARTS: Final = (
    ("result", "`result` of a task"),
    ("option", "`options.<name>` of a decision"),
    ("on_reject", "`on_reject` of an approval"),
    ("retry", "`retry` of an http step"),
    ("each_time", "`each_time` of a monitor"),
    ("follow_up", "An entry of `follow_ups`"),
)
_ORGANISATION_PARTS: Final = (
    ("calendar", "`calendars.<name>`"),
    ("person", "`people.<name>`"),
    ("oncall", "`oncall.<name>`"),
    ("channel_entry", "`channels.<name>`"),
    ("ticket_system", "`tickets.<name>`"),
    ("site", "`sites.<name>`"),
    ("defaults", "`defaults`"),
    ("rehearsal_group", "`rehearsal`"),
)


def with_reference(page: str) -> str:
    """Put the reference between the markers of a page; raise ValueError when they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page lacks the markers of the reference")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def reference() -> str:
    """Write the reference in Markdown."""
    return "\n".join((*_playbook(schema_of(Document.PLAYBOOK)), *_organisation(schema_of(Document.ORGANISATION))))


def _playbook(schema: Schema) -> Iterator[str]:
    parts = schema["$defs"]
    yield "● must be there. A name has 2 to 48 of a-z, 0-9 and _, and begins with a letter. A time is `30s`, `15m`, `4h`, `2d`,"
    yield from ("`1w` or `3bd` (business days).", "")
    yield from _table("A playbook", "playbook", schema)
    for part, title in _PLAYBOOK_PARTS:
        yield from _table(title, part, parts[part])
    yield from ("Each rule takes fields of its own:", "", "| `rule` | Takes |", "|---|---|")
    yield from (f"| `{rule}` | {', '.join(f'`{name}`' for name in takes.fields)} |" for rule, takes in RULES.items())
    yield ""
    yield from _table("What all steps share", "step_fields", parts["step_fields"])
    for kind in KINDS:
        yield from _kind(kind, parts[f"step_{kind}"])
    for part, title in _STEP_PARTS:
        yield from _table(title, part, parts[part])


def _organisation(schema: Schema) -> Iterator[str]:
    yield from _table("The organisation file", "organisation", schema)
    for part, title in _ORGANISATION_PARTS:
        yield from _table(title, part, schema["$defs"][part])


def _kind(kind: str, part: Schema) -> Iterator[str]:
    own = {name: value for name, value in part["properties"].items() if "$ref" not in value or "description" in value}
    fields = {name: value for name, value in own.items() if name != kind}
    role = " It needs a `role`." if "role" in part["required"] else ""
    if fields:
        yield from _table(f"`{kind}`", f"step_{kind}", {**part, "properties": fields}, f"{STEP_KINDS[kind]}{role}")
    else:
        yield from (f"### `{kind}`", "", f"{STEP_KINDS[kind]}{role}", "")


def _table(title: str, part: str, schema: Schema, about: str = "") -> Iterator[str]:
    required = schema.get("required", [])
    yield from (f"### {title}", "", *((about, "") if about else ()), "| Field | Form | Default | Meaning |", "|---|---|---|---|")
    for name, field in schema["properties"].items():
        mark = " ●" if name in required else ""
        shape = _SPECIAL.get((part, name)) or _type(field, _NOUNS.get(name, ""))
        default = f"`{_written(field['default'])}`" if "default" in field and field["default"] is not False else ""
        yield f"| `{name}`{mark} | {_cell(shape)} | {default} | {_cell(field['description'])} |"
    yield ""


def _type(field: Schema, noun: str) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(option, noun) for option in field["anyOf"]))
    if "$ref" in field:
        return f"`{{{', '.join(_SHAPES.get(field['$ref'].rpartition('/')[2], ('…',)))}}}`"
    if "const" in field or "enum" in field:
        return ", ".join(f"`{_written(value)}`" for value in field.get("enum", [field.get("const")]))
    match field.get("type"):
        case "array":
            return f"list of {_plural(_type(field.get('items', {}), noun))}"
        case "object":
            return _map(field, noun)
        case other:
            return _PLAIN.get(str(other)) or _text(field, noun)


def _map(field: Schema, noun: str) -> str:
    inside = field.get("additionalProperties")
    if not isinstance(inside, dict):
        return "map"
    if "$ref" in inside:
        return "map of names, see below"
    return f"map of name → {_type(inside, noun)}"


def _text(field: Schema, noun: str) -> str:
    known = _FORMS.get(field.get("pattern", ""))
    return noun if noun and known in (None, "name") else known or noun or "text"


def _plural(word: str) -> str:
    if word == "person":
        return "people"
    return word if word.startswith("`") or word.endswith("s") else f"{word}s"


_PLAIN: Final = {"boolean": "true or false", "integer": "whole number", "number": "number"}
_SHAPES: Final[Mapping[str, tuple[str, ...]]] = {
    "rung": ("late", "to", "by"),
    "reach_step": ("after", "by"),
    "reference": ("title", "url"),
    "raise_rule": ("to", "when"),
    "result": ("type", "label", "…"),
    "on_reject": ("rework", "max", "then"),
    "each_time": ("to", "text"),
    "retry": ("times", "wait"),
    "policy": ("id", "rule", "…"),
    "follow_up": ("id", "at", "role", "task", "…"),
    "step": ("id", "task", "role", "…"),
    "severity": ("levels", "start", "raise", "…"),
    "settings": ("visibility", "…"),
    "defaults": ("ladder", "…"),
    "rehearsal_group": ("channel", "people"),
}
"""What a map looks like at a glance; its own table says the rest."""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(str(entry) for entry in value)}]" if isinstance(value, list) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
