"""Work on any step that people do: start, tick, complete, skip, assign, decline, snooze, comment."""

from engine.incident import commands as c
from engine.incident.calendar import add
from engine.incident.draft import Draft
from engine.incident.events import (
    ItemTicked,
    PublishReturned,
    StepAssigned,
    StepCommented,
    StepCompleted,
    StepDeclined,
    StepSkipped,
    StepSnoozed,
    StepStarted,
)
from engine.incident.holding import holders, is_lead, pass_on, recused_from
from engine.incident.personal import Personal, Value
from engine.incident.plan import roles_of
from engine.incident.policy import forbids_act, forbids_skip
from engine.incident.refusal import Refusal
from engine.incident.rights import no_work, not_own
from engine.incident.steps.finding import not_open, open_step, step_named
from engine.incident.steps.publish import start_publish
from engine.incident.values import read_value
from engine.language.duration import parse_duration
from engine.language.playbook import (
    AUTOMATIC_KINDS,
    Approval,
    Decision,
    Evidence,
    Http,
    Monitor,
    Publish,
    Statement,
    Step,
    Task,
    Ticket,
    Wait,
)

BY_HAND = (Task, Ticket, Http, Wait)
"""Kinds that a person may complete; an automatic one when the machine on the other side is of no help."""


def start(draft: Draft, command: c.StartStep) -> Refusal | None:
    step = open_step(draft, command.step)
    if isinstance(step, Refusal):
        return step
    if isinstance(step, Publish):
        return start_publish(draft, step)
    refused = no_work(draft.world, draft.incident, step, draft.actor)
    if refused:
        return refused
    if draft.state(step.id).state == "doing" and draft.state(step.id).assignee == draft.actor.person:
        return None
    draft.add(StepStarted(step.id, draft.actor.person))
    return None


def tick(draft: Draft, command: c.TickItem) -> Refusal | None:
    step = open_step(draft, command.step)
    if isinstance(step, Refusal):
        return step
    refused = no_work(draft.world, draft.incident, step, draft.actor)
    if refused:
        return refused
    item = _item(step, command.item)
    if item is None:
        names = ", ".join(repr(entry.item) for entry in step.checklist) or "nothing"
        return Refusal("unknown_item", f"the checklist has no {command.item!r}; it has {names}", field="item")
    if (item in draft.state(step.id).ticks) != command.done:
        draft.add(ItemTicked(step.id, item, command.done))
    return None


def complete(draft: Draft, command: c.CompleteStep) -> Refusal | None:
    step = step_named(draft, command.step)
    if isinstance(step, Refusal):
        return step
    if draft.state(step.id).state == "done" and draft.state(step.id).done_by == draft.actor.name:
        return None
    refused = not_open(draft, step.id) or _not_by_hand(step) or _not_filled(draft, step)
    refused = refused or no_work(draft.world, draft.incident, step, draft.actor)
    refused = refused or _unticked(draft, step) or forbids_act(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    result = _result(draft, step, command.result)
    if isinstance(result, Refusal):
        return result
    draft.add(StepCompleted(step.id, result, command.link))
    return None


def skip(draft: Draft, command: c.SkipStep) -> Refusal | None:
    step = open_step(draft, command.step)
    if isinstance(step, Refusal):
        return step
    if not command.reason.strip():
        return Refusal("note_required", "a skip needs its reason", field="reason")
    if not can_be_skipped(step):
        return Refusal("cannot_skip", f"'{step.id}' can't be skipped by hand")
    refused = no_work(draft.world, draft.incident, step, draft.actor) or forbids_skip(draft.world, draft.incident, step.id)
    if refused:
        return refused
    draft.add(StepSkipped(step.id, "hand", draft.mark(command.reason, private=step.private)))
    return None


def can_be_skipped(step: Step) -> bool:
    """Decisions, statements, approvals, publishes and steps with `sets` never; others as the author says."""
    return step.can_skip and step.sets is None and not isinstance(step, Decision | Statement | Approval | Publish)


def assign(draft: Draft, command: c.AssignStep) -> Refusal | None:
    step = step_named(draft, command.step)
    if isinstance(step, Refusal):
        return step
    if isinstance(step, Approval):
        return Refusal("not_eligible", "a key can't be assigned; hand over the role instead")
    if draft.state(step.id).state in ("done", "skipped", "blocked"):
        return not_open(draft, step.id)
    refused = _no_assigning(draft, step) or _unfit(draft, step, command.person)
    if refused:
        return refused
    if draft.state(step.id).assignee != command.person:
        draft.add(StepAssigned(step.id, command.person))
    return None


def decline(draft: Draft, command: c.Decline) -> Refusal | None:
    step = open_step(draft, command.step)
    if isinstance(step, Refusal):
        return step
    state = draft.state(step.id)
    person = draft.actor.person
    if person is None or person not in {state.assignee, *holders(draft.incident, roles_of(step))}:
        return Refusal("not_you", f"'{step.id}' is not yours to decline")
    if step.kind in AUTOMATIC_KINDS:
        return Refusal("wrong_kind", f"'{step.id}' is done by the engine; there is nothing to decline")
    if state.receipts:
        return Refusal("in_use", "the words already stand in a channel; confirm the others or hold")
    reason = draft.mark(command.reason, private=step.private)
    if state.frozen_version:
        draft.add(PublishReturned(step.id, reason))
        return None
    if state.assignee not in (None, person):
        return Refusal("not_you", f"{state.assignee} has taken '{step.id}'; it is theirs to decline")
    draft.add(StepDeclined(step.id, person, reason))
    pass_on(draft, step, person)
    return None


def snooze(draft: Draft, command: c.Snooze) -> Refusal | None:
    step = open_step(draft, command.step)
    if isinstance(step, Refusal):
        return step
    try:
        span = parse_duration(command.span)
    except ValueError as error:
        return Refusal("bad_value", str(error), field="for")
    if span.seconds > 86_400:
        return Refusal("bad_value", "a snooze lasts a day at most", field="for")
    refused = no_work(draft.world, draft.incident, step, draft.actor)
    if refused:
        return refused
    draft.add(StepSnoozed(step.id, add(draft.now, span, draft.world.clockwork(draft.incident))))
    return None


def comment(draft: Draft, command: c.Comment) -> Refusal | None:
    step = step_named(draft, command.step)
    if isinstance(step, Refusal):
        return step
    if not command.text.strip():
        return Refusal("note_required", "a comment needs a text", field="text")
    draft.add(StepCommented(step.id, draft.mark(command.text, private=step.private)))
    return None


def _item(step: Step, given: str) -> str | None:
    items = [entry.item for entry in step.checklist]
    numbered = {str(number): item for number, item in enumerate(items, start=1)}
    if given in numbered:
        return numbered[given]
    return next((item for item in items if item.casefold() == given.strip().casefold()), None)


def _not_by_hand(step: Step) -> Refusal | None:
    match step:
        case Decision():
            return Refusal("wrong_kind", f"'{step.id}' is a decision; answer it with one of {', '.join(step.options)}")
        case Statement():
            return Refusal("wrong_kind", f"'{step.id}' is a statement; submit its text")
        case Approval():
            return Refusal("wrong_kind", f"'{step.id}' is an approval; approve or reject the exact version")
        case Publish():
            return Refusal("wrong_kind", f"'{step.id}' is published; confirm each channel with its link")
        case Evidence():
            return Refusal("wrong_kind", f"'{step.id}' is done when every source has an item; add evidence")
        case Monitor():
            return Refusal("wrong_kind", f"'{step.id}' ends by its rule; record its metrics")
        case _ if isinstance(step, BY_HAND) or step.kind == "playbook":
            return None
        case _:
            return Refusal("wrong_kind", f"'{step.id}' is sent by the engine")


def _not_filled(draft: Draft, step: Step) -> Refusal | None:
    added = draft.incident.added.get(step.id)
    if added is None or added.fills not in draft.incident.unknown:
        return None
    return Refusal("missing_input", f"'{step.id}' is done once '{added.fills}' is filled", allowed=("fill", "skip"), field="result")


def _unticked(draft: Draft, step: Step) -> Refusal | None:
    ticks = draft.state(step.id).ticks
    missing = [entry.item for entry in step.checklist if not entry.optional and entry.item not in ticks]
    if not missing:
        return None
    return Refusal("checklist_open", f"still to tick: {', '.join(missing)}", allowed=("tick",))


def _result(draft: Draft, step: Step, given: object) -> Value | Refusal:
    definition = step.result if isinstance(step, Task) else None
    if definition is None:
        if given is None:
            return None
        return draft.mark(given, private=step.private) if isinstance(given, str) else Refusal("bad_value", "the result must be a text")
    if given is None:
        return Refusal("missing_input", f"'{step.id}' asks for a result", field="result") if definition.required else None
    names_somebody = definition.type in ("person", "people") if definition.personal is None else definition.personal
    value = read_value(definition, given, personal=names_somebody or step.private)
    if isinstance(value, Refusal):
        return value
    return draft.mark(value) if isinstance(value, str) and not isinstance(value, Personal) else value


def _no_assigning(draft: Draft, step: Step) -> Refusal | None:
    actor = draft.actor
    own = {*holders(draft.incident, roles_of(step)), draft.state(step.id).assignee}
    if actor.person is None or actor.person in own or is_lead(draft.world, draft.incident, actor):
        return not_own(actor, "giving away a private step") if step.private else None
    return no_work(draft.world, draft.incident, step, actor)


def _unfit(draft: Draft, step: Step, person: str) -> Refusal | None:
    if person not in draft.world.organisation.people and person not in holders(draft.incident, draft.incident.roles):
        return Refusal("unknown_person", f"there is no {person!r} in the organisation file", field="person")
    if step.role and person in recused_from(draft, step.role):
        return Refusal("recused", f"{person} is part of what happened and can't take this")
    return forbids_act(draft.world, draft.incident, step.id, person) if isinstance(step, Statement) else None
