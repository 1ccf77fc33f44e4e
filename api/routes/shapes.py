"""Rows of lists as JSON: what is read from the store's tables rather than from an incident itself."""

from datetime import datetime
from typing import Any

from engine.incident.describe_values import MASK, instant_text
from engine.store.projections import IncidentRow
from engine.store.tasks import Task
from engine.store.views import SeenDelivery


def incident_row(row: IncidentRow) -> dict[str, Any]:
    """Describe an incident as it stands in a list."""
    return {
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "playbook": {"id": row.playbook_id, "version": row.playbook_version, "digest": row.playbook_digest},
        "status": row.status,
        "severity": row.severity,
        "mode": row.mode,
        "visibility": row.visibility,
        "declared_at": instant_text(row.declared_at),
        "declared_by": row.declared_by,
        "detected_at": instant_text(row.detected_at),
        "contained_at": instant_text(row.contained_at),
        "closed_at": instant_text(row.closed_at),
        "completed_at": instant_text(row.completed_at),
        "external_ref": row.external_ref,
        "merged_into": row.merged_into,
        **row.summary,
        "version": row.version,
    }


def task_row(task: Task, *, person: str | None, now: datetime) -> dict[str, Any]:
    """Describe a step on a to-do list; a personal title is for the people who do it."""
    return {
        "incident": {
            "id": task.incident_id,
            "key": task.incident_key,
            "title": task.incident_title,
            "severity": task.severity,
            "mode": task.mode,
        },
        "step": task.step,
        "kind": task.kind,
        "title": _title(task, person),
        "state": task.state,
        "role": task.role,
        "assignee": task.assignee,
        "people": list(task.people),
        "due_at": instant_text(task.due_at),
        "late": task.state in ("ready", "doing") and task.due_at is not None and task.due_at < now,
        "ready_at": instant_text(task.ready_at),
        "private": task.private,
    }


def delivery_row(delivery: SeenDelivery, *, reads: bool) -> dict[str, Any]:
    """Describe a delivery; its words are for who may read what they are about."""
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "target": delivery.target,
        "step": delivery.step,
        "state": delivery.state,
        "text": delivery.text if reads else None,
        "revision": delivery.revision,
        "attempts": delivery.attempts,
        "last_error": delivery.last_error,
        "receipt": delivery.receipt if reads else None,
        "owed_at": instant_text(delivery.owed_at),
        "next_attempt_at": instant_text(delivery.due_at) if delivery.state == "pending" else None,
        "sent_at": instant_text(delivery.sent_at),
    }


def _title(task: Task, person: str | None) -> str:
    if not isinstance(task.title, dict):
        return str(task.title)
    return str(task.title.get("value", MASK)) if person is not None and person in task.people else MASK
