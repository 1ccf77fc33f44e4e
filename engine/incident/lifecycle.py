"""The run of an incident: note, hold, contain, close, reopen, cancel, merge, complete."""

from engine.incident import commands as c
from engine.incident.calendar import after_quiet
from engine.incident.deadlines import instant_of
from engine.incident.draft import Draft
from engine.incident.events import (
    FollowUpScheduled,
    HoldPlaced,
    HoldReleased,
    IncidentCancelled,
    IncidentClosed,
    IncidentCompleted,
    IncidentContained,
    IncidentMerged,
    IncidentReopened,
    Noted,
    PersonInvited,
    StepBlocked,
    TaskAdded,
)
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen
from engine.incident.rights import no_hold, no_release, no_steering, takes_part
from engine.incident.state import SETTLED
from engine.incident.steps.work import complete
from engine.language.duration import parse_due
from engine.language.suggest import listed


def note(draft: Draft, command: c.Note) -> Refusal | None:
    if not command.text.strip():
        return Refusal("note_required", "a note needs a text", field="text")
    draft.add(Noted(draft.mark(command.text.strip())))
    return None


def hold(draft: Draft, command: c.Hold) -> Refusal | None:
    refused = no_hold(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if not command.reason.strip():
        return Refusal("note_required", "say why everything is held", field="reason")
    if draft.incident.hold is None:
        draft.add(HoldPlaced(draft.mark(command.reason)))
    return None


def release(draft: Draft, command: c.Release) -> Refusal | None:
    refused = no_release(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    draft.add(HoldReleased(draft.mark(command.reason)))
    return None


def contain(draft: Draft, command: c.Contain) -> Refusal | None:
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if draft.incident.contained_at is None:
        draft.add(IncidentContained())
    return None


def close(draft: Draft, command: c.Close) -> Refusal | None:
    """Complete the closing step when it is ready; otherwise say what is missing."""
    if draft.incident.closed_at is not None:
        return None
    step = draft.world.plan.closing_step
    if step is None:
        refused = no_steering(draft.world, draft.incident, draft.actor)
        if refused is None:
            draft.add(IncidentClosed())
        return refused
    if draft.state(step).state == "waiting":
        return Refusal("not_closable", f"still open before '{step}': {', '.join(_open_before(draft, step))}")
    return complete(draft, c.CompleteStep(step))


def reopen_incident(draft: Draft, command: c.Reopen) -> Refusal | None:
    """Reset the closing step and what came after it; follow-ups count again from the next close."""
    if draft.incident.closed_at is None or draft.incident.status == "cancelled":
        return Refusal("not_closable", "the incident is not closed")
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if not command.reason.strip():
        return Refusal("note_required", "say why it is reopened", field="reason")
    draft.add(IncidentReopened(draft.mark(command.reason)))
    plan = draft.world.plan
    if plan.closing_step:
        reopen(draft, [plan.closing_step, *plan.graph.descendants(plan.closing_step)], "the incident was reopened")
    for name, follow_up in plan.follow_ups.items():
        if follow_up.at.anchor in (None, "closed", plan.closing_step) and draft.state(name).state != "done":
            reopen(draft, [name], "the incident was reopened")
            draft.follow(FollowUpScheduled(name, None))
    return None


def cancel(draft: Draft, command: c.Cancel) -> Refusal | None:
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if not command.reason.strip():
        return Refusal("note_required", "say why it is cancelled", field="reason")
    draft.add(IncidentCancelled(draft.mark(command.reason)))
    _block_all(draft, "the incident was cancelled")
    return None


def merge(draft: Draft, command: c.Merge) -> Refusal | None:
    """Settle this incident as a duplicate; the runtime has checked that `into` exists."""
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if command.into in (draft.incident.key, draft.incident.id):
        return Refusal("bad_value", "an incident can't be merged into itself", field="into")
    draft.add(IncidentMerged(command.into))
    draft.add(IncidentCancelled(f"merged into {command.into}"))
    _block_all(draft, f"merged into {command.into}")
    return None


def add_task(draft: Draft, command: c.AddTask) -> Refusal | None:
    roles = draft.world.plan.playbook.roles
    if command.role not in roles:
        return Refusal("unknown_role", f"there is no role '{command.role}'; there are {listed(roles, like=command.role)}", field="role")
    if not command.title.strip() or len(command.title) > 300:
        return Refusal("bad_value", "a task needs a title of 1 to 300 characters", field="title")
    due_at = None
    if command.due:
        try:
            due_at = instant_of(draft, parse_due(command.due), draft.now)
        except ValueError as error:
            return Refusal("bad_value", str(error), field="due")
    number = 1 + sum(name.startswith("added_") for name in draft.incident.added)
    draft.add(TaskAdded(f"added_{number}", draft.mark(command.title.strip()), command.role, due_at))
    return None


def invite(draft: Draft, command: c.Invite) -> Refusal | None:
    """Let somebody see and follow the incident; whoever takes part may do so."""
    actor = draft.actor
    if actor.person is not None and not takes_part(draft.world, draft.incident, actor.person):
        return Refusal("not_you", "only people who take part invite others")
    if command.person not in draft.world.organisation.people:
        return Refusal("unknown_person", f"there is no {command.person!r} in the organisation file", field="person")
    if command.person not in draft.incident.invited:
        draft.add(PersonInvited(command.person))
    return None


def schedule_follow_ups(draft: Draft) -> None:
    """Give follow-ups their instant once what they count from has happened."""
    for name, follow_up in draft.world.plan.follow_ups.items():
        state = draft.state(name)
        if state.state != "waiting" or state.starts_at is not None:
            continue
        at = instant_of(draft, follow_up.at, draft.incident.closed_at or draft.now) if _anchored(draft, follow_up.at.anchor) else None
        if at is not None:
            draft.follow(FollowUpScheduled(name, after_quiet(at, draft.world.clockwork(draft.incident))))


def complete_incident(draft: Draft) -> None:
    """`complete` is when every step, added task and follow-up is settled after closing."""
    if draft.incident.status == "closed" and all(state.state in SETTLED for state in draft.incident.steps.values()):
        draft.follow(IncidentCompleted())


def _anchored(draft: Draft, anchor: str | None) -> bool:
    return anchor is not None or draft.incident.closed_at is not None


def _open_before(draft: Draft, step: str) -> list[str]:
    before = draft.world.plan.graph.ancestors(step)
    open_now = [name for name in draft.incident.steps if name in before and draft.state(name).state in ("ready", "doing")]
    return open_now or [name for name in draft.incident.steps if name in before and draft.state(name).state == "waiting"]


def _block_all(draft: Draft, reason: str) -> None:
    for name, state in list(draft.incident.steps.items()):
        if state.state not in SETTLED:
            draft.follow(StepBlocked(name, "cancelled", reason))
