"""What pydantic refuses, said in the language's own words: one finding for each fault, with its documented code.

`translate` walks pydantic's locations back into the document. Where a field allows several shapes, pydantic
complains once for each; only the complaint about the shape that was tried, or one that names all, is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from engine.language.anatomy import fields_at, kinds_with
from engine.language.diagnostic import Finding, Path
from engine.language.labels import label, prefixed
from engine.language.suggest import did_you_mean, nearest, quoted
from engine.language.wording import EITHER, MISSING, Said, wording

MOST: Final = 200
"""Complaints about one file that are turned into findings: after so many, the rest waits for the next run."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place that a model refused."""

    path: Path
    is_key: bool
    error: ErrorDetails
    value: object

    @property
    def type(self) -> str:
        return self.error["type"]


def faults_in(errors: Sequence[ErrorDetails], data: Mapping[str, Any]) -> list[Fault]:
    """Place every error in the document, and drop those about shapes that the author did not try."""
    placed = [_placed(error, data) for error in errors]
    deeper = {fault.path[:depth] for fault in placed for depth in range(len(fault.path))}
    kept: dict[tuple[Path, bool], Fault] = {}
    for fault in placed:
        tried_another = fault.path in deeper and fault.type.endswith("_type")
        key = (fault.path, fault.is_key)
        if not tried_another and (key not in kept or fault.type == "string_pattern_mismatch"):
            kept[key] = fault
    return list(kept.values())


def translate(faults: Sequence[Fault], *, model: type[BaseModel], data: Mapping[str, Any]) -> list[Finding]:
    """Turn faults into findings, whose paths are those of the data.

    A field that is missing because its name was mistyped is told once, where it stands.
    """
    mistyped = {(*fault.path[:-1], *_meant(fault, model, data)) for fault in faults[:MOST] if fault.type == "extra_forbidden"}
    told = [fault for fault in faults[:MOST] if fault.type != "missing" or fault.path not in mistyped]
    return [_finding(fault, model, data) for fault in told]


def _placed(error: ErrorDetails, data: Mapping[str, Any]) -> Fault:
    location = list(error["loc"])
    if location[:1] == ["steps"] and len(location) > 2:
        del location[2]
    path: list[str | int] = []
    here: Any = data
    is_key = False
    for part in location:
        if part == "[key]":
            is_key = True
        elif (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
            here = here[part]  # type: ignore[index]
            path.append(part)
        elif part == location[-1] and error["type"] == "missing":
            path.append(part)
            here = None
    return Fault(tuple(path), is_key, error, path[-1] if is_key else here)


def _finding(fault: Fault, model: type[BaseModel], data: Mapping[str, Any]) -> Finding:
    if fault.type == "missing":
        return _missing(fault, data)
    if fault.type == "extra_forbidden":
        return _unknown(fault, model, data)
    owner, field = fault.path[:-1], _as_written(fault.path, data)
    said = _either(fault, field) or wording(fault.error, fault.value, field=field, path=fault.path, is_key=fault.is_key)
    return Finding(
        said.code,
        prefixed(owner, data, said.message),
        fault.path,
        at="key" if fault.is_key or fault.value is None else "value",
        help=said.help,
        level=said.level,
    )


def _as_written(path: Path, data: Mapping[str, Any]) -> str | int:
    """Give the name of a field as its author wrote it: a step's title stands under its kind."""
    field = path[-1] if path else ""
    kind = _kind(path[:-1], data) if field == "title" and len(path) == 3 else None
    return kind if kind not in (None, "playbook") else field


def _either(fault: Fault, field: str | int) -> Said | None:
    if field not in EITHER or not fault.type.endswith("_type"):
        return None
    return Said("FB010", f"{quoted(field)} must be {EITHER[str(field)]}")


def _meant(fault: Fault, model: type[BaseModel], data: Mapping[str, Any]) -> tuple[str, ...]:
    return nearest(str(fault.path[-1]), fields_at(model, fault.path[:-1], data), most=1)


def _missing(fault: Fault, data: Mapping[str, Any]) -> Finding:
    owner, field = fault.path[:-1], str(fault.path[-1])
    section = str(fault.path[0]) if owner else ""
    said = MISSING.get((section, field), Said("FB010", f"{quoted(field)} is missing"))
    is_within_step = section == "steps" and len(owner) > 2
    if is_within_step and (field != "then" or owner[2:3] != ("options",)):
        said = Said("FB010", f"{quoted(field)} is missing")
    kind = _kind(owner, data)
    name = label(owner, data)
    if said.code in ("FB405", "FB220") and kind:
        name = f"{kind}{name.removeprefix('step')}"
    separator = "" if said.message.startswith(" ") else ": "
    message = f"{name}{separator}{said.message}" if name else said.message.strip()
    return Finding(said.code, message, owner, at="key" if owner and isinstance(owner[-1], str) else "value", help=said.help)


def _unknown(fault: Fault, model: type[BaseModel], data: Mapping[str, Any]) -> Finding:
    owner, field = fault.path[:-1], str(fault.path[-1])
    known = fields_at(model, owner, data)
    kind = _kind(owner, data)
    message = f"unknown field {quoted(field)}{did_you_mean(field, known)}"
    belongs = kinds_with(field) if kind and len(owner) == 2 else ()
    advice = f"{quoted(field)} is a field of {' and '.join(belongs)}, not of {kind}" if belongs else None
    return Finding("FB010", prefixed(owner, data, message), fault.path, at="key", help=advice)


def _kind(owner: Path, data: Mapping[str, Any]) -> str | None:
    if len(owner) < 2 or owner[0] != "steps" or not isinstance(owner[1], int):
        return None
    return str(data["steps"][owner[1]]["kind"])
