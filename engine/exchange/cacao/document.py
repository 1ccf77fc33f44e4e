"""The whole CACAO document around a workflow: who, what, when, for whose eyes.

CACAO knows versions by time, and an export must not depend on when it was made. So `created` is the same for
all, and `modified` is counted from the version: a later version has a later time. The version itself is a label.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.exchange.cacao.guard import SEVERITY, variable
from engine.exchange.cacao.wording import types_of
from engine.exchange.cacao.workflow import Workflow, pointers
from engine.exchange.identifiers import identifier
from engine.language.playbook import Input, Playbook

CREATED: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LAST: Final = timedelta(days=2_900_000)
_TYPES: Final = {"yes_no": "bool", "url": "uri", "url_list": "list"}


def document_of(playbook: Playbook, workflow: Workflow, start: str) -> dict[str, Any]:
    """Write a document without extensions; its steps are those of the workflow."""
    activities = _activities(workflow)
    marking = _marking(playbook)
    document: dict[str, Any] = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": identifier("playbook", playbook.id),
        "name": playbook.title,
        "description": " ".join(playbook.summary.split()),
        "playbook_types": types_of(activities),
        "playbook_activities": activities,
        "playbook_processing_summary": _summary(workflow),
        "created_by": identifier("identity", playbook.owner),
        "created": _instant(CREATED),
        "modified": _instant(CREATED + min(_age(playbook.version), _LAST)),
        "revoked": playbook.status == "retired",
        "severity": _severity(playbook),
        "labels": [*playbook.tags, f"version:{playbook.version}"],
        "external_references": [_reference(each.title, each.url) for each in playbook.references],
        "markings": [marking["id"]],
        "playbook_variables": _variables(playbook, workflow),
        "workflow_start": start,
        "workflow": workflow.steps,
        "agent_definitions": workflow.actions.agents(),
        "target_definitions": workflow.actions.targets,
        "data_marking_definitions": {marking["id"]: marking},
    }
    return {name: value for name, value in document.items() if value not in ("", [], {}, None, False)}


def _age(version: str) -> timedelta:
    """Count a version as seconds: 1,000 patches in a minor, 1,000 minors in a major."""
    major, minor, patch = (int(part) for part in version.split("."))
    return timedelta(seconds=major * 1_000_000 + minor * 1_000 + patch)


def _instant(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _activities(workflow: Workflow) -> list[str]:
    commands = (command for step in workflow.steps.values() for command in step.get("commands", ()))
    return list(dict.fromkeys(command["playbook_activity"] for command in commands if "playbook_activity" in command))


def _summary(workflow: Workflow) -> dict[str, bool]:
    kinds = {step["type"] for step in workflow.steps.values()}
    commands = {command["type"] for step in workflow.steps.values() for command in step.get("commands", ())}
    features = {
        "manual_playbook": commands <= {"manual"},
        "external_playbooks": "playbook-action" in kinds,
        "parallel_processing": "parallel" in kinds,
        "if_logic": "if-condition" in kinds,
        "while_logic": "while-condition" in kinds,
        "switch_logic": "switch-condition" in kinds,
        "temporal_logic": any("delay" in step for step in workflow.steps.values()),
        "data_markings": True,
        "extensions": workflow.actions.extension is not None,
    }
    return {name: True for name, present in features.items() if present}


def _severity(playbook: Playbook) -> int | None:
    """Give the level at which an incident starts, as a share of all levels in percent."""
    if playbook.severity is None:
        return None
    levels = list(playbook.severity.levels)
    start = playbook.severity.start or levels[0]
    return round(100 * (levels.index(start) + 1) / len(levels))


def _variables(playbook: Playbook, workflow: Workflow) -> dict[str, dict[str, Any]]:
    found = {variable(name): _variable(each) for name, each in playbook.inputs.items()}
    if playbook.severity is not None:
        about = "Severity of the incident, lowest first: " + ", ".join(playbook.severity.levels)
        start = playbook.severity.start or next(iter(playbook.severity.levels))
        found[SEVERITY] = {"type": "string", "description": about, "value": start, "external": True}
    return found | dict(sorted(workflow.variables.items()))


def _variable(given: Input) -> dict[str, Any]:
    number = "float" if isinstance(given.default, float) else "integer"
    kind = number if given.type == "number" else _TYPES.get(given.type, "string")
    written: dict[str, Any] = {"type": kind, "external": True}
    if given.label:
        written["description"] = given.label + (f" ({', '.join(given.options)})" if given.options else "")
    if given.default is not None and not isinstance(given.default, list):
        written["value"] = str(given.default).lower() if isinstance(given.default, bool) else str(given.default)
    return written


def _reference(title: str, url: str) -> dict[str, str]:
    return {"name": title, "url": url} if url else {"name": title}


def _marking(playbook: Playbook) -> dict[str, Any]:
    """Mark for those named only where a step is private, else for the organisation only (TLP 2.0)."""
    level = "TLP:RED" if any(step.private for step in playbook.steps) else "TLP:AMBER+STRICT"
    name = identifier("marking-tlp", level)
    marking = {"type": "marking-tlp", "id": name, "created_by": identifier("identity", "firebreak"), "created": _instant(CREATED)}
    return {**marking, "tlpv2_level": level}


def structural_faults(document: dict[str, Any]) -> list[str]:
    """List what is wrong with a document of ours that the OASIS schemas would not see: each fault in words."""
    steps = document["workflow"]
    faults = [f"{name} points to missing {target}" for name, step in steps.items() for target in pointers(step) if target not in steps]
    agents = document.get("agent_definitions", {})
    faults += [f"{name} has unknown agent" for name, step in steps.items() if "agent" in step and step["agent"] not in agents]
    targets = document.get("target_definitions", {})
    faults += [
        f"{name} has unknown target {each}" for name, step in steps.items() for each in step.get("targets", ()) if each not in targets
    ]
    if document["workflow_start"] not in steps:
        faults.append("workflow_start is missing")
    return faults
