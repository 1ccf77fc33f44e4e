"""How a run compares with what its playbook aims for: milestones with time left, metrics with their targets.

Rules:
- An elapsed metric is measured here, from the incident's own instants; all others are what was recorded.
- In a sped-up rehearsal elapsed time is multiplied back, so that `<= 60m` means the same in every run.
- A milestone whose steps were all skipped does not apply, and was never missed.
- A target is met, missed or undecided (`None`); an elapsed metric that is still running is missed as soon
  as it can't be met any more.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.incident.describe_values import instant_text, span_text
from engine.incident.plan import World
from engine.incident.scope import anchor_instant, effective
from engine.incident.state import Incident
from engine.language.duration import SECONDS
from engine.language.playbook import Metric

_TARGET: Final = re.compile(r"\s*(<=|>=|=)\s*(\d+(?:\.\d+)?|yes|no)\s*(%|s|m|h|d|w|bd)?\s*")
_TESTS: Final[Mapping[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}


def milestone_facts(world: World, incident: Incident, *, now: datetime) -> list[dict[str, Any]]:
    """Describe each milestone, in the playbook's order; `seconds_left` is negative once it is late."""
    found = []
    for name, milestone in world.plan.playbook.milestones.items():
        state = incident.milestones.get(name)
        due = state.due_at if state else None
        reached = state.reached_at if state else None
        missed_at = state.missed_at if state else None
        is_open = reached is None and due is not None
        found.append(
            {
                "id": name,
                "title": milestone.title,
                "due_at": instant_text(due),
                "reached_at": instant_text(reached),
                "missed": missed_at is not None,
                "missed_at": instant_text(missed_at),
                "applies": not _is_pointless(incident, milestone.reached_by),
                "seconds_left": int((due - now).total_seconds()) if is_open and due else None,
            }
        )
    return found


def metric_facts(world: World, incident: Incident, *, now: datetime) -> dict[str, dict[str, Any]]:
    """Describe each metric by its name: the value, the target, and whether it is met."""
    return {name: _metric(world, incident, name, metric, now) for name, metric in world.plan.playbook.metrics.items()}


def _metric(world: World, incident: Incident, name: str, metric: Metric, now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {"title": metric.title, "type": metric.type, "unit": metric.unit, "target": metric.target}
    if metric.type == "elapsed":
        return {**facts, **_elapsed(world, incident, metric, now)}
    recorded = incident.metrics.get(name)
    if recorded is None:
        return {**facts, "value": None, "met": None, "at": None, "by": None}
    return {
        **facts,
        "value": recorded.value,
        "met": _is_met(metric.target, recorded.value),
        "at": instant_text(recorded.at),
        "by": recorded.by,
    }


def _elapsed(world: World, incident: Incident, metric: Metric, now: datetime) -> dict[str, Any]:
    start, end = _instant(world, incident, metric.from_ or "declared"), _instant(world, incident, metric.to or "closed")
    if start is None:
        return {"value": None, "seconds": None, "met": None, "at": None, "running": False}
    running = end is None and incident.status not in ("complete", "cancelled")
    if end is None and not running:
        return {"value": None, "seconds": None, "met": None, "at": None, "running": False}
    span = ((end or now) - start) * incident.speed
    met = _is_met(metric.target, span.total_seconds())
    if running:
        met = False if met is False and (metric.target or "").lstrip().startswith("<=") else None
    return {
        "value": None if running else span_text(span),
        "seconds": int(span / timedelta(seconds=1)),
        "met": met,
        "at": instant_text(end),
        "running": running,
    }


def _instant(world: World, incident: Incident, anchor: str) -> datetime | None:
    return incident.contained_at if anchor == "contained" else anchor_instant(world, incident, anchor)


def _is_met(target: str | None, value: bool | float) -> bool | None:
    """Compare a value with a target; elapsed values and targets are in seconds. None without a readable target."""
    match = _TARGET.fullmatch(target or "")
    if match is None:
        return None
    if match[2] in ("yes", "no"):
        return bool(value) is (match[2] == "yes")
    bound = float(match[2]) * (SECONDS.get(match[3] or "", 86_400 if match[3] == "bd" else 1))
    return _TESTS[match[1]](float(value), bound)


def _is_pointless(incident: Incident, steps: list[str]) -> bool:
    states = [incident.steps[step] for step in steps if step in incident.steps]
    return bool(states) and all(effective(state) == "skipped" for state in states)
