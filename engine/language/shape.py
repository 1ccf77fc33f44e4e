"""From what an author writes to what the models hold: `task: Title` becomes `kind` and `title`, and the like.

Only the shape changes here; whether values are right is the models' business. What can't be brought into
shape (no kind, two kinds) is found here, and the step goes on as the most likely thing, so that the rest of
it is still checked.
"""

from collections.abc import Mapping
from typing import Any, Final

from engine.language.anatomy import kinds_with
from engine.language.diagnostic import Finding, Path
from engine.language.labels import label, prefixed
from engine.language.playbook import KINDS, called
from engine.language.scalars import kind_of
from engine.language.suggest import nearest, quoted

MAX_STEPS: Final = 500
MAX_LINKS: Final = 3_000
"""How often steps may name each other in `needs` and `then`; ten times what the largest real playbook does."""

_GUARDS: Final = ("when", "until", "recuse")
_YES_NO: Final[dict[object, bool]] = {"yes": True, "no": False}


def shaped(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Give the document as the models want it, and what could not be brought into shape."""
    findings: list[Finding] = []
    result = dict(document)
    if isinstance(document.get("steps"), list):
        result["steps"] = _steps(document, findings)
    if isinstance(document.get("inputs"), dict):
        result["inputs"] = {name: _input(entry) for name, entry in document["inputs"].items()}
    if isinstance(document.get("follow_ups"), list):
        result["follow_ups"] = [_guards(entry) for entry in document["follow_ups"]]
    if isinstance(document.get("severity"), dict) and isinstance(document["severity"].get("raise"), list):
        result["severity"] = {**document["severity"], "raise": [_guards(entry) for entry in document["severity"]["raise"]]}
    return result, findings


def oversized(document: Mapping[str, Any]) -> Finding | None:
    """Say that a playbook is too large to be judged in good time, or nothing."""
    steps = document.get("steps")
    if not isinstance(steps, list):
        return None
    advice = "split it: a playbook can call another with a 'playbook' step"
    if len(steps) > MAX_STEPS:
        return Finding("FB010", f"a playbook has at most {MAX_STEPS} steps", ("steps",), at="key", help=advice)
    if sum(_links(step) for step in steps if isinstance(step, dict)) > MAX_LINKS:
        return Finding("FB010", f"steps name each other more than {MAX_LINKS:,} times", ("steps",), at="key", help=advice)
    return None


def kind_key(step: object) -> str | None:
    """Give the key under which a step's title stands, as its author wrote it; None when there is none."""
    found = _kinds(step) if isinstance(step, Mapping) else ()
    return found[0] if found else None


def authored(path: Path, document: object) -> Path:
    """Turn a path into the models' data into the author's own: a step's title stands under its kind key."""
    if len(path) < 3 or path[0] != "steps" or path[2] not in ("title", "kind"):
        return path
    steps = document.get("steps") if isinstance(document, Mapping) else None
    step = steps[path[1]] if isinstance(steps, list) and isinstance(path[1], int) and path[1] < len(steps) else None
    if isinstance(step, Mapping) and "title" in step and path[2] == "title":
        return path
    return (*path[:2], kind_key(step) or path[2], *path[3:])


def _steps(document: Mapping[str, Any], findings: list[Finding]) -> list[Any]:
    steps: list[Any] = []
    for index, step in enumerate(document["steps"]):
        path: Path = ("steps", index)
        if not isinstance(step, dict):
            message = prefixed(path, document, f"must be a map of fields, not {kind_of(step)}")
            findings.append(Finding("FB010", message, path, help="write {id: freeze, task: Pause the posts, role: social}"))
            steps.append({"kind": "wait", "id": f"step_{index}", "title": "?", "for": "1h"})
            continue
        steps.append(_step(step, path, document, findings))
    return steps


def _step(step: dict[str, Any], path: Path, document: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    kinds = _kinds(step)
    findings.extend(_kind_findings(step, kinds, path, document))
    kind = kinds[0] if kinds else _likely_kind(step)
    data = {name: value for name, value in _guards(step).items() if name not in kinds}
    if not kinds:
        data.pop("type", None)
        data.pop(_mistyped_kind(step) or "", None)
    data["kind"] = kind
    if kind == "playbook":
        data["playbook"] = step.get("playbook") if kinds else "?"
        data.setdefault("title", called(str(data["playbook"])))
        return data
    if "title" in step:
        findings.append(_unknown(path, document, "title", "a step's title is the value of its kind: task: Pause the posts"))
    data["title"] = step[kind] if kinds else "?"
    if isinstance(step.get("checklist"), list):
        data["checklist"] = [item if isinstance(item, dict) else {"item": item} for item in step["checklist"]]
    if isinstance(step.get("links"), list):
        data["links"] = [{"title": link, "url": link} if isinstance(link, str) else link for link in step["links"]]
    return data


def _links(step: Mapping[str, Any]) -> int:
    options = step.get("options")
    entries = options.values() if isinstance(options, dict) else ()
    lists = [step.get("needs"), *(option.get("then") for option in entries if isinstance(option, dict))]
    return sum(len(names) for names in lists if isinstance(names, list))


def _kinds(step: Mapping[str, Any]) -> tuple[str, ...]:
    found = tuple(kind for kind in KINDS if kind in step)
    if "playbook" in found and isinstance(step.get("wait"), bool):
        return tuple(kind for kind in found if kind != "wait")
    return found


def _kind_findings(step: Mapping[str, Any], kinds: tuple[str, ...], path: Path, document: object) -> list[Finding]:
    findings = []
    name = label(path, document)
    if len(kinds) > 1:
        findings.append(Finding("FB011", f"{name} has two kinds ({', '.join(kinds)}); keep one", (*path, kinds[1]), at="key"))
    if not kinds:
        mistyped = _mistyped_kind(step)
        hint = f". Did you mean {quoted(nearest(mistyped, KINDS)[0])}?" if mistyped else ""
        advice = "its kind is a key, and its title the value: task: Pause the posts"
        where = (*path, mistyped) if mistyped else path
        findings.append(Finding("FB011", f"{name} has no kind; write one of {', '.join(KINDS)}{hint}", where, at="key", help=advice))
    elif "kind" in step:
        findings.append(_unknown(path, document, "kind", f"this step is a {kinds[0]} already, by the key {quoted(kinds[0])}"))
    return findings


def _mistyped_kind(step: Mapping[str, Any]) -> str | None:
    known = {"id", "do", "role", "needs", "when", "due", "of", "to", "text", "every", "until", "title", "type", "kind"}
    return next((key for key in step if key not in known and nearest(key, KINDS)), None)


def _likely_kind(step: Mapping[str, Any]) -> str:
    """Guess the kind of a step that does not say: by a mistyped key, by `type`, or by the fields that it has."""
    mistyped = _mistyped_kind(step)
    if mistyped is not None:
        return nearest(mistyped, KINDS)[0]
    if step.get("type") in KINDS:
        return str(step["type"])
    return max(KINDS, key=lambda kind: sum(kind in kinds_with(field) for field in step))


def _unknown(path: Path, document: object, name: str, advice: str) -> Finding:
    return Finding("FB010", prefixed(path, document, f"unknown field {quoted(name)}"), (*path, name), at="key", help=advice)


def _guards(entry: Any) -> Any:
    """Read `when: true` as the expression it is."""
    if not isinstance(entry, dict):
        return entry
    bare = {name: str(entry[name]).lower() for name in _GUARDS if isinstance(entry.get(name), bool)}
    return {**entry, **bare}


def _input(entry: Any) -> Any:
    """Read `default: yes` of a yes_no input as the answer it is."""
    if not isinstance(entry, dict) or entry.get("type") != "yes_no" or entry.get("default") not in ("yes", "no"):
        return entry
    return {**entry, "default": _YES_NO[entry["default"]]}
