"""Sentences about what happens to any step: ready, taken, ticked, settled, re-opened, late."""

from collections.abc import Mapping
from typing import Final

from engine.incident import events as e
from engine.incident.scene import Scene, Tell, joined, quoted
from engine.incident.state import StepState
from engine.language.playbook import Approval


def _readied(scene: Scene, event: e.StepReadied) -> str:
    people = _asked(scene, event.step)
    asked = f", for {people}" if people else ""
    due = f", due {scene.clock(event.due_at)}" if event.due_at else ""
    return f"Ready: {scene.title(event.step)}{asked}{due}"


def _asked(scene: Scene, step: str) -> str:
    """Name whose turn it is: who took the step, else who holds its role or its keys."""
    assignee = scene.state(step).assignee
    if assignee:
        return scene.name(assignee)
    known = scene.world.step(scene.incident, step)
    if isinstance(known, Approval):
        return joined(scene.held(role) for role in known.approvers)
    return scene.held(known.role) if known and known.role else ""


def _due_set(scene: Scene, event: e.DueSet) -> str:
    if event.due_at is None:
        return f"Due: {scene.title(event.step)} has no deadline any more"
    return f"Due: {scene.title(event.step)} is due {scene.clock(event.due_at)}"


def _started(scene: Scene, event: e.StepStarted) -> str:
    if event.person is None and scene.by_engine:
        return f"Started: {scene.title(event.step)}"
    return f"Started: {scene.name(event.person) if event.person else scene.who} began {scene.title(event.step)}"


def _completed(scene: Scene, event: e.StepCompleted) -> str:
    title = scene.title(event.step)
    done = f"Done: {title}" if scene.by_engine else f"Done: {scene.who} completed {title}"
    result = scene.inside(event.step, event.result) if event.result is not None else ""
    link = scene.inside(event.step, event.link) if event.link else ""
    note = scene.inside(event.step, event.note) if event.note else ""
    more = dict.fromkeys(part for part in (result, link, note) if part)
    return f"{done}: {'; '.join(more)}" if more else done


def _skipped(scene: Scene, event: e.StepSkipped) -> str:
    title = scene.title(event.step)
    begin = f"Skipped: {scene.who} skipped {title}" if event.cause == "hand" else f"Skipped: {title}"
    return f"{begin}{scene.because(event.step, event.reason)}"


def _blocked(scene: Scene, event: e.StepBlocked) -> str:
    return f"Blocked: {scene.title(event.step)} can't go on{scene.because(event.step, event.reason)}"


def _reopened(scene: Scene, event: e.StepReopened) -> str:
    again = " again" if _had_begun(scene.state(event.step)) else ""
    return f"Reopened: {scene.title(event.step)} is to be done{again}{scene.because(event.step, event.reason)}"


def _had_begun(state: StepState) -> bool:
    """Whether anything was done in it, ever: a step that a branch had left out is done for the first time."""
    return state.was_done or bool(state.rejections or state.versions or state.items or state.keys)


def _voided(scene: Scene, event: e.StepVoided) -> str:
    return f"Set aside: what was done in {scene.title(event.step)} no longer counts{scene.because(event.step, event.reason)}"


def _unvoided(scene: Scene, event: e.StepUnvoided) -> str:
    return f"Counts again: what was done in {scene.title(event.step)} stands after all"


def _assigned(scene: Scene, event: e.StepAssigned) -> str:
    if event.person == scene.entry.by.person:
        return f"Taken: {scene.who} took {scene.title(event.step)}"
    return f"Assigned: {scene.who} gave {scene.title(event.step)} to {scene.name(event.person)}"


def _declined(scene: Scene, event: e.StepDeclined) -> str:
    return f"Declined: {scene.name(event.person)} can't do {scene.title(event.step)}{scene.because(event.step, event.reason)}"


def _snoozed(scene: Scene, event: e.StepSnoozed) -> str:
    return f"Snoozed: {scene.who} silenced the reminders of {scene.title(event.step)} until {scene.clock(event.until)}"


def _commented(scene: Scene, event: e.StepCommented) -> str:
    return f"Comment: {scene.who} wrote about {scene.title(event.step)}{scene.because(event.step, event.text)}"


def _follow_up_scheduled(scene: Scene, event: e.FollowUpScheduled) -> str:
    if event.at is None:
        return f"Unscheduled: {scene.title(event.step)} has no date for now"
    return f"Scheduled: {scene.title(event.step)} starts {scene.clock(event.at)}"


def _ticked(scene: Scene, event: e.ItemTicked) -> str:
    item = "an item" if scene.is_private(event.step) else quoted(event.item)
    verb = "ticked" if event.done else "unticked"
    return f"{verb.capitalize()}: {scene.who} {verb} {item} of {scene.title(event.step)}"


def _evidence_added(scene: Scene, event: e.EvidenceAdded) -> str:
    if scene.is_private(event.step):
        return f"Saved: {scene.who} added an item to {scene.title(event.step)}"
    item = event.item
    return f"Saved: {scene.who} recorded {item.source} for {scene.title(event.step)} (SHA-256 {item.sha256[:12]}…, {item.strength})"


def _sources_changed(scene: Scene, event: e.SourcesChanged) -> str:
    count = len(event.sources)
    return f"Sources: {scene.title(event.step)} covers {count} {'source' if count == 1 else 'sources'} now"


def _reminded(scene: Scene, event: e.Reminded) -> str:
    due = scene.state(event.step).due_at
    people = _asked(scene, event.step)
    return f"Reminder: {scene.title(event.step)} waits for {people or 'everyone'}{f', due {scene.clock(due)}' if due else ''}"


def _escalated(scene: Scene, event: e.Escalated) -> str:
    told = scene.names(event.people) or "nobody"
    roles = joined(scene.role(role) for role in event.roles)
    wanted = f", to be reached by {event.by}" if event.by != "slack" else ""
    return f"Late: {scene.title(event.step)} was due {scene.clock(event.late_since)}; told {told} ({roles}){wanted}"


def _key_overdue(scene: Scene, event: e.KeyOverdue) -> str:
    roles = joined(scene.held(role) for role in event.calls)
    return f"Late: {scene.title(event.step)} was due {scene.clock(event.late_since)}; {roles} will be called until somebody answers"


def _default_taken(scene: Scene, event: e.DefaultTaken) -> str:
    return f"By time: {scene.title(event.step)} went unanswered, so what was agreed for that takes effect"


def _check_due(scene: Scene, event: e.CheckDue) -> str:
    then = f"; the next one {scene.clock(event.next_at)}" if event.next_at else ""
    return f"Check: {scene.title(event.step)} is to be looked at now, check {event.count}{then}"


STEP_STORIES: Final[Mapping[type, Tell]] = {
    e.StepReadied: _readied,
    e.DueSet: _due_set,
    e.StepStarted: _started,
    e.StepCompleted: _completed,
    e.StepSkipped: _skipped,
    e.StepBlocked: _blocked,
    e.StepReopened: _reopened,
    e.StepVoided: _voided,
    e.StepUnvoided: _unvoided,
    e.StepAssigned: _assigned,
    e.StepDeclined: _declined,
    e.StepSnoozed: _snoozed,
    e.StepCommented: _commented,
    e.FollowUpScheduled: _follow_up_scheduled,
    e.ItemTicked: _ticked,
    e.EvidenceAdded: _evidence_added,
    e.SourcesChanged: _sources_changed,
    e.Reminded: _reminded,
    e.Escalated: _escalated,
    e.KeyOverdue: _key_overdue,
    e.DefaultTaken: _default_taken,
    e.CheckDue: _check_due,
}
