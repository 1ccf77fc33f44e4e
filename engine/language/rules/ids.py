"""FB101: an id names one thing, and nothing else is called like a moment that deadlines count from."""

from collections.abc import Iterator
from typing import Final, Literal

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.suggest import quoted

MOMENTS: Final = ("declared", "detected", "closed")


def ids_are_used_once(checked: Checked) -> Iterator[Finding]:
    """Find steps, follow-ups, milestones or policies that share an id."""
    playbook = checked.playbook
    named: list[tuple[str, Path, str]] = [(step.id, ("steps", index, "id"), "step") for index, step in enumerate(playbook.steps)]
    named += [(entry.id, ("follow_ups", index, "id"), "follow-up") for index, entry in enumerate(playbook.follow_ups)]
    named += [(name, ("milestones", name), "milestone") for name in playbook.milestones]
    yield from _repeated(named)
    yield from _repeated([(policy.id, ("policies", index, "id"), "policy") for index, policy in enumerate(playbook.policies)])
    for name, path, kind in named:
        if name in MOMENTS:
            message = f"{kind} {quoted(name)} is called like a moment that deadlines count from; choose another id"
            yield Finding("FB101", message, path, at=_at(path))


def _repeated(named: list[tuple[str, Path, str]]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, path, kind in named:
        if name not in first:
            first[name] = kind
            continue
        twice = "twice" if first[name] == kind else f"by a {first[name]} and a {kind}"
        yield Finding("FB101", f"id {quoted(name)} is used {twice}", path, at=_at(path), help="give one of them another id")


def _at(path: Path) -> Literal["key", "value"]:
    return "key" if path[0] == "milestones" else "value"
