"""Playbooks for tests of rules, built in a line: steps as an author writes them, the rest filled in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.organisation import Organisation
from engine.language.playbook import Playbook
from engine.language.rules import ALL_RULES
from engine.language.shape import shaped

_REST: Final[Mapping[str, Any]] = {
    "firebreak": 1,
    "id": "case",
    "title": "A clip goes round",
    "version": "1.0.0",
    "owner": "lead",
    "summary": "A small playbook for one case.",
    "roles": {"lead": {"title": "Incident lead"}},
}


def document_with(steps: Sequence[Mapping[str, Any]], **fields: Any) -> dict[str, Any]:
    """A playbook's document: these steps and fields, sound elsewhere."""
    return {**_REST, **fields, "steps": [dict(step) for step in steps]}


def playbook_with(steps: Sequence[Mapping[str, Any]], **fields: Any) -> Playbook:
    """A playbook with these steps (`{"id": "facts", "task": "Find out"}`) and fields."""
    data, _ = shaped(document_with(steps, **fields))
    return Playbook.model_validate(data, by_alias=True, by_name=False)


def task(name: str, *needs: str, **fields: Any) -> dict[str, Any]:
    """A task called by its id."""
    return {"id": name, "task": name.title(), "role": "lead", "needs": list(needs), **fields}


def decision(name: str, options: Mapping[str, Sequence[str]], *needs: str, **fields: Any) -> dict[str, Any]:
    """A decision with what each of its options opens."""
    entries = {option: {"label": option.title(), "then": list(then)} for option, then in options.items()}
    return {"id": name, "decision": name.title(), "role": "lead", "needs": list(needs), "options": entries, **fields}


def findings(playbook: Playbook, organisation: Organisation | None = None, **fields: Any) -> list[Finding]:
    """Everything that the rules say about a playbook."""
    checked = Checked(playbook, organisation, **fields)
    return [finding for rule in ALL_RULES for finding in rule(checked)]


def codes(playbook: Playbook, organisation: Organisation | None = None) -> set[str]:
    """The codes of everything that the rules say about a playbook."""
    return {finding.code for finding in findings(playbook, organisation)}


def place(document: object, path: Path) -> object:
    """What stands at a path of a document; KeyError or IndexError when the path leads nowhere."""
    here: Any = document
    for part in path:
        here = here[part]
    return here
