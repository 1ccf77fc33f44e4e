"""What an action of a story means: the commands that it stands for, and who gives each.

Without `by`, whoever is asked does it: the step's assignee, the holder of its role, every approver in turn, or
the lead for the incident as a whole. An action of several commands ends at the first that is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from engine.analysis.stories.stage import Stage, person
from engine.analysis.stories.story import Action
from engine.incident import commands as c
from engine.incident.actor import DELIVERY
from engine.incident.holding import holders
from engine.incident.people import candidates
from engine.incident.refusal import Refusal
from engine.incident.state import NEW_STEP, OPEN
from engine.incident.versions import subject_version
from engine.language.playbook import Approval, Evidence, Publish, Step

LINK: Final = "https://example.com/posted"
HANDED_OVER: Final = "https://example.com/handed-over"
DIGEST: Final = "ab" * 32

Given = tuple[c.AnyCommand, str]
"""A command, and who gives it: a role or a person."""


def perform(stage: Stage, action: Action) -> Refusal | None:
    """Do what an action says, as those who do it; give the first refusal."""
    if action.verb in ("fail", "child"):
        return _by_machine(stage, action)
    for command, who in _COMMANDS[action.verb](stage, action):
        refused = give_as(stage, command, who)
        if refused is not None:
            return refused
    return None


def give_as(stage: Stage, command: c.AnyCommand, who: str) -> Refusal | None:
    """Give a command as a role's holder, or as a person."""
    name = person_for(stage, who)
    if name is None:
        return Refusal("not_eligible", f"nobody holds '{who}', and the organisation file has nobody for it")
    return stage.give(command, person(name))


def person_for(stage: Stage, who: str) -> str | None:
    """Find who acts for a role (whoever holds it, else whom it would go to), or take the person as named."""
    playbook = stage.world.plan.playbook
    if who not in playbook.roles:
        return who
    found = (*holders(stage.incident, [who]), *candidates(stage.world.organisation, playbook, who, stage.now))
    return next(iter(found), None)


def doer(stage: Stage, name: str) -> str:
    """Name who is asked to do a step: who took it, its role, else the lead."""
    state = stage.incident.steps.get(name, NEW_STEP)
    step = stage.world.step(stage.incident, name)
    return state.assignee or (step.role if step is not None else None) or stage.world.plan.lead_role


def completing(stage: Stage, name: str, *, result: object = None, link: str | None = None) -> Iterator[c.AnyCommand]:
    """Tick what is open on a checklist, then complete the step."""
    step = stage.world.step(stage.incident, name)
    state = stage.incident.steps.get(name, NEW_STEP)
    if step is not None and state.state in OPEN:
        yield from (c.TickItem(name, entry.item) for entry in step.checklist if entry.item not in state.ticks)
    yield c.CompleteStep(name, result=result, link=link)


def approving(stage: Stage, step: Approval) -> Iterator[Given]:
    """Let every approver turn a key, but for those who have; after an escalation only who decides then."""
    state = stage.incident.steps.get(step.id, NEW_STEP)
    version = version_to_approve(stage, step)
    turned = {key.role for key in state.keys if key.decision == "approve"}
    roles = [state.escalated_to] if state.escalated_to else [role for role in step.approvers if role not in turned]
    for role in roles or step.approvers[:1]:
        yield c.Approve(step.id, version, role=role), role


def version_to_approve(stage: Stage, step: Approval) -> str:
    """Give the digest of what stands now; empty while there is nothing to approve."""
    return subject_version(stage.world, stage.incident, step.of) or ""


def saving(stage: Stage, step: Evidence) -> Iterator[c.AnyCommand]:
    """Save every source that has no item yet."""
    state = stage.incident.steps.get(step.id, NEW_STEP)
    saved = {item.source for item in state.items}
    for source in [source for source in state.sources if source not in saved] or state.sources[:1] or (HANDED_OVER,):
        yield c.AddEvidence(step.id, source, DIGEST)


def confirming(stage: Stage, step: Publish) -> Iterator[c.AnyCommand]:
    """Confirm every channel that is not confirmed yet."""
    state = stage.incident.steps.get(step.id, NEW_STEP)
    for channel in [channel for channel in step.channels if channel not in state.receipts] or step.channels[:1]:
        yield c.Confirm(step.id, channel, LINK)


def _complete(stage: Stage, action: Action) -> Iterator[Given]:
    who = _who(action, doer(stage, action.what))
    for command in completing(stage, action.what, result=action.more.get("result"), link=action.more.get("link")):
        yield command, who


def _answer(stage: Stage, action: Action) -> Iterator[Given]:
    for decision, option in action.what.items():
        yield c.Answer(decision, option, note=action.more.get("note")), _who(action, doer(stage, decision))


def _submit(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.SubmitDraft(action.what, text=action.more.get("text")), _who(action, doer(stage, action.what))


def _approve(stage: Stage, action: Action) -> Iterator[Given]:
    step = _approval(stage, action)
    if not action.by:
        yield from approving(stage, step)
    for who in action.by:
        yield c.Approve(step.id, version_to_approve(stage, step), role=_role(stage, who)), who


def _reject(stage: Stage, action: Action) -> Iterator[Given]:
    step = _approval(stage, action)
    escalated = stage.incident.steps.get(step.id, NEW_STEP).escalated_to
    for who in action.by or (escalated or step.approvers[0],):
        yield c.Reject(step.id, version_to_approve(stage, step), action.more["comment"], role=_role(stage, who)), who


def _withdraw(stage: Stage, action: Action) -> Iterator[Given]:
    step = _approval(stage, action)
    for who in action.by or (step.approvers[0],):
        yield c.Withdraw(step.id, version_to_approve(stage, step), _why(action)), who


def _confirm(stage: Stage, action: Action) -> Iterator[Given]:
    step = stage.world.plan.steps[action.what]
    assert isinstance(step, Publish), "the reader lets only a publish be confirmed"
    channel = action.more.get("channel")
    who = _who(action, doer(stage, step.id))
    for command in [c.Confirm(step.id, channel, LINK)] if channel else list(confirming(stage, step)):
        yield _with_text(command, action.more.get("text")), who


def _with_text(command: c.AnyCommand, text: str | None) -> c.AnyCommand:
    assert isinstance(command, c.Confirm), "only what was posted has a text"
    return c.Confirm(command.step, command.channel, command.link, text=text)


def _evidence(stage: Stage, action: Action) -> Iterator[Given]:
    step = stage.world.plan.steps[action.what]
    assert isinstance(step, Evidence), "the reader lets evidence be given to evidence steps only"
    source = action.more.get("source")
    who = _who(action, doer(stage, step.id))
    for command in [c.AddEvidence(step.id, source, DIGEST)] if source else list(saving(stage, step)):
        yield command, who


def _record(stage: Stage, action: Action) -> Iterator[Given]:
    step = action.more.get("step")
    yield c.RecordMetrics(dict(action.what), step=step), _who(action, doer(stage, step or ""))


def _skip(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.SkipStep(action.what, _why(action)), _who(action, doer(stage, action.what))


def _start(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.StartStep(action.what), _who(action, doer(stage, action.what))


def _decline(stage: Stage, action: Action) -> Iterator[Given]:
    step: Step | None = stage.world.plan.steps.get(action.what)
    asked = step.approvers[0] if isinstance(step, Approval) else doer(stage, action.what)
    yield c.Decline(action.what, _why(action)), _who(action, asked)


def _fill(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Fill(dict(action.what)), _lead(stage, action)


def _add(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Add({name: list(items) for name, items in action.what.items()}), _lead(stage, action)


def _raise(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Raise(action.what, _why(action)), _lead(stage, action)


def _lower(stage: Stage, action: Action) -> Iterator[Given]:
    severity = stage.world.plan.playbook.severity
    role = (severity.lower_by if severity else None) or stage.world.plan.lead_role
    yield c.Lower(action.what, _why(action)), _who(action, role)


def _hold(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Hold(_why(action)), _lead(stage, action)


def _release(stage: Stage, action: Action) -> Iterator[Given]:
    """Let another key-holder release what was held."""
    held_by = stage.incident.hold.by if stage.incident.hold else None
    keys = sorted(stage.world.plan.key_roles)
    others = [name for name in holders(stage.incident, keys) if name != held_by]
    yield c.Release(_why(action)), _who(action, next(iter(others), stage.world.plan.lead_role))


def _contain(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Contain(), _lead(stage, action)


def _close(stage: Stage, action: Action) -> Iterator[Given]:
    """Tick what the closing step's checklist asks for, and close."""
    step = stage.world.plan.closing_step
    who = _who(action, doer(stage, step) if step else stage.world.plan.lead_role)
    if step:
        yield from ((command, who) for command in completing(stage, step) if isinstance(command, c.TickItem))
    yield c.Close(), who


def _reopen(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Reopen(_why(action)), _lead(stage, action)


def _cancel(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Cancel(_why(action)), _lead(stage, action)


def _acknowledge(stage: Stage, action: Action) -> Iterator[Given]:
    yield c.Acknowledge(action.what), _who(action, action.what)


def _name(stage: Stage, action: Action) -> Iterator[Given]:
    for role, name in action.what.items():
        yield c.NameRole(role, name), _lead(stage, action)


def _by_machine(stage: Stage, action: Action) -> Refusal | None:
    if action.verb == "fail":
        error = action.more.get("error", "it did not arrive")
        return stage.give(c.RecordDelivery(f"story:{action.what}", action.what, "failed", error=error), DELIVERY)
    for step, status in action.what.items():
        key = stage.incident.steps[step].reference or ""
        refused = stage.give(c.ReportChild(step, key, status), DELIVERY)
        if refused is not None:
            return refused
    return None


def _approval(stage: Stage, action: Action) -> Approval:
    step = stage.world.plan.steps[action.what]
    assert isinstance(step, Approval), "the reader lets keys be turned on approvals only"
    return step


def _role(stage: Stage, who: str) -> str | None:
    return who if who in stage.world.plan.playbook.roles else None


def _who(action: Action, asked: str) -> str:
    return action.by[0] if action.by else asked


def _lead(stage: Stage, action: Action) -> str:
    return _who(action, stage.world.plan.lead_role)


def _why(action: Action) -> str:
    reason = action.what if isinstance(action.what, str) and action.verb in _REASONED else action.more.get("reason")
    return reason or "as the story tells"


_REASONED: Final = frozenset({"hold", "release", "contain", "close", "reopen", "cancel"})
"""Verbs under which the reason itself may stand."""

_COMMANDS: Final[Mapping[str, Callable[[Stage, Action], Iterator[Given]]]] = {
    "complete": _complete,
    "answer": _answer,
    "submit": _submit,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
    "confirm": _confirm,
    "evidence": _evidence,
    "record": _record,
    "skip": _skip,
    "start": _start,
    "decline": _decline,
    "fill": _fill,
    "add": _add,
    "raise": _raise,
    "lower": _lower,
    "hold": _hold,
    "release": _release,
    "contain": _contain,
    "close": _close,
    "reopen": _reopen,
    "cancel": _cancel,
    "acknowledge": _acknowledge,
    "name": _name,
}
