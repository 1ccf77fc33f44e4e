"""Folds of who holds which role."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from engine.incident import events as e
from engine.incident.state import Incident, RoleState


def _with_role(incident: Incident, name: str, state: RoleState) -> Incident:
    return replace(incident, roles={**incident.roles, name: state})


def _held(incident: Incident, event: e.RoleHeld, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, RoleState())
    tried = (*before.tried, *(person for person in event.people if person not in before.tried))
    named = event.cause in ("named", "handed_over")
    state = RoleState(people=event.people, since=entry.at, ack_by=event.ack_by, tried=tried, named=named)
    return _with_role(incident, event.role, state)


def _unfilled(incident: Incident, event: e.RoleUnfilled, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, RoleState())
    return _with_role(incident, event.role, RoleState(tried=before.tried, unfilled=True, since=entry.at))


def _acknowledged(incident: Incident, event: e.RoleAcknowledged, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, RoleState())
    return _with_role(incident, event.role, replace(before, acknowledged_at=entry.at, ack_by=None))


def _unanswered(incident: Incident, event: e.RoleUnanswered, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, RoleState())
    return _with_role(incident, event.role, replace(before, ack_by=None))


PEOPLE_FOLDS: Final[Mapping[type, Callable[[Incident, Any, e.Entry], Incident]]] = {
    e.RoleHeld: _held,
    e.RoleUnfilled: _unfilled,
    e.RoleAcknowledged: _acknowledged,
    e.RoleUnanswered: _unanswered,
}
