"""Rows of lists as JSON: what is read from the store's tables rather than from an incident itself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from engine.incident.describe_values import MASK, instant_text
from engine.store.projections import OPEN
from engine.store.tasks import TaskLine, stored_text
from engine.store.views import IncidentLine, SeenDelivery

_TO_MILLISECONDS: Final = len("2026-11-23T10:00:00.000")


def incident_line(line: IncidentLine) -> dict[str, Any]:
    """Describe an incident as it stands in a list."""
    (name, key, _, version, playbook, playbook_version, digest, title, status, severity, mode, visibility, *moments) = line
    declared_at, declared_by, detected_at, contained_at, closed_at, completed_at, external_ref, _, merged_into, summary = moments
    return {
        "id": name,
        "key": key,
        "title": title,
        "playbook": {"id": playbook, "version": playbook_version, "digest": digest},
        "status": status,
        "severity": severity,
        "mode": mode,
        "visibility": visibility,
        "declared_at": stored_instant(declared_at),
        "declared_by": declared_by,
        "detected_at": stored_instant(detected_at),
        "contained_at": stored_instant(contained_at),
        "closed_at": stored_instant(closed_at),
        "completed_at": stored_instant(completed_at),
        "external_ref": external_ref,
        "merged_into": merged_into,
        **summary,
        "version": version,
    }


def tasks_shown(*, person: str | None, now: datetime) -> Callable[[TaskLine], dict[str, Any]]:
    """Give what describes a step on a to-do list; a personal title is for the people who do it."""
    stored_now = stored_text(now)

    def shown(line: TaskLine) -> dict[str, Any]:
        incident, key, incident_title, severity, mode, step, kind, title, state, role, assignee, people, due_at, ready_at, private = line
        return {
            "incident": {"id": incident, "key": key, "title": incident_title, "severity": severity, "mode": mode},
            "step": step,
            "kind": kind,
            "title": title if isinstance(title, str) else _title(title, people, person),
            "state": state,
            "role": role,
            "assignee": assignee,
            "people": people,
            "due_at": stored_instant(due_at),
            "late": state in OPEN and due_at is not None and due_at < stored_now,
            "ready_at": stored_instant(ready_at),
            "private": private,
        }

    return shown


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


def stored_instant(text: str | None) -> str | None:
    """Write a stored instant, which has microseconds, as `instant_text` writes it."""
    return None if text is None else f"{text[:_TO_MILLISECONDS]}Z"


def _title(title: Any, people: Sequence[str], person: str | None) -> str:
    if not isinstance(title, dict):
        return str(title)
    return str(title.get("value", MASK)) if person is not None and person in people else MASK
