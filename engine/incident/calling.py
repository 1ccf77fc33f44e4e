"""How people are called until they say, anywhere, that they were reached: `reach` lists, and what ends them.

Rules:
- A role's own `reach` counts, else the organisation's default. Each entry counts from the moment at which
  its holder is needed: the role is given to them, a ladder names it, or their key is late.
- What goes out on Slack at that very moment anyway is not sent twice.
- Nobody is called for what is settled meanwhile, and no more once they have acknowledged or done anything.
- Quiet hours hold no call: somebody waits (`language.md`, settings).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.incident.calendar import add
from engine.incident.draft import Draft
from engine.incident.effects import Delivery, to_person
from engine.incident.plan import World, roles_of
from engine.incident.rehearsal import MARK
from engine.incident.state import NEW_ROLE, NEW_STEP, OPEN, Call, Incident, RoleState, StepState
from engine.language.playbook import Approval, ReachStep, Step

CALM: Final = timedelta(minutes=5)
"""A reminder keeps silent for so long after somebody worked on its step."""

OVERDUE: Final = "overdue"
"""Name of the timer that calls late key-holders, in a step's `fired`."""


def reach_of(world: World, role: str) -> list[ReachStep]:
    """Give how the holders of a role are called, first call first; empty where nobody said."""
    definition = world.plan.playbook.roles.get(role)
    own = definition.reach if definition is not None else None
    return sorted(own if own is not None else world.organisation.defaults.reach or [], key=lambda rung: rung.after.seconds)


def calls_of(draft: Draft, role: str, *, is_told: bool = True) -> tuple[Call, ...]:
    """Compute the calls of a role that is needed now; `is_told`: its holders hear of it on Slack at once anyway."""
    clockwork = draft.world.clockwork(draft.incident)
    wanted = (rung for rung in reach_of(draft.world, role) if not (is_told and rung.by == "slack" and not rung.after.seconds))
    return tuple(Call(add(draft.now, rung.after, clockwork), rung.by) for rung in wanted)


def pressed(draft: Draft, roles: Iterable[str], *, by: str) -> dict[str, tuple[Call, ...]]:
    """Compute whose holders are called on after a rung of a ladder: by their own `reach`, or only answer to the rung's call."""
    return {role: calls_of(draft, role) for role in roles if by != "slack" or reach_of(draft.world, role)}


def calls_of_lead(draft: Draft, role: str) -> dict[str, tuple[Call, ...]]:
    """Compute how the lead is called when nobody is left for a role; who gives the command is awake."""
    lead = draft.world.plan.lead_role
    people = draft.incident.roles.get(lead, NEW_ROLE).people
    if role == lead or not people or draft.actor.person in people or not reach_of(draft.world, lead):
        return {}
    return {lead: calls_of(draft, lead)}


def next_call(world: World, incident: Incident, role: RoleState, name: str) -> datetime | None:
    """Find when the holders of a role are called next; None when they need not be."""
    if not role.awaits or not role.calls or not role.people or not _is_needed(world, incident, role, name):
        return None
    return role.calls[0].at


def due_call(role: RoleState, now: datetime) -> Call:
    """Pick the call to make of those that are due: after hours of darkness the last one is enough."""
    return [call for call in role.calls if call.at <= now][-1]


def late_keys(world: World, incident: Incident, step: Step | None, state: StepState) -> tuple[str, ...]:
    """List the roles of an approval that have not turned their key and can be called."""
    if not isinstance(step, Approval) or OVERDUE in state.fired:
        return ()
    turned = {key.role for key in state.keys if key.decision == "approve"}
    asked = (*step.approvers, *((state.escalated_to,) if state.escalated_to else ()))
    held = (role for role in asked if incident.roles.get(role, NEW_ROLE).people)
    return tuple(role for role in held if role not in turned and reach_of(world, role))


def last_touch(state: StepState) -> datetime | None:
    """Find when somebody last worked on a step."""
    return max(_touches(state), default=None)


def page(world: World, incident: Incident, person: str) -> dict[str, Any]:
    """Say what may stand on a locked phone or in somebody else's system, and whether the person is to acknowledge: no names."""
    mark = f"{MARK.capitalize()}. " if incident.mode == "rehearsal" else ""
    awaits = [name for name, role in incident.roles.items() if role.awaits and person in role.people]
    return {
        "says": f"{mark}{incident.key}, severity {_severity(world, incident)}",
        "subject": f"{incident.key} {world.plan.playbook.title}",
        "acknowledge": bool(awaits),
    }


def pages_done(world: World, before: Incident | None, after: Incident) -> Iterator[Delivery]:
    """Tell PagerDuty that what somebody was called about is settled, whichever way they answered."""
    if after.mode == "rehearsal":
        return
    was, now = _paged(world, before), _paged(world, after)
    for index, person in enumerate(person for person in was if person not in now):
        body = {"reason": "reached", "by": "pagerduty", "page": {**page(world, after, person), "resolve": True}}
        text = f"{after.key} {world.plan.playbook.title}: nobody needs to be called any more"
        yield Delivery(f"{after.key}:{after.version}:page:{index}", "tell", to_person(person, "pagerduty"), text, body=body)


def _paged(world: World, incident: Incident | None) -> Mapping[str, None]:
    """Everybody who is being called and is known to PagerDuty, in order."""
    if incident is None or incident.status in ("cancelled", "complete"):
        return {}
    people = world.organisation.people
    called = (role for role in incident.roles.values() if role.awaits and role.called)
    return dict.fromkeys(person for role in called for person in role.people if person in people and people[person].pagerduty)


def _is_needed(world: World, incident: Incident, role: RoleState, name: str) -> bool:
    if role.about is not None:
        return incident.steps.get(role.about, NEW_STEP).state in OPEN
    if name == world.plan.lead_role:
        return incident.closed_at is None
    steps = (world.step(incident, step) for step, state in incident.steps.items() if state.state in OPEN)
    return any(name in roles_of(step) for step in steps if step is not None)


def _touches(state: StepState) -> Iterator[datetime]:
    if state.started_at is not None:
        yield state.started_at
    yield from (mark.at for mark in state.ticks.values())
    yield from (version.at for version in state.versions)
    yield from (key.at for key in state.keys)
    yield from (receipt.at for receipt in state.receipts.values())
    yield from (item.at for item in state.items)


def _severity(world: World, incident: Incident) -> int:
    """Count levels from the worst: severity 1 is the highest level of the playbook."""
    return len(world.plan.levels) - world.plan.rank(incident.severity)
