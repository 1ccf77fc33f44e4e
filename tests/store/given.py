"""What the store's tests start from, said in sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from engine.incident.effects import Delivery
from engine.store.event_log import NewEvent, StoredEvent, StoredIncident, append, load, put_in_order
from engine.store.projections import IncidentRow, Projection, StepRow, project
from engine.store.seal import Sealer

SECRET = "a secret of sufficient length"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTOR = {"person": "ana", "via": "rest"}


def minutes(count: float) -> datetime:
    """Give the instant so many minutes after NOW."""
    return NOW + timedelta(minutes=count)


def personal(value: str, subject: str | None = None) -> dict[str, Any]:
    """Mark a value as personal, as the core does."""
    return {"$": "personal", "value": value} | ({"subject": subject} if subject else {})


def an_event(number: int = 1, **payload: Any) -> NewEvent:
    return NewEvent(at=minutes(number), actor=ACTOR, type="Noted", payload={"text": f"note {number}"} | payload)


def a_row(number: int = 1, **changes: Any) -> IncidentRow:
    row = IncidentRow(
        id=f"{number:032x}",
        key=f"INC-{number}",
        number=number,
        version=1,
        playbook_id="filmed_workplace_argument",
        playbook_version="1.0.0",
        playbook_digest="d" * 64,
        title=f"A filmed argument {number}",
        status="active",
        severity="sev2",
        mode="live",
        visibility="organisation",
        declared_at=NOW,
        declared_by="ana",
        summary={"counts": {"ready": 2}},
    )
    return replace(row, **changes)


def a_step(name: str = "facts", **changes: Any) -> StepRow:
    row = StepRow(
        step=name,
        position=0,
        kind="task",
        title=f"Do {name}",
        state="ready",
        role="lead",
        people=("ana",),
        due_at=minutes(15),
        ready_at=NOW,
    )
    return replace(row, **changes)


def a_delivery(name: str = "INC-1:1:0", **changes: Any) -> Delivery:
    said = {"id": name, "kind": "say", "target": "war_room:one", "text": f"Text of {name}."} | changes
    return Delivery(**said)


def append_in_order(
    tx: Connection, sealer: Sealer, after: StoredIncident | None, *, events: Sequence[NewEvent], row: IncidentRow, snapshot: Any
) -> None:
    """Write events and give them their place among all changes, as a unit that does nothing else."""
    put_in_order(tx, row.id, row.version, append(tx, sealer, after, events=events, row=row, snapshot=snapshot))


def declare(
    tx: Connection,
    sealer: Sealer,
    number: int = 1,
    *,
    events: Iterable[NewEvent] = (),
    snapshot: dict[str, Any] | None = None,
    steps: Iterable[StepRow] = (),
    participants: Iterable[str] = (),
    links: Iterable[str] = (),
    **row: Any,
) -> str:
    """Store a new incident with what is read from it; returns its id."""
    new = [*events] or [an_event(1)]
    said = a_row(number, version=len(new), **row)
    body = {"schema": 1, "title": said.title, "notes": [event.payload for event in new]} if snapshot is None else snapshot
    append_in_order(tx, sealer, None, events=new, row=said, snapshot=body)
    project(tx, sealer, Projection(said, tuple(steps), frozenset(participants), frozenset(links)), None)
    return said.id


def note(tx: Connection, sealer: Sealer, key: str, *events: NewEvent) -> StoredIncident:
    """Append events to a stored incident; its snapshot lists their payloads."""
    before = load(tx, sealer, key)
    assert before is not None
    number = int(before.key.removeprefix("INC-"))
    snapshot = {**before.snapshot, "notes": before.snapshot["notes"] + [event.payload for event in events]}
    append_in_order(tx, sealer, before, events=events, row=a_row(number, version=before.version + len(events)), snapshot=snapshot)
    after = load(tx, sealer, key)
    assert after is not None
    return after


def folded_notes(events: Iterable[StoredEvent], title: str) -> dict[str, Any]:
    """Rebuild the snapshot that `declare` and `note` store."""
    return {"schema": 1, "title": title, "notes": [event.payload for event in events]}
