"""A playbook's start form as JSON Schema (draft 2020-12), so that any program can draw it and check it.

Inputs stand in the playbook's order (`x-order`), with `x-input-type` as the playbook calls it. Required
inputs may be given as unknown when declaring, so the schema lists them and a form should say so.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.language.playbook import Input, Playbook

_URL: Final[Mapping[str, Any]] = {"type": "string", "format": "uri", "maxLength": 2_000}
_NAME: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 300}
_SHAPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string", "minLength": 1, "maxLength": 10_000},
    "long_text": {"type": "string", "minLength": 1, "maxLength": 10_000},
    "number": {"type": "number"},
    "yes_no": {"type": "boolean"},
    "choice": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "duration": {"type": "string", "pattern": r"^\d{1,6}(s|m|h|d|w|bd)$"},
    "url": _URL,
    "url_list": {"type": "array", "items": _URL, "uniqueItems": True, "maxItems": 500},
    "person": _NAME,
    "people": {"type": "array", "items": _NAME, "uniqueItems": True, "maxItems": 500},
    "file": {"type": "string"},
    "country": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
}


def start_form(playbook: Playbook) -> dict[str, Any]:
    """Build the schema of `inputs` in a request that declares an incident from this playbook."""
    asked = {name: definition for name, definition in playbook.inputs.items() if definition.ask == "start"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": playbook.title,
        "description": playbook.summary.strip(),
        "type": "object",
        "properties": {name: _field(definition, name) for name, definition in asked.items()},
        "required": [name for name, definition in asked.items() if definition.required],
        "additionalProperties": False,
        "x-order": list(asked),
    }


def _field(definition: Input, name: str) -> dict[str, Any]:
    field = {**_SHAPES[definition.type], "title": definition.label or name, "x-input-type": definition.type}
    if definition.options:
        field["enum"] = list(definition.options)
    if definition.default is not None:
        field["default"] = definition.default
    if definition.is_personal:
        field["x-personal"] = True
    return field
