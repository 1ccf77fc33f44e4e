"""Everybody does whatever is open, answering as told: the way to reach the end of a story in one line.

Decisions that nobody was told an answer to stay open, so that time may answer them. What somebody may not do
now is tried again when something has changed. Monitors record what they were told, else what is calm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from engine.analysis.stories.performing import approving, completing, confirming, doer, give_as, saving
from engine.analysis.stories.stage import Stage
from engine.analysis.stories.story import Action
from engine.incident import commands as c
from engine.incident.actor import DELIVERY
from engine.incident.refusal import Refusal
from engine.incident.state import OPEN
from engine.language.duration import parse_duration
from engine.language.playbook import (
    Approval,
    Decision,
    Evidence,
    FollowUp,
    Metric,
    Monitor,
    Publish,
    Statement,
    Step,
    SubPlaybook,
    Task,
    Ticket,
)

LONGEST: Final = timedelta(days=730)
"""How long everybody goes on at most: two years, far beyond the last follow-up."""

_CALM: Final[Mapping[str, bool | int]] = {"yes_no": True, "percent": 100, "number": 0}
_RESULTS: Final[Mapping[str, Any]] = {
    "yes_no": True,
    "number": 1,
    "date": "2026-11-23",
    "datetime": "2026-11-23T12:00:00Z",
    "duration": "1h",
    "url": "https://example.com/noted",
    "url_list": ["https://example.com/noted"],
    "people": ["somebody"],
    "country": "CA",
}


@dataclass
class Everybody:
    """The people of a story at work: the answers and readings that they were told, and what they were refused."""

    stage: Stage
    answers: Mapping[str, str]
    readings: Mapping[str, Any]
    refused: dict[str, Refusal] = field(default_factory=dict)

    def work(self) -> None:
        """Do what is open now, and what opens because of it, until nobody has anything left to do."""
        while True:
            version = self.stage.incident.version
            for name in [name for name, state in self.stage.incident.steps.items() if state.state in OPEN]:
                if self.stage.incident.steps[name].state in OPEN:
                    self._do(name)
            if self.stage.incident.version == version:
                return

    def _do(self, name: str) -> None:
        step = self.stage.world.step(self.stage.incident, name)
        if step is None:
            return
        if isinstance(step, SubPlaybook):
            key = self.stage.incident.steps[name].reference
            if key:
                self.stage.give(c.ReportChild(name, key, "closed"), DELIVERY)
            return
        for command, who in self._commands(step):
            refused = give_as(self.stage, command, who)
            if refused is not None:
                self.refused[name] = refused
                return
        self.refused.pop(name, None)

    def _commands(self, step: Step) -> Iterator[tuple[c.AnyCommand, str]]:
        if isinstance(step, Approval):
            yield from approving(self.stage, step)
            return
        for command in self._of_step(step):
            yield command, doer(self.stage, step.id)

    def _of_step(self, step: Step) -> Iterator[c.AnyCommand]:
        match step:
            case Task():
                yield from self._of_task(step)
            case Ticket() if self.stage.incident.steps[step.id].reference:
                yield c.CompleteStep(step.id)
            case Decision() if step.id in self.answers:
                yield c.Answer(step.id, self.answers[step.id], note="as agreed")
            case Statement():
                yield c.SubmitDraft(step.id)
            case Publish() if step.confirm == "manual" or step.id in self.stage.failing:
                yield from confirming(self.stage, step)
            case Evidence():
                yield from saving(self.stage, step)
            case Monitor():
                yield from self._readings(step.record, step.id)
            case _:
                return

    def _of_task(self, step: Task) -> Iterator[c.AnyCommand]:
        follow_up: FollowUp | None = self.stage.world.plan.follow_ups.get(step.id)
        if follow_up is not None:
            yield from self._readings(follow_up.measure, step.id)
        yield from completing(self.stage, step.id, result=_result(step))

    def _readings(self, names: list[str], step: str) -> Iterator[c.AnyCommand]:
        """Record what stands otherwise, or was never recorded; the same again would change nothing."""
        metrics = self.stage.world.plan.playbook.metrics
        wanted = {name: self.readings.get(name, _calm(metrics[name])) for name in names if metrics[name].type != "elapsed"}
        known = self.stage.incident.metrics
        is_new = self.stage.incident.steps[step].state == "ready"
        if wanted and (is_new or any(name not in known or known[name].value != value for name, value in wanted.items())):
            yield c.RecordMetrics(wanted, step=step)


def work_until(stage: Stage, action: Action) -> str | None:
    """Let everybody work as an action says; say what is left when they can't get as far as it wants."""
    answers = action.what if isinstance(action.what, dict) else {}
    people = Everybody(stage, answers, action.more.get("record", {}))
    until = action.more.get("until")
    people.work()
    if until is None:
        return None
    limit = _limit(stage, str(until))
    while not _is_over(stage, until) and (alarm := stage.next_alarm(limit)) is not None:
        stage.ring(alarm)
        people.work()
    if until not in ("complete", "closed"):
        stage.move(limit)
        return None
    return None if _is_over(stage, until) else left_open(people)


def left_open(people: Everybody) -> str:
    """Say what keeps an incident from going on, and why nobody could do it."""
    incident = people.stage.incident
    still = [name for name, state in incident.steps.items() if state.state in OPEN]
    parts = [_why_open(people, name) for name in still]
    return "; ".join(parts) if parts else f"nothing is open, and the incident is {incident.status}"


def _why_open(people: Everybody, name: str) -> str:
    step = people.stage.world.step(people.stage.incident, name)
    if isinstance(step, Decision) and name not in people.answers:
        return f"'{name}' has no answer"
    refused = people.refused.get(name)
    return f"'{name}': {refused.reason}" if refused else f"'{name}' is {people.stage.incident.steps[name].state}"


def _limit(stage: Stage, until: str) -> datetime:
    if until in ("complete", "closed"):
        return stage.now + LONGEST
    return stage.instant_of(parse_duration(until))


def _is_over(stage: Stage, until: object) -> bool:
    incident = stage.incident
    return incident.status in ("complete", "cancelled") or (until == "closed" and incident.closed_at is not None)


def _calm(metric: Metric) -> bool | int:
    return _CALM.get(metric.type, 0)


def _result(step: Task) -> object:
    if step.result is None:
        return None
    return step.result.options[0] if step.result.type == "choice" else _RESULTS.get(step.result.type, "noted")
