"""Monitors and metrics: a check every so often, values recorded by a person, an end by rule or by time."""

from engine.incident import commands as c
from engine.incident.calendar import add
from engine.incident.deadlines import round_of
from engine.incident.draft import Draft
from engine.incident.events import CheckDue, MetricsRecorded, RoundReported, StepCompleted, StepStarted
from engine.incident.policy import forbids_act
from engine.incident.refusal import Refusal
from engine.incident.rendering import rendered
from engine.incident.rights import no_work, takes_part
from engine.incident.scope import holds
from engine.incident.state import OPEN
from engine.incident.steps.finding import step_named
from engine.incident.values import read_metric
from engine.language.playbook import Monitor
from engine.language.suggest import listed


def record(draft: Draft, command: c.RecordMetrics) -> Refusal | None:
    """Record values for the incident, or for a step (a monitor's round, a follow-up's measures)."""
    refused = _may_record(draft, command)
    if refused:
        return refused
    values: dict[str, bool | int | float] = {}
    for name, given in command.values.items():
        metric = draft.world.plan.playbook.metrics.get(name)
        if metric is None or metric.type == "elapsed":
            known = [key for key, each in draft.world.plan.playbook.metrics.items() if each.type != "elapsed"]
            reason = f"'{name}' is not a metric to record; there are {listed(known, like=name)}"
            return Refusal("unknown_metric", reason, field=name)
        value = read_metric(metric, given)
        if isinstance(value, Refusal):
            return Refusal("bad_value", f"{name}: {value.reason}", field=name)
        values[name] = value
    if not values:
        return Refusal("bad_value", "say at least one metric and its value", field="values")
    draft.add(MetricsRecorded(values, command.step))
    _report(draft, command.step)
    return None


def check_due(draft: Draft, step: Monitor) -> None:
    """A check's time has come; checks that were missed while nobody could count are not made up for."""
    state = draft.state(step.id)
    clockwork = draft.world.clockwork(draft.incident)
    following = add(state.next_at or draft.now, round_of(step), clockwork)
    if following <= draft.now:
        following = add(draft.now, round_of(step), clockwork)
    draft.follow(CheckDue(step.id, state.checks + 1, following))


def end_by_rule(draft: Draft) -> None:
    """Complete monitors and waits whose `until` is true now."""
    for name, until in draft.world.plan.endings.items():
        if draft.state(name).state in OPEN and holds(draft.scope, until) and forbids_act(draft.world, draft.incident, name, None) is None:
            draft.follow(StepCompleted(name))


def _may_record(draft: Draft, command: c.RecordMetrics) -> Refusal | None:
    if command.step is None:
        person = draft.actor.person
        if person is None or takes_part(draft.world, draft.incident, person):
            return None
        return Refusal("not_you", "only people who take part record metrics")
    step = step_named(draft, command.step)
    if isinstance(step, Refusal):
        return step
    return no_work(draft.world, draft.incident, step, draft.actor)


def _report(draft: Draft, name: str | None) -> None:
    step = draft.step(name) if name else None
    if not isinstance(step, Monitor) or draft.state(step.id).state not in ("ready", "doing"):
        return
    if draft.state(step.id).state == "ready":
        draft.follow(StepStarted(step.id, draft.actor.person))
    if step.each_time:
        text = rendered(draft, step.each_time.text)
        draft.follow(RoundReported(step.id, tuple(step.each_time.to), text))
