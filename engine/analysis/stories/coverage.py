"""Branches of a playbook, and which of them a run went: every option, every step, every guard both ways.

What a run went is read from what happened and from nothing else, so that it counts whoever or whatever did it:
an option that `if_no_answer` chose was chosen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from engine.analysis.stories.stage import Stage
from engine.incident.events import AnswerRevised, DecisionAnswered, KeyTurned, RaiseRulesRead, ReworkAsked, StepReadied, StepSkipped
from engine.incident.plan import Plan
from engine.incident.state import Key
from engine.language.playbook import Decision, Step

BranchKind = Literal["option", "done", "guard", "severity", "rejected", "raised"]

OPTIONAL: Final[frozenset[BranchKind]] = frozenset({"rejected", "raised"})
"""Worth telling, and told apart: a playbook is covered without them."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way that a run can go at a step: `way` is the option, or `taken` and `skipped` for a guard."""

    kind: BranchKind
    step: str
    way: str = ""

    @property
    def is_optional(self) -> bool:
        return self.kind in OPTIONAL


def branches(plan: Plan) -> tuple[Branch, ...]:
    """List every branch of a playbook, in the order of its steps."""
    return tuple(branch for step in plan.steps.values() for branch in _of_step(plan, step)) + tuple(_of_severity(plan))


def covered(stage: Stage) -> frozenset[Branch]:
    """Give the branches that a run went."""
    plan = stage.world.plan
    happened = {branch for event in stage.events(*_TELLING) for branch in _of_event(plan, event)}
    done = {Branch("done", name) for name, state in stage.incident.steps.items() if state.was_done}
    return frozenset(happened | done)


def in_words(plan: Plan, branch: Branch) -> str:
    """Say what a story would have to tell so that a branch is covered."""
    match branch.kind:
        case "option":
            return f"{branch.step} is answered {branch.way}"
        case "done":
            return f"{branch.step} is done"
        case "guard":
            return f"{branch.step} {'runs' if branch.way == 'taken' else 'is skipped'} by its guard ({plan.steps[branch.step].when})"
        case "severity":
            level = plan.steps[branch.step].min_severity
            return f"{branch.step} runs at {level} or above" if branch.way == "taken" else f"{branch.step} is skipped below {level}"
        case "rejected":
            return f"{branch.step} is rejected"
        case "raised":
            return f"severity rises by rule: {branch.way}"


def _of_step(plan: Plan, step: Step) -> Iterator[Branch]:
    if isinstance(step, Decision):
        yield from (Branch("option", step.id, option) for option in step.options)
    else:
        yield Branch("done", step.id)
    if step.when:
        yield from (Branch("guard", step.id, way) for way in ("taken", "skipped"))
    if step.min_severity and plan.rank(step.min_severity) > 0:
        yield from (Branch("severity", step.id, way) for way in ("taken", "skipped"))
    if step.kind == "approval":
        yield Branch("rejected", step.id)


def _of_severity(plan: Plan) -> Iterator[Branch]:
    severity = plan.playbook.severity
    for rule in severity.raise_ if severity else ():
        yield Branch("raised", rule.to, rule.when)


_TELLING: Final = (DecisionAnswered, AnswerRevised, StepReadied, StepSkipped, KeyTurned, ReworkAsked, RaiseRulesRead)


def _of_event(plan: Plan, event: object) -> Iterable[Branch]:
    match event:
        case DecisionAnswered(step=step, option=option) | AnswerRevised(step=step, option=option):
            return (Branch("option", step, option),)
        case StepReadied(step=step):
            return (Branch("guard", step, "taken"), Branch("severity", step, "taken"))
        case StepSkipped(step=step, cause="guard"):
            return (Branch("guard", step, "skipped"),)
        case StepSkipped(step=step, cause="severity"):
            return (Branch("severity", step, "skipped"),)
        case ReworkAsked(step=step) | KeyTurned(step=step, key=Key(decision="reject")):
            return (Branch("rejected", step),)
        case RaiseRulesRead(true=true) if plan.playbook.severity:
            rules = plan.playbook.severity.raise_
            return tuple(Branch("raised", rules[index].to, rules[index].when) for index in true)
        case _:
            return ()
