"""Answering a decision, and revising the answer: the old branch ends, the new one opens."""

from engine.incident import commands as c
from engine.incident.draft import Draft
from engine.incident.events import AnswerRevised, DecisionAnswered, DefaultTaken, SeverityRaised, StepSkipped, StepVoided
from engine.incident.personal import Text
from engine.incident.policy import forbids_act, forbids_revision
from engine.incident.refusal import Refusal
from engine.incident.reopening import reopen, restate
from engine.incident.rights import no_work
from engine.incident.severity import reopen_for_severity
from engine.incident.state import OPEN
from engine.incident.steps.finding import not_open, of_kind
from engine.language.playbook import Decision
from engine.language.suggest import listed


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
    _raise_with(draft, step, option)


def _answer(draft: Draft, step: Decision, command: c.Answer) -> Refusal | None:
    note = _note(draft, step, command)
    if step.options[command.option].note_required and note is None:
        return Refusal("note_required", f"'{command.option}' needs a note that says why", field="note")
    refused = forbids_act(draft.world, draft.incident, step.id, draft.actor.person)
    if refused:
        return refused
    draft.add(DecisionAnswered(step.id, command.option, note))
    _raise_with(draft, step, command.option)
    return None


def _revise(draft: Draft, step: Decision, command: c.Answer) -> Refusal | None:
    was = draft.state(step.id).answer or ""
    if was == command.option:
        return None
    if draft.incident.closed_at is not None:
        return Refusal("closed", "an answer can be revised until close; reopen the incident first")
    note = _note(draft, step, command)
    if note is None:
        return Refusal("note_required", f"'{step.id}' was answered '{was}'; revising it needs a note that says why", field="note")
    before = draft.incident
    draft.add(AnswerRevised(step.id, command.option, was, note))
    _leave(draft, step, was, command.option)
    restate(draft, [step.id], "answer revised")
    _enter(draft, step, was, command.option)
    _raise_with(draft, step, command.option)
    return forbids_revision(draft.world, before, draft.incident)


def _leave(draft: Draft, step: Decision, was: str, now: str) -> None:
    for name in step.options[was].then:
        if name in step.options[now].then:
            continue
        state = draft.state(name)
        if state.state in OPEN or state.state == "waiting":
            draft.follow(StepSkipped(name, "revised", "answer revised"))
        if state.state == "done" and not state.void:
            draft.follow(StepVoided(name, "answer revised"))


def _enter(draft: Draft, step: Decision, was: str, now: str) -> None:
    opened = [name for name in step.options[now].then if name not in step.options[was].then]
    reopen(draft, [name for name in opened if draft.state(name).skip_cause in ("branch", "revised")], "answer revised")


def _raise_with(draft: Draft, step: Decision, option: str) -> None:
    to = step.options[option].raise_
    plan = draft.world.plan
    if to is None or plan.rank(to) <= plan.rank(draft.incident.severity):
        return
    draft.follow(SeverityRaised(to, draft.incident.severity, f"{step.id}={option}"))
    reopen_for_severity(draft)


def _note(draft: Draft, step: Decision, command: c.Answer) -> Text | None:
    if command.note is None or not command.note.strip():
        return None
    return draft.mark(command.note.strip(), private=step.private)
