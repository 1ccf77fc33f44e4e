"""The run of an incident: note, hold, contain, close, reopen, cancel, merge, complete."""

from datetime import datetime
from typing import Final

from engine.incident import commands as c
from engine.incident.calendar import after_quiet
from engine.incident.deadlines import instant_of
from engine.incident.draft import Draft, new_id
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
    IncidentRestricted,
    Noted,
    PersonInvited,
    StepBlocked,
    StepReopened,
    StepSkipped,
    TaskAdded,
)
from engine.incident.holding import recused_from
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen
from engine.incident.rights import no_hold, no_release, no_steering, takes_part
from engine.incident.scope import anchor_instant, is_done
from engine.incident.state import SETTLED
from engine.incident.steps.work import complete
from engine.incident.visibility import can_see
from engine.language.duration import parse_due
from engine.language.suggest import listed

REOPENED: Final = "the incident was reopened"


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
    """Complete the closing step when it is ready; otherwise say what is missing. Without one that can run, the lead closes."""
    if draft.incident.closed_at is not None:
        return None
    step = draft.world.plan.closing_step
    if step is None or draft.state(step).state in ("skipped", "blocked"):
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
        draft.follow(StepReopened(plan.closing_step, REOPENED))
        reopen(draft, plan.graph.descendants(plan.closing_step), REOPENED)
    for name, follow_up in plan.follow_ups.items():
        if draft.state(name).state != "done" and _counts_from_close(draft, name, follow_up.at.anchor):
            reopen(draft, [name], REOPENED)
            draft.follow(FollowUpScheduled(name, None))
    return None


def _counts_from_close(draft: Draft, name: str, anchor: str | None) -> bool:
    """Whether a follow-up counts from the close, or from a step that was reset with it."""
    plan = draft.world.plan
    reset = plan.graph.descendants(plan.closing_step) if plan.closing_step else frozenset()
    return anchor in (None, "closed", plan.closing_step) or anchor in reset or draft.state(name).skip_cause == "anchor"


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
    draft.add(IncidentMerged(command.into, draft.mark(command.reason)))
    draft.add(IncidentCancelled(f"merged into {command.into}"))
    _block_all(draft, f"merged into {command.into}")
    return None


def restrict(draft: Draft, command: c.Restrict) -> Refusal | None:
    """Make it an incident for participants; the room that everybody could read is left."""
    refused = no_steering(draft.world, draft.incident, draft.actor)
    if refused:
        return refused
    if not command.reason.strip():
        return Refusal("note_required", "say why it is closed to others", field="reason")
    if draft.incident.visibility == "organisation":
        draft.add(IncidentRestricted(draft.mark(command.reason.strip())))
    return None


def add_task(draft: Draft, command: c.AddTask) -> Refusal | None:
    roles = draft.world.plan.playbook.roles
    if command.role not in roles:
        return Refusal("unknown_role", f"there is no role '{command.role}'; there are {listed(roles, like=command.role)}", field="role")
    if not command.title.strip() or len(command.title) > 300:
        return Refusal("bad_value", "a task needs a title of 1 to 300 characters", field="title")
    due_at = _due_of(draft, command.due)
    if isinstance(due_at, Refusal):
        return due_at
    number = 1 + sum(name.startswith("added_") for name in draft.incident.added)
    draft.add(TaskAdded(new_id(draft, f"added_{number}"), draft.mark(command.title.strip()), command.role, due_at))
    return None


def _due_of(draft: Draft, text: str | None) -> datetime | Refusal | None:
    """When an added task is due; it can count only from what has happened, because nobody would set it later."""
    if not text:
        return None
    try:
        due = parse_due(text)
    except ValueError as error:
        return Refusal("bad_value", str(error), field="due")
    if due.anchor is not None and anchor_instant(draft.world, draft.incident, due.anchor) is None:
        return Refusal("bad_value", f"'{due.anchor}' has not happened; write '{due.after}' to count from now", field="due")
    return instant_of(draft, due, draft.now)


def invite(draft: Draft, command: c.Invite) -> Refusal | None:
    """Let somebody see and follow the incident; whoever takes part may do so, and whoever may see it joins it."""
    actor = draft.actor
    is_joining = actor.person is not None and command.person == actor.person and can_see(draft.world, draft.incident, actor)
    if actor.person is not None and not is_joining and not takes_part(draft.world, draft.incident, actor.person):
        return Refusal("not_you", "only people who take part invite others")
    if is_joining and any(command.person in recused_from(draft, role) for role in draft.world.recusals):
        return Refusal("recused", "you are part of what happened; the incident lead invites you if you are needed")
    if command.person not in draft.world.organisation.people:
        return Refusal("unknown_person", f"there is no {command.person!r} in the organisation file", field="person")
    is_asked_now = not is_joining and command.person in draft.incident.joined
    if command.person not in draft.incident.invited or is_asked_now:
        draft.add(PersonInvited(command.person))
    return None


def stamp(draft: Draft) -> None:
    """Stamp what a step with `sets` stamps once it is done, whatever its kind."""
    for step in draft.world.plan.stamping:
        if not is_done(draft.state(step.id)):
            continue
        if step.sets == "closed" and draft.incident.closed_at is None:
            draft.follow(IncidentClosed())
        if step.sets == "contained" and draft.incident.contained_at is None:
            draft.follow(IncidentContained())


def schedule_follow_ups(draft: Draft) -> None:
    """Give follow-ups their instant once what they count from has happened; after closing, what can't happen any more skips them."""
    for name, follow_up in draft.world.plan.follow_ups.items():
        state = draft.state(name)
        if state.state != "waiting" or state.starts_at is not None:
            continue
        anchor = follow_up.at.anchor
        at = instant_of(draft, follow_up.at, draft.incident.closed_at or draft.now) if _anchored(draft, anchor) else None
        if at is not None:
            draft.follow(FollowUpScheduled(name, after_quiet(at, draft.world.clockwork(draft.incident))))
        elif anchor is not None and draft.incident.closed_at is not None and _never(draft, anchor):
            draft.follow(StepSkipped(name, "anchor", f"it counts from {anchor}, which did not happen"))


def complete_incident(draft: Draft) -> None:
    """`complete` is when every step, added task and follow-up is settled after closing."""
    if draft.incident.status == "closed" and all(state.state in SETTLED for state in draft.incident.steps.values()):
        draft.follow(IncidentCompleted())


def _anchored(draft: Draft, anchor: str | None) -> bool:
    return anchor is not None or draft.incident.closed_at is not None


def _never(draft: Draft, anchor: str) -> bool:
    """Whether the step, or all that reach the milestone, are settled without being done."""
    milestone = draft.world.plan.playbook.milestones.get(anchor)
    steps = [anchor] if anchor in draft.incident.steps else milestone.reached_by if milestone else []
    return bool(steps) and all(draft.state(step).state in SETTLED and not is_done(draft.state(step)) for step in steps)


def _open_before(draft: Draft, step: str) -> list[str]:
    before = draft.world.plan.graph.ancestors(step)
    open_now = [name for name in draft.incident.steps if name in before and draft.state(name).state in ("ready", "doing")]
    return open_now or [name for name in draft.incident.steps if name in before and draft.state(name).state == "waiting"]


def _block_all(draft: Draft, reason: str) -> None:
    for name, state in list(draft.incident.steps.items()):
        if state.state not in SETTLED:
            draft.follow(StepBlocked(name, "cancelled", reason))
