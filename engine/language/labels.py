"""How messages name a part of a file: `step 'freeze'`, `input 'site'`, `policy 'two_keys'`."""

from collections.abc import Mapping
from typing import Final

from engine.language.diagnostic import Path
from engine.language.places import below
from engine.language.suggest import quoted

SINGULAR: Final[dict[str, str]] = {
    "inputs": "input",
    "roles": "role",
    "ladders": "ladder",
    "milestones": "milestone",
    "metrics": "metric",
    "templates": "template",
    "policies": "policy",
    "steps": "step",
    "follow_ups": "follow-up",
    "references": "reference",
    "options": "option",
    "levels": "level",
    "calendars": "calendar",
    "people": "person",
    "groups": "group",
    "oncall": "rotation",
    "channels": "channel",
    "tickets": "ticket system",
    "required_policies": "policy",
    "sites": "site",
}


def label(path: Path, document: object) -> str:
    """Name the parts that a path leads through, outermost first; empty at the top of the file."""
    names: list[str] = []
    parts = list(path)
    here = document
    while parts:
        part = parts.pop(0)
        here = below(here, part)
        if part in SINGULAR and parts:
            entry = parts.pop(0)
            here = below(here, entry)
            names.append(f"{SINGULAR[str(part)]} {_identity(entry, here)}")
        elif part not in SINGULAR or not names:
            names.append(f"number {part + 1}" if isinstance(part, int) else part)
    return ": ".join(names)


def prefixed(path: Path, document: object, message: str) -> str:
    """Put the names of the parts before a message: `step 'freeze': unknown field 'dues'`."""
    name = label(path, document)
    return f"{name}: {message}" if name else message


def _identity(entry: str | int, value: object) -> str:
    if isinstance(entry, str):
        return quoted(entry)
    if isinstance(value, Mapping) and isinstance(value.get("id"), str):
        return quoted(value["id"])
    return f"number {entry + 1}"
