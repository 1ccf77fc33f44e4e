"""What is read of an incident without its history: computed from the snapshot alone, so that it can be rebuilt at will.

Rules:
- A step's `people` are those who can act on it: who took it and its helpers, else everybody who holds its
  roles; for an approval, whoever still has a key to turn; for a settled step, who did it.
- `summary` is what a list shows beyond the columns that people filter by.
- Nothing here depends on the organisation file: who takes part stands as the events name them, so that a
  change of the file makes no difference between what is stored and what would be rebuilt.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec

from engine.incident.card_facts import holder
from engine.incident.holding import holders
from engine.incident.plan import World
from engine.incident.state import SETTLED, Incident, StepState
from engine.incident.visibility import named_in
from engine.language.playbook import PEOPLE_KINDS, Approval, Step
from engine.runtime.links import links_of
from engine.runtime.order import ordered
from engine.store.projections import IncidentRow, Projection, StepRow

PREFIX: Final = "INC-"


def projected(world: World, incident: Incident, *, but: Collection[str] = ()) -> Projection:
    """Say all that is read of an incident, without the steps named in `but`."""
    incident = ordered(world, incident)
    rows = (_step(world, incident, position, name) for position, name in enumerate(incident.steps) if name not in but)
    return Projection(
        incident=incident_row(world, incident),
        steps=tuple(row for row in rows if row is not None),
        participants=named_in(incident),
        links=links_of(world, incident),
    )


def projected_before(world: World, incident: Incident, now: Projection, *, but: Collection[str] = ()) -> Projection:
    """Say what was read of an incident, as far as it is compared with what is read `now`; both are in their playbook's order."""
    rows = [_step(world, incident, position, name) for position, name in enumerate(incident.steps) if name not in but]
    return Projection(
        incident=now.incident,
        steps=tuple(row for row in rows if row is not None),
        participants=named_in(incident),
        links=links_of(world, incident),
    )


def unchanged(before: Incident, after: Incident) -> frozenset[str]:
    """Name steps whose rows are the same before and after, told without making them: nothing that a row is made of has changed."""
    is_alike = before.roles == after.roles and before.added == after.added and tuple(before.steps) == tuple(after.steps)
    return frozenset(name for name, state in after.steps.items() if before.steps[name] is state) if is_alike else frozenset()


def incident_row(world: World, incident: Incident) -> IncidentRow:
    """Say what stands in the list of incidents."""
    return IncidentRow(
        id=incident.id,
        key=incident.key,
        number=number_of(incident.key),
        version=incident.version,
        playbook_id=incident.playbook.id,
        playbook_version=incident.playbook.version,
        playbook_digest=incident.playbook.digest,
        title=incident.title,
        status=incident.status,
        severity=incident.severity,
        mode=incident.mode,
        visibility=incident.visibility,
        declared_at=incident.declared_at,
        declared_by=incident.declared_by,
        detected_at=incident.detected_at,
        contained_at=incident.contained_at,
        closed_at=incident.closed_at,
        completed_at=incident.completed_at,
        external_ref=incident.external_ref,
        parent_id=incident.parent.incident if incident.parent else None,
        merged_into=incident.merged_into,
        summary=_summary(world, incident),
    )


def key_of(number: int) -> str:
    """Write the key of the incident with this number."""
    return f"{PREFIX}{number}"


def number_of(key: str) -> int:
    """Read the number out of a key that we made."""
    return int(key.removeprefix(PREFIX))


def _summary(world: World, incident: Incident) -> dict[str, Any]:
    level = world.plan.playbook.severity.levels.get(incident.severity) if world.plan.playbook.severity else None
    states = [state.state for state in incident.steps.values()]
    return {
        "playbook_title": world.plan.playbook.title,
        "severity_title": level.title if level else incident.severity,
        "lead": holder(incident, world.plan.lead_role),
        "counts": {name: states.count(name) for name in ("waiting", "ready", "doing", "done", "skipped", "blocked")},
        "hold": incident.hold is not None,
        "speed": incident.speed,
    }


def _step(world: World, incident: Incident, position: int, name: str) -> StepRow | None:
    step = world.step(incident, name)
    if step is None:
        return None
    state = incident.steps[name]
    added = incident.added.get(name)
    return StepRow(
        step=name,
        position=position,
        kind=step.kind,
        title=msgspec.to_builtins(added.title) if added else step.title,
        state=state.state,
        role=step.role,
        assignee=state.assignee,
        people=people_of(incident, step, state),
        due_at=state.due_at,
        ready_at=state.ready_at,
        settled_at=state.settled_at,
        private=step.private,
    )


def people_of(incident: Incident, step: Step, state: StepState) -> tuple[str, ...]:
    """List who can act on a step, or who did it."""
    if state.state in SETTLED:
        return (state.done_by,) if state.done_by else ()
    if isinstance(step, Approval):
        turned = {key.person for key in state.keys if key.decision == "approve"}
        roles = [state.escalated_to] if state.escalated_to else step.approvers
        return tuple(person for person in holders(incident, roles) if person not in turned)
    if step.kind not in PEOPLE_KINDS:
        return ()
    owners = (state.assignee,) if state.assignee else holders(incident, [step.role] if step.role else [])
    found = dict.fromkeys((*owners, *holders(incident, step.helpers)))
    return tuple(person for person in found if person not in state.declined_by)
