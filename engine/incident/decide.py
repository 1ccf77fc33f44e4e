"""Decide what a command brings about: entries, or a Refusal that changes nothing.

The only way in for people, machines and time. `decide` never raises, never reads a clock, and does not
know who called. A command is first looked up in a table, then everything that follows from it follows
(`advance`), and the whole is returned or nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from engine.incident import commands as c
from engine.incident.actor import Actor
from engine.incident.advance import advance
from engine.incident.appointing import acknowledge, hand_over, name_role
from engine.incident.declaring import add_to, declared, fill, open_the_start
from engine.incident.draft import Draft
from engine.incident.events import Entry
from engine.incident.evolve import evolve
from engine.incident.holding import acknowledge_all
from engine.incident.lifecycle import add_task, cancel, close, contain, hold, invite, merge, note, release, reopen_incident, restrict
from engine.incident.migrating import migrate
from engine.incident.passing import pass_time
from engine.incident.plan import World
from engine.incident.refusal import Refusal
from engine.incident.rights import only_acknowledges
from engine.incident.severity import lower_severity, raise_severity
from engine.incident.state import Incident
from engine.incident.steps.approval import approve, reject, withdraw
from engine.incident.steps.automatic import record_delivery, report_child
from engine.incident.steps.decision import answer
from engine.incident.steps.evidence import add_evidence
from engine.incident.steps.monitor import record
from engine.incident.steps.publish import confirm
from engine.incident.steps.statement import submit
from engine.incident.steps.work import assign, comment, complete, decline, skip, snooze, start, tick

Decided = tuple[Entry, ...] | Refusal

HANDLERS: Final[Mapping[type, Callable[[Draft, Any], Refusal | None]]] = {
    c.StartStep: start,
    c.TickItem: tick,
    c.CompleteStep: complete,
    c.SkipStep: skip,
    c.AssignStep: assign,
    c.Answer: answer,
    c.SubmitDraft: submit,
    c.Approve: approve,
    c.Reject: reject,
    c.Withdraw: withdraw,
    c.Confirm: confirm,
    c.Decline: decline,
    c.Snooze: snooze,
    c.AddEvidence: add_evidence,
    c.RecordMetrics: record,
    c.Comment: comment,
    c.Raise: raise_severity,
    c.Lower: lower_severity,
    c.Contain: contain,
    c.Close: close,
    c.Cancel: cancel,
    c.Reopen: reopen_incident,
    c.Note: note,
    c.AddTask: add_task,
    c.Fill: fill,
    c.Add: add_to,
    c.Hold: hold,
    c.Release: release,
    c.Merge: merge,
    c.Restrict: restrict,
    c.Migrate: migrate,
    c.NameRole: name_role,
    c.Acknowledge: acknowledge,
    c.HandOver: hand_over,
    c.Invite: invite,
    c.RecordDelivery: record_delivery,
    c.ReportChild: report_child,
}
"""Every command but `Declare` and `Tick`, which begin with no incident and no actor."""

ALWAYS: Final = (c.Note, c.Comment, c.RecordDelivery, c.ReportChild, c.Reopen, c.Restrict, c.Invite, c.Acknowledge)
"""What is still heard when an incident is over."""


def decide(world: World, incident: Incident | None, command: c.AnyCommand, *, actor: Actor, now: datetime) -> Decided:
    """Return the entries that `command` brings about now, () when it changes nothing, or why not."""
    decided = decide_and_evolve(world, incident, command, actor=actor, now=now)
    return decided if isinstance(decided, Refusal) else decided[0]


def decide_and_evolve(
    world: World, incident: Incident | None, command: c.AnyCommand, *, actor: Actor, now: datetime
) -> tuple[tuple[Entry, ...], Incident] | Refusal:
    """Return the entries and the incident after them, which `decide` has folded already; or why not."""
    if isinstance(command, c.Declare):
        return _declare(world, command, actor, now) if incident is None else Refusal("already_settled", f"{incident.key} is declared")
    if incident is None:
        return Refusal("not_startable", "there is no such incident")
    draft = Draft(world, incident, actor=actor, now=now, thorough=isinstance(command, c.Tick | c.Migrate))
    if isinstance(command, c.Tick):
        pass_time(draft)
        advance(draft)
        return tuple(draft.entries), draft.incident
    refused = _over(incident, command) or only_acknowledges(actor, command) or HANDLERS[type(command)](draft, command)
    if refused is not None:
        return refused
    if actor.person is not None:
        acknowledge_all(draft, actor.person)
    advance(draft)
    return tuple(draft.entries), draft.incident


def _declare(world: World, command: c.Declare, actor: Actor, now: datetime) -> tuple[tuple[Entry, ...], Incident] | Refusal:
    first = declared(world, command, actor=actor, now=now)
    if isinstance(first, Refusal):
        return first
    entry = Entry(at=now, by=actor, event=first)
    draft = Draft(world, evolve(None, entry), actor=actor, now=now, thorough=True)
    draft.entries.append(entry)
    open_the_start(draft)
    advance(draft)
    if actor.person is not None:
        acknowledge_all(draft, actor.person)
    return tuple(draft.entries), draft.incident


def _over(incident: Incident, command: c.AnyCommand) -> Refusal | None:
    if incident.status not in ("cancelled", "complete") or isinstance(command, ALWAYS):
        return None
    return Refusal("over", f"{incident.key} is {incident.status}; nothing more happens in it", allowed=("note",))
