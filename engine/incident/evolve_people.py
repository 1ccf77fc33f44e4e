"""Folds of who holds which role."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from engine.incident import events as e
from engine.incident.state import NEW_ROLE, Call, Incident, RoleState


def _with_role(incident: Incident, name: str, state: RoleState) -> Incident:
    return replace(incident, roles={**incident.roles, name: state})


def _held(incident: Incident, event: e.RoleHeld, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, NEW_ROLE)
    tried = (*before.tried, *(person for person in event.people if person not in before.tried))
    named = event.cause in ("named", "handed_over")
    awaits = event.ack_by is not None
    state = RoleState(people=event.people, since=entry.at, ack_by=event.ack_by, tried=tried, named=named, awaits=awaits, calls=event.calls)
    return _with_role(incident, event.role, state)


def _unfilled(incident: Incident, event: e.RoleUnfilled, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, NEW_ROLE)
    unfilled = _with_role(incident, event.role, RoleState(tried=before.tried, unfilled=True, since=entry.at))
    return needed(unfilled, None, event.calls)


def _acknowledged(incident: Incident, event: e.RoleAcknowledged, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, NEW_ROLE)
    return _with_role(incident, event.role, replace(before, acknowledged_at=entry.at, ack_by=None, awaits=False, calls=()))


def _called(incident: Incident, event: e.RoleCalled, entry: e.Entry) -> Incident:
    """What was due before is no longer called: after hours of darkness one call is enough."""
    before = incident.roles.get(event.role, NEW_ROLE)
    calls = tuple(call for call in before.calls if call.at > entry.at)
    return _with_role(incident, event.role, replace(before, calls=calls, called=(*before.called, event.by)))


def needed(incident: Incident, step: str | None, calls: Mapping[str, tuple[Call, ...]]) -> Incident:
    """Let the holders of roles be waited for, and called, because of a step; who is being called already is called on."""
    for role, its_calls in calls.items():
        before = incident.roles.get(role, NEW_ROLE)
        kept = (before.calls or its_calls, before.called) if before.awaits else (its_calls, ())
        state = replace(before, awaits=True, calls=kept[0], called=kept[1], about=step)
        incident = _with_role(incident, role, state)
    return incident


def _unanswered(incident: Incident, event: e.RoleUnanswered, entry: e.Entry) -> Incident:
    before = incident.roles.get(event.role, NEW_ROLE)
    return needed(_with_role(incident, event.role, replace(before, ack_by=None)), None, event.calls)


PEOPLE_FOLDS: Final[Mapping[type, Callable[[Incident, Any, e.Entry], Incident]]] = {
    e.RoleHeld: _held,
    e.RoleUnfilled: _unfilled,
    e.RoleAcknowledged: _acknowledged,
    e.RoleCalled: _called,
    e.RoleUnanswered: _unanswered,
}
