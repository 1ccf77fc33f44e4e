"""Answering a decision, and revising the answer: the old branch ends, the new one opens."""

from typing import Final

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import AnswerRevised, DecisionAnswered, DefaultTaken, SeverityRaised
from engine.incident.personal import Text
from engine.incident.policy import forbids_act, forbids_person, forbids_revision
from engine.incident.refusal import Refusal
from engine.incident.reopening import leave, restate
from engine.incident.rights import no_work
from engine.incident.severity import reopen_for_severity
from engine.incident.steps.finding import not_open, of_kind
from engine.language.playbook import Decision
from engine.language.suggest import listed

REVISED: Final = "answer revised"


def answer(draft: Draft, command: c.Answer) -> Refusal | None:
    step = of_kind(draft, command.step, Decision)
    if isinstance(step, Refusal):
        return step
    if command.option not in step.options:
        reason = f"'{command.option}' is not an option; choose {listed(step.options, like=command.option)}"
        return Refusal("unknown_option", reason, field="option")
    refused = no_work(draft.world, draft.incident, step, draft.actor)
    if refused:
        return refused
    state = draft.state(step.id)
    if state.state == "done" and not state.void:
        return _revise(draft, step, command)
    return not_open(draft, step.id) or _answer(draft, step, command)


def take_default(draft: Draft, step: Decision) -> None:
    """Nobody answered in time: `if_no_answer` does."""
    option = step.if_no_answer
    if option is None:
        return
    draft.follow(DefaultTaken(step.id))
    draft.follow(DecisionAnswered(step.id, option, note="nobody answered in time", by_default=True))
    if draft.state(step.id).round:
        restate(draft, [step.id], REVISED)
    _raise_with(draft, step, option)


def _answer(draft: Draft, step: Decision, command: c.Answer) -> Refusal | None:
    note = _note(draft, step, command)
    if step.options[command.option].note_required and note is None:
        return Refusal("note_required", f"'{command.option}' needs a note that says why", field="note")
    refused = _raises_late(draft, step, command.option) or forbids_act(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    before = draft.incident
    draft.add(DecisionAnswered(step.id, command.option, note))
    if before.steps[step.id].round:
        restate(draft, [step.id], REVISED)
    _raise_with(draft, step, command.option)
    return forbids_revision(draft.world, before, draft.incident, step.id) if before.steps[step.id].round else None


def _revise(draft: Draft, step: Decision, command: c.Answer) -> Refusal | None:
    was = draft.state(step.id).answer or ""
    if was == command.option:
        return None
    if draft.incident.closed_at is not None:
        return Refusal("closed", "an answer can be revised until close; reopen the incident first")
    note = _note(draft, step, command)
    if note is None:
        return Refusal("note_required", f"'{step.id}' was answered '{was}'; revising it needs a note that says why", field="note")
    refused = forbids_person(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    before = draft.incident
    draft.add(AnswerRevised(step.id, command.option, was, note))
    for name in _left(step, was, command.option):
        leave(draft, name, REVISED)
    restate(draft, [step.id], REVISED)
    _raise_with(draft, step, command.option)
    return forbids_revision(draft.world, before, draft.incident, step.id)


def _left(step: Decision, was: str, now: str) -> tuple[str, ...]:
    """Steps of the old branch that are not on the new one."""
    then = step.options[was].then if was in step.options else []
    return tuple(name for name in then if name not in step.options[now].then)


def _raise_with(draft: Draft, step: Decision, option: str) -> None:
    """Raise as the option says; after closing nothing is raised by itself."""
    to = step.options[option].raise_
    plan = draft.world.plan
    if to is None or plan.rank(to) <= plan.rank(draft.incident.severity) or draft.incident.closed_at is not None:
        return
    draft.follow(SeverityRaised(to, draft.incident.severity, f"{step.id}={option}"))
    reopen_for_severity(draft)


def _raises_late(draft: Draft, step: Decision, option: str) -> Refusal | None:
    to, plan = step.options[option].raise_, draft.world.plan
    if to is None or draft.incident.closed_at is None or plan.rank(to) <= plan.rank(draft.incident.severity):
        return None
    return Refusal("closed", f"'{option}' raises severity to {to}, and the incident is closed; reopen it first", allowed=("reopen",))


def _note(draft: Draft, step: Decision, command: c.Answer) -> Text | None:
    if command.note is None or not command.note.strip():
        return None
    return draft.mark(command.note.strip(), private=step.private)
