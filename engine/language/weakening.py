"""Where a playbook takes back what a policy of the file it extends asks for: FB410.

Written against plain documents, because a parent is no whole playbook; what is not in shape is left to the
models, which see it later.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.language.diagnostic import Finding, Path
from engine.language.duration import parse_duration
from engine.language.suggest import quoted

_LISTS: Final = ("audience", "approvers", "steps", "needs", "words", "then")
_FIXED: Final = ("rule", "first", "step")


def weakened(child: Mapping[str, Any], given: Mapping[str, Any], *, parent: str) -> Iterator[Finding]:
    """Find every policy of `given` that `child` weakens, and every role it holds a key by that `child` redefines."""
    own = {policy.get("id"): (index, policy) for index, policy in _policies(child)}
    for _, policy in _policies(given):
        name = policy.get("id")
        if name in own:
            index, mine = own[name]
            yield from _compared(mine, policy, ("policies", index), f"policy {name} from {parent}")
        for role in _listed(policy.get("approvers")):
            if _redefines(child, given, role):
                message = f"this file may not redefine role {quoted(role)}, which holds a key in policy {name} from {parent}"
                yield Finding("FB410", message, ("roles", role), at="key")


def _compared(mine: Mapping[str, Any], theirs: Mapping[str, Any], path: Path, name: str) -> Iterator[Finding]:
    if mine.get("level", "error") != theirs.get("level", "error") and mine.get("level", "error") != "error":
        yield Finding("FB410", f"this file may not switch off {name}", (*path, "level"))
    for field in _FIXED:
        if mine.get(field) != theirs.get(field):
            yield Finding("FB410", f"this file may not change {quoted(field)} of {name}", (*path, field))
    for field in _LISTS:
        lost = [entry for entry in _listed(theirs.get(field)) if entry not in _listed(mine.get(field))]
        if lost:
            yield Finding("FB410", f"this file may not take {quoted(lost[0])} out of {quoted(field)} of {name}", (*path, field))
    if "max" in theirs and _longer(mine.get("max"), theirs["max"]):
        yield Finding("FB410", f"this file may not allow more time than {name}", (*path, "max"))


def _redefines(child: Mapping[str, Any], given: Mapping[str, Any], role: str) -> bool:
    mine, theirs = child.get("roles"), given.get("roles")
    if not isinstance(mine, dict) or not isinstance(theirs, dict) or role not in mine or role not in theirs:
        return False
    return bool(mine[role] != theirs[role])


def _policies(document: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    policies = document.get("policies")
    for index, policy in enumerate(policies if isinstance(policies, list) else ()):
        if isinstance(policy, dict) and isinstance(policy.get("id"), str):
            yield index, policy


def _listed(value: object) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, str)]


def _longer(mine: object, theirs: object) -> bool:
    try:
        return parse_duration(str(mine)).seconds > parse_duration(str(theirs)).seconds
    except ValueError:
        return mine is None
