"""The words for each kind of fault in a field, with the code that the field reference gives to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic_core import ErrorDetails

from engine.language.diagnostic import Level, Path
from engine.language.playbook import InputType
from engine.language.scalars import kind_of
from engine.language.suggest import as_name, listed, nearest, quoted


@dataclass(frozen=True, slots=True)
class Said:
    """A code, its message without the name of the part it is about, and advice."""

    code: str
    message: str
    help: str | None = None
    level: Level | None = None


_EXAMPLES: Final[Mapping[str, str]] = {
    "id": "give it a name of its own, such as id: call_family; other steps name it in needs",
    "options": 'say the answers: options: {yes: {label: "Yes", then: [next_step]}, no: {label: "No", then: []}}',
    "to": "say where it goes: to: [war_room]",
    "of": "say what it is about: of: with the id of a statement or step",
    "approvers": "say the roles whose agreement is needed: approvers: [legal]",
    "channels": "say where it goes: channels: [newsroom]",
    "audience": "say whom the words are for: audience: public",
    "template": "say which prepared words it begins with: template: with a name from templates",
    "collect": "say what is saved of each source: collect: [screenshot, page_address]",
    "every": "say how often somebody looks: every: 30m",
    "until": "say when it ends: until: metrics.mentions_per_hour < 20",
}
"""What to write where a step lacks a field."""

MISSING: Final[Mapping[tuple[str, str], Said]] = {
    ("", "firebreak"): Said("FB005", "the file does not say its language", "begin it with the line 'firebreak: 1'"),
    ("", "firebreak_organisation"): Said(
        "FB005", "the file does not say that it is an organisation file", "begin it with the line 'firebreak_organisation: 1'"
    ),
    ("", "version"): Said("FB012", "the version is missing", "write version: 1.0.0"),
    ("", "id"): Said("FB010", "'id' is missing", "give it a name that never changes, such as id: bad_review"),
    ("", "title"): Said("FB010", "'title' is missing", "write what people read everywhere: title: A bad review goes round"),
    ("", "owner"): Said("FB010", "'owner' is missing", "name the role that answers for this playbook"),
    ("", "steps"): Said("FB010", "'steps' is missing", "a playbook has at least one step"),
    ("roles", "title"): Said("FB010", "'title' is missing", "say what the role is called: {title: Head of communications}"),
    ("inputs", "type"): Said("FB110", " has no type", f"write one of {', '.join(get_args(InputType))}"),
    ("policies", "rule"): Said("FB140", " has no rule"),
    ("required_policies", "rule"): Said("FB140", " has no rule"),
    ("severity", "levels"): Said("FB120", " needs two levels", "list them, lowest first"),
    **{("steps", field): Said("FB010", f"{quoted(field)} is missing", example) for field, example in _EXAMPLES.items()},
    ("follow_ups", "id"): Said("FB010", "'id' is missing", "give it a name of its own, such as id: day_30"),
    ("follow_ups", "at"): Said("FB010", "'at' is missing", "say when it opens: at: 30d from closed"),
    ("steps", "then"): Said("FB220", " does not say what happens then; write then: [] to simply continue"),
    ("steps", "on_reject"): Said(
        "FB405", " does not say what happens on rejection", "write on_reject: {rework: <the step to do again>, max: 3, then: escalate}"
    ),
}
"""A message that begins with a space follows the part's name directly; others follow a colon."""

EITHER: Final[Mapping[str, str]] = {
    "quorum": "all, any or a number",
    "escalate": "a ladder's name, or a list of rungs",
    "to": "a name, or a list of names",
    "then": "a step, or a list of steps",
    "default": "a text, a number, true or false, or a list of these",
    "body": "a text, or a map",
}
"""Fields that allow several shapes."""

_SYNONYMS: Final[Mapping[str, str]] = {
    "boolean": "yes_no",
    "bool": "yes_no",
    "checkbox": "yes_no",
    "string": "text",
    "str": "text",
    "textarea": "long_text",
    "markdown": "long_text",
    "integer": "number",
    "int": "number",
    "float": "number",
    "select": "choice",
    "enum": "choice",
    "link": "url",
    "links": "url_list",
    "urls": "url_list",
    "user": "person",
    "users": "people",
    "persons": "people",
    "time": "datetime",
    "attachment": "file",
}
_TIME: Final = "is not a time; write 15m, 4h, 2d, 3bd or '15m from declared'"
_NAME: Final = "is not a name; use 2 to 48 of a-z, 0-9 and _, beginning with a letter"
_PATTERNS: Final[Mapping[str, Said]] = {
    "version": Said("FB012", "is not x.y.z", "write three numbers, such as 1.0.0"),
    "assign": Said("FB114", "does not say where to find the person", "write oncall:x, group:x, person:x, email:x or ask", "error"),
    "hours": Said("FB010", "is not a span of hours", 'write "08:30-17:00"'),
    "quiet_hours": Said("FB010", "is not a span of hours", 'write "22:00-07:00"'),
    "absent": Said("FB010", "is not a day or a span of days", "write 2026-07-01 or 2026-07-01..2026-07-14"),
}
_WHOLE: Final = "{name} must be a whole number, not {value}"
_MAP: Final = "{name} must be a map of fields, not {kind}"
_FIELDS: Final = "write its fields in braces, {name: value}, or each on a line of its own below, two spaces further in"
_SENTENCES: Final[Mapping[str, str]] = {
    "string_type": "{name} must be text, not {kind}",
    "string_too_long": "{name} is longer than {max_length:,} characters",
    "too_long": "{name} has more than {max_length:,} entries",
    "bool_type": "{name} must be true or false, not {value}",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _WHOLE,
    "greater_than_equal": "{name} must be at least {ge}",
    "less_than_equal": "{name} must be at most {le}",
    "list_type": "{name} must be a list, not {kind}",
    "dict_type": _MAP,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
}


def wording(error: ErrorDetails, value: object, *, field: str | int, path: Path, is_key: bool) -> Said:
    """Say what is wrong with a value; `field` is its key, or its index in a list."""
    kind = error["type"]
    name = quoted(field) if isinstance(field, str) else f"number {field + 1}"
    if value is None:
        return Said("FB010", f"{name} is empty; write a value or delete the line")
    match kind:
        case "string_pattern_mismatch":
            return _pattern(value, field=field, path=path, is_key=is_key)
        case "literal_error":
            return _literal(error, value, field=field, path=path)
        case "value_error" | "dataclass_exact_type" | "dataclass_type":
            return _time(error, value)
        case "date" | "moment" | "date_type" | "datetime_type":
            return Said("FB010", f"{quoted(value)} {error['msg'] if kind in ('date', 'moment') else 'is not a day; write 2026-12-25'}")
        case "string_type" if not isinstance(value, list | dict):
            return _unquoted(value, field, path, name)
        case "string_too_short" | "too_short":
            return Said("FB010", f"{name} is empty; write at least one" if kind == "too_short" else f"{name} is empty")
        case _:
            return _general(error, value, name)


def nearest_type(word: object) -> str | None:
    """Give the type of input that an author may have meant: `boolean` gives `yes_no`."""
    return _SYNONYMS.get(str(word).lower()) or next(iter(nearest(str(word), get_args(InputType))), None)


def _pattern(value: object, *, field: str | int, path: Path, is_key: bool) -> Said:
    owner = field if isinstance(field, str) else path[-2]
    if not is_key and owner in _PATTERNS:
        said = _PATTERNS[str(owner)]
        return Said(said.code, f"{'version ' if owner == 'version' else ''}{quoted(value)} {said.message}", said.help, said.level)
    proposal = as_name(str(value))
    return Said("FB010", f"{quoted(value)} {_NAME}", f"write {proposal}" if proposal else None)


def _literal(error: ErrorDetails, value: object, *, field: str | int, path: Path) -> Said:
    options = [word.strip("' ") for word in error["ctx"]["expected"].replace(" or ", ", ").split(",")]
    if field == "firebreak":
        return Said("FB005", f"this file is for language {quoted(value)[1:-1]}; this server reads 1")
    if field == "firebreak_organisation":
        return Said("FB005", f"this organisation file is of version {quoted(value)[1:-1]}; this server reads 1")
    if (field == "type" and path[0] == "inputs") or path[-2:] == ("result", "type"):
        return Said("FB110", f"{quoted(value)} is not a type; use {nearest_type(value) or listed(options)}")
    return Said(
        "FB010", f"{quoted(field) if isinstance(field, str) else 'entry'} can't be {quoted(value)}; write {_or(options, str(value))}"
    )


def _time(error: ErrorDetails, value: object) -> Said:
    reason = error.get("ctx", {}).get("error")
    if isinstance(reason, ValueError):
        return Said("FB301", str(reason))
    return Said("FB301", f"{quoted(value)} {_TIME}")


def _unquoted(value: object, field: str | int, path: Path, name: str) -> Said:
    if field == "version":
        return Said("FB012", f"version {quoted(value)} is not x.y.z", "write three numbers, such as 1.0.0")
    if isinstance(field, int) and path[-2:-1] == ("options",):
        name = f"option {field + 1}"
    return Said("FB004", f"{name} is {kind_of(value)}; write it in quotes")


def _general(error: ErrorDetails, value: object, name: str) -> Said:
    sentence = _SENTENCES.get(error["type"])
    if sentence is None:
        return Said("FB010", f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}")
    limits: Mapping[str, Any] = error.get("ctx", {})
    message = sentence.format(name=name, kind=kind_of(value), value=quoted(value), **limits)
    advice = _bracketed(name, value) if error["type"] == "list_type" else _FIELDS if sentence is _MAP else None
    return Said("FB010", message, advice)


def _bracketed(name: str, value: object) -> str | None:
    return None if isinstance(value, dict) else f"write {name[1:-1]}: [{quoted(value)[1:-1]}]"


def _or(options: list[str], like: str) -> str:
    ordered = listed(options, like=like).split(", ")
    return ordered[0] if len(ordered) == 1 else f"{', '.join(ordered[:-1])} or {ordered[-1]}"
