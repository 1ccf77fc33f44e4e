"""A document with faults is mended just enough that the rules can look at the rest of it.

What a model refused is dropped, or replaced by something harmless; `repaired` remembers where, and
`hides` tells which later findings would only be echoes of a fault that was reported already.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from engine.language.complaints import Fault
from engine.language.diagnostic import Finding, Path
from engine.language.labels import SINGULAR
from engine.language.places import below
from engine.language.playbook import StepFields
from engine.language.suggest import as_name
from engine.language.wording import nearest_type

_GONE: Final = object()
_STAND_INS: Final[Mapping[str, object]] = {
    "firebreak": 1,
    "firebreak_organisation": 1,
    "id": "unnamed",
    "title": "?",
    "name": "?",
    "label": "?",
    "task": "?",
    "means": "",
    "version": "0.0.0",
    "owner": "owner",
    "type": "text",
    "then": [],
    "rule": "?",
    "until": "false",
    "late": "999d",
    "within": "999d",
    "every": "999d",
    "due": "999d",
    "at": "999d",
}
_ECHOES_OF_ABSENCE: Final = frozenset({"FB203", "FB601", "FB602", "FB605"})
"""Findings that say that something is not used or not there, which a dropped value may have been."""
_COMMON: Final = frozenset(StepFields.model_fields) - {"title"}


@dataclass
class Repair:
    """A working copy of a document; lists keep their indexes until `compacted`."""

    data: dict[str, Any]
    repaired: set[Path] = field(default_factory=set)
    replaced_steps: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Names of entries that were dropped or replaced as a whole."""
    is_hopeless: bool = False

    @staticmethod
    def of(document: Mapping[str, Any]) -> "Repair":
        """Begin with a copy, so that the document itself stays as it is."""
        return Repair(_compacted(document, (), {}))

    def mend(self, faults: Sequence[Fault]) -> None:
        """Drop or replace what each fault is about."""
        for fault in faults:
            if fault.type == "missing":
                self._supply(fault.path)
            elif fault.type == "extra_forbidden":
                self._remove(fault.path)
            elif fault.is_key:
                self._rename(fault.path)
            else:
                self._replace(fault)

    def compacted(self) -> tuple[dict[str, Any], dict[Path, list[int]]]:
        """Give a copy without the dropped entries, and for each list the index that each entry had."""
        kept: dict[Path, list[int]] = {}
        return _compacted(self.data, (), kept), kept

    def hides(self, finding: Finding) -> bool:
        """Tell whether a finding may be an echo of what was repaired."""
        path = finding.path
        if finding.code in _ECHOES_OF_ABSENCE and self.repaired:
            return True
        if finding.code.startswith("FB50") and any(place[:1] == ("inputs",) for place in self.repaired):
            return True
        if path[:1] == ("steps",) and len(path) > 1 and path[1] in self.replaced_steps:
            return len(path) < 3 or path[2] not in _COMMON
        if any(_is_near(path, place) for place in self.repaired):
            return True
        said = set(re.findall(r"'([^']*)'", " ".join((finding.message, *finding.notes))))
        return bool(said & self.names)

    def _replace(self, fault: Fault) -> None:
        path = fault.path
        value = self._meant(fault) or (self._stand_in(path) if path else None)
        if value is None:
            self._drop(path)
        else:
            self._put(path, value)

    def _meant(self, fault: Fault) -> str | None:
        """Guess what a value was meant to be, so that what refers to it still finds it."""
        if fault.type == "string_pattern_mismatch" and as_name(str(fault.value)) != fault.value:
            return as_name(str(fault.value)) or None
        if fault.type == "literal_error" and fault.path[-1] == "type" and fault.path[0] in ("inputs", "steps"):
            return nearest_type(fault.value)
        return None

    def _rename(self, path: Path) -> None:
        """Give an entry a name that is one, in its old place; drop it when there is none or it is taken."""
        owner, old = self._at(path[:-1]), path[-1]
        new = as_name(str(old))
        if not isinstance(owner, dict) or not new or new in owner:
            self._drop(path)
            return
        entries = [(new if name == old else name, value) for name, value in owner.items()]
        owner.clear()
        owner.update(entries)
        self.repaired.add((*path[:-1], new))

    def _supply(self, path: Path) -> None:
        owner = self._at(path[:-1])
        value = self._stand_in(path)
        if path[-1] == "on_reject" and isinstance(owner, dict) and isinstance(owner.get("of"), str):
            value = {"rework": owner["of"]}
        if value is None:
            self._drop(path[:-1])
        else:
            self._put(path, value)

    def _stand_in(self, path: Path) -> object:
        if path[0] == "metrics" and path[-1] == "type":
            return "number"
        if path[-1] == "id" and len(path) == 3:
            return f"unnamed_{path[1]}"
        return _STAND_INS.get(str(path[-1]))

    def _put(self, path: Path, value: object) -> None:
        owner = self._at(path[:-1])
        if isinstance(owner, dict | list):
            owner[path[-1]] = value  # type: ignore[index]  # a list is only ever followed by an index of its own
        self.repaired.add(path)

    def _drop(self, path: Path) -> None:
        if not path or path == ("steps",):
            self.is_hopeless = True
        elif len(path) == 2 and path[0] == "steps" and isinstance(path[1], int):
            self._replace_step(path[1])
        else:
            self._remove(path)
            self.repaired.add(path)
            if len(path) > 1 and path[-2] in SINGULAR and isinstance(path[-1], str):
                self.names.add(path[-1])

    def _remove(self, path: Path) -> None:
        owner = self._at(path[:-1])
        if isinstance(owner, dict):
            owner.pop(path[-1], None)
        elif isinstance(owner, list) and isinstance(path[-1], int):
            owner[path[-1]] = _GONE

    def _replace_step(self, index: int) -> None:
        if index in self.replaced_steps:
            self.is_hopeless = True
            return
        step = self.data["steps"][index]
        common = {name: value for name, value in step.items() if name in _COMMON}
        self.data["steps"][index] = {"id": f"unnamed_{index}", **common, "kind": "task", "title": "?"}
        self.replaced_steps.add(index)
        self.repaired.add(("steps", index, "kind"))
        self.names.add(str(step.get("id")))

    def _at(self, path: Path) -> Any:
        here: Any = self.data
        for part in path:
            here = below(here, part)
        return here


def _is_near(path: Path, repaired: Path) -> bool:
    """Tell whether a finding is at or around what was repaired: within a step exactly, elsewhere in the same entry."""
    if len(path) > 1 and path[0] != "steps" and path[:2] == repaired[:2]:
        return True
    return path[: len(repaired)] == repaired or (len(path) > 1 and repaired[: len(path)] == path)


def original(path: Path, kept: Mapping[Path, list[int]]) -> Path:
    """Turn a path into a compacted document into one of the document before entries were dropped."""
    result: Path = ()
    for part in path:
        indexes = kept.get(result)
        if isinstance(part, int) and indexes is not None and part < len(indexes):
            part = indexes[part]
        result = (*result, part)
    return result


def _compacted(value: Any, path: Path, kept: dict[Path, list[int]]) -> Any:
    if isinstance(value, Mapping):
        return {name: _compacted(entry, (*path, name), kept) for name, entry in value.items()}
    if not isinstance(value, list):
        return value
    left = [(index, entry) for index, entry in enumerate(value) if entry is not _GONE]
    if len(left) < len(value):
        kept[path] = [index for index, _ in left]
    return [_compacted(entry, (*path, index), kept) for index, entry in left]
