"""`extends`: a playbook takes roles, ladders, severity, templates and policies from its parent, and adds its own.

- What both define, the child's definition replaces, except where that would weaken a policy of the parent:
  a policy keeps its rule and level and may only ask for more, and a role that holds a key in an inherited
  policy stays as the parent defined it (FB410).
- `raise` rules of severity add up; every other field of severity is the child's where it has one.
- Files named by a parent are relative to the parent. A parent may itself extend another file (FB108).
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.language.diagnostic import Diagnostic, Finding, Path, Read
from engine.language.scalars import kind_of
from engine.language.source import Source, read_source
from engine.language.suggest import quoted
from engine.language.weakening import weakened

DEEPEST: Final = 5
_MAPS: Final = ("roles", "ladders", "templates")


@dataclass
class Family:
    """A document with everything that it inherits, and where each inherited part was written."""

    source: Source
    document: dict[str, Any]
    origins: dict[Path, tuple[Source, Path]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Text of every parent, by its path relative to the playbook."""

    def locate(self, finding: Finding) -> Diagnostic:
        """Place a finding in the file in which its part was written."""
        for depth in range(min(len(finding.path), 3), 0, -1):
            origin = self.origins.get(finding.path[:depth])
            if origin is not None:
                source, path = origin
                moved = replace(finding, path=(*path, *finding.path[depth:]))
                return source.locate(moved)
        return self.source.locate(finding)


def inherited(source: Source, read: Read) -> Family:
    """Read the parents of a playbook, nearest first, and merge what they hand down."""
    assert isinstance(source.document, dict)
    family = Family(source, dict(source.document))
    child, folder = source, ""
    seen = {posixpath.basename(source.file)}
    while isinstance(child.document, dict) and isinstance(child.document.get("extends"), str):
        path = posixpath.normpath(posixpath.join(folder, child.document["extends"]))
        refusal = _refusal(path, child.document["extends"], seen)
        parent = None if refusal else _read(path, source, read)
        if parent is None:
            message = refusal or f"extends {quoted(child.document['extends'])} not found"
            family.diagnostics.append(child.locate(Finding("FB108", message, ("extends",))))
            return family
        seen.add(path)
        family.files[path] = parent.text
        family.diagnostics.extend(parent.diagnostics)
        if not parent.is_readable or not isinstance(parent.document, dict):
            message = f"extends {quoted(path)}, which {_instead(parent)}"
            family.diagnostics.append(child.locate(Finding("FB108", message, ("extends",))))
            return family
        child, folder = parent, posixpath.dirname(path)
        _merge(family, parent, path)
    return family


def _instead(parent: Source) -> str:
    if parent.flaws:
        return "can't be read"
    return "is empty" if parent.document is None else f"is {kind_of(parent.document)} and not a playbook"


def _refusal(path: str, written: str, seen: set[str]) -> str | None:
    if path in seen:
        return f"extends {quoted(written)}, which extends this file again"
    if len(seen) > DEEPEST:
        return f"extends {quoted(written)}: more than {DEEPEST} files extend each other"
    if path.startswith("/") or "\\" in path or ":" in path:
        return f"extends {quoted(written)}, which is not a path relative to this file"
    return None


def _read(path: str, source: Source, read: Read) -> Source | None:
    try:
        text = read(path)
    except (OSError, ValueError):
        return None
    return read_source(text, file=posixpath.normpath(posixpath.join(posixpath.dirname(source.file), path)))


def _merge(family: Family, parent: Source, path: str) -> None:
    """Hand down what a parent has; problems of the merge are diagnostics of the file that causes them."""
    assert isinstance(parent.document, dict)
    given = parent.document
    for finding in weakened(family.document, given, parent=path):
        family.diagnostics.append(family.locate(finding))
    for section in _MAPS:
        for name, entry in _entries(given, section):
            _hand_down(family, parent, (section, name), _relocated(entry, path) if section == "templates" else entry)
    if isinstance(given.get("severity"), dict):
        for name, entry in given["severity"].items():
            if name == "raise":
                _append(family, parent, ("severity", "raise"), entry, skip=())
            else:
                _hand_down(family, parent, ("severity", name), entry)
    own = family.document.get("policies")
    known = [policy.get("id") for policy in own if isinstance(policy, dict)] if isinstance(own, list) else []
    _append(family, parent, ("policies",), given.get("policies"), skip=known)


def _entries(document: Mapping[str, Any], section: str) -> Iterator[tuple[str, Any]]:
    entries = document.get(section)
    if isinstance(entries, dict):
        yield from entries.items()


def _hand_down(family: Family, parent: Source, path: Path, value: Any) -> None:
    section = family.document.get(str(path[0]), {})
    if isinstance(section, dict) and path[1] not in section:
        family.document[str(path[0])] = {**section, path[1]: value}
        family.origins[path] = (parent, path)


def _append(family: Family, parent: Source, path: Path, entries: Any, *, skip: Collection[object]) -> None:
    owner: Any = family.document
    for part in path[:-1]:
        if not isinstance(owner.get(part, {}), dict):
            return
        owner[part] = dict(owner.get(part, {}))
        owner = owner[part]
    present = owner.get(path[-1], [])
    if not isinstance(entries, list) or not isinstance(present, list):
        return
    merged = list(present)
    for index, entry in enumerate(entries):
        if not (isinstance(entry, dict) and entry.get("id") in skip):
            family.origins[(*path, len(merged))] = (parent, (*path, index))
            merged.append(entry)
    owner[path[-1]] = merged


def _relocated(entry: Any, parent: str) -> Any:
    """Make the files of an inherited template relative to the playbook instead of to the parent."""
    if not isinstance(entry, dict):
        return entry

    def moved(name: Any) -> Any:
        return posixpath.normpath(posixpath.join(posixpath.dirname(parent), name)) if isinstance(name, str) else name

    entry = {**entry, "file": moved(entry["file"])} if "file" in entry else entry
    if isinstance(entry.get("languages"), dict):
        entry = {**entry, "languages": {language: moved(name) for language, name in entry["languages"].items()}}
    return entry
