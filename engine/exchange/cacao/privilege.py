"""Leaves counsel's work out of an export: privileged steps, what only they use, and every mention of them.

What waited for a privileged step waits for what that step waited for; approvals and publishes of privileged
words go with them. A policy, milestone or metric that is about such a step goes; where a list names one among
others, only the name goes. Prose is left alone: it names no step.
"""

import re
from collections.abc import Collection
from typing import Any

from engine.language.duration import Due
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, FollowUp, Milestone, Monitor, Playbook, Policy, Publish, Statement, Step, Wait


def privileged_steps(playbook: Playbook) -> tuple[str, ...]:
    """List the steps that stay in the house, in the order of the file."""
    graph = Graph.of(playbook)
    hidden = {step.id for step in playbook.steps if step.privileged}
    for name in graph.order:
        step = graph.steps[name]
        if isinstance(step, Approval | Publish) and step.of in hidden:
            hidden.add(name)
    return tuple(step.id for step in playbook.steps if step.id in hidden)


def shareable(playbook: Playbook) -> Playbook:
    """Give the playbook without its privileged steps; none of its fields names them any more."""
    hidden = frozenset(privileged_steps(playbook))
    if not hidden:
        return playbook
    graph = Graph.of(playbook)
    milestones = {name: kept for name, each in playbook.milestones.items() if (kept := _milestone(each, hidden)) is not None}
    metrics = {name: each for name, each in playbook.metrics.items() if hidden.isdisjoint((each.from_, each.to, each.source))}
    gone = hidden | (playbook.milestones.keys() - milestones.keys())
    lost = playbook.metrics.keys() - metrics.keys()
    steps = [_without_metrics(_rewired(step, graph, hidden, gone), lost) for step in playbook.steps if step.id not in hidden]
    changes: dict[str, Any] = {
        "steps": steps,
        "templates": _templates(playbook, hidden),
        "policies": [policy for policy in playbook.policies if hidden.isdisjoint(_named(policy))],
        "milestones": milestones,
        "metrics": metrics,
        "follow_ups": [_follow_up(each, gone, lost) for each in playbook.follow_ups],
    }
    if playbook.severity is not None:
        rules = [rule for rule in playbook.severity.raise_ if not _mentions(rule.when, hidden | lost)]
        changes["severity"] = playbook.severity.model_copy(update={"raise_": rules})
    return playbook.model_copy(update=changes)


def _named(policy: Policy) -> set[str | None]:
    return {policy.first, policy.step, *policy.thens, *policy.needs, *policy.steps}


def _milestone(milestone: Milestone, hidden: Collection[str]) -> Milestone | None:
    reached = [name for name in milestone.reached_by if name not in hidden]
    if not reached or milestone.from_ in hidden:
        return None
    return milestone.model_copy(update={"reached_by": reached})


def _follow_up(follow_up: FollowUp, gone: Collection[str], lost: Collection[str]) -> FollowUp:
    changes: dict[str, Any] = {"at": _anchored(follow_up.at, gone), "measure": [name for name in follow_up.measure if name not in lost]}
    if _mentions(follow_up.when, {*gone, *lost}):
        changes["when"] = None
    return follow_up.model_copy(update=changes)


def _anchored(due: Due | None, gone: Collection[str]) -> Due | None:
    """Let a deadline count from the moment a step becomes ready, where it counted from what is gone."""
    return Due(due.after) if due is not None and due.anchor in gone else due


def _mentions(expression: str | None, names: Collection[str]) -> bool:
    return expression is not None and any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression) for name in names)


def _rewired(step: Step, graph: Graph, hidden: frozenset[str], gone: Collection[str]) -> Step:
    needs = [name for need in step.needs for name in _instead(need, graph, hidden)]
    changes: dict[str, Any] = {"needs": list(dict.fromkeys(needs)), "due": _anchored(step.due, gone)}
    if isinstance(step, Decision):
        changes["options"] = {
            name: option.model_copy(update={"then": [each for each in option.then if each not in hidden]})
            for name, option in step.options.items()
        }
    if _mentions(step.when, hidden):
        changes["when"] = None
    if isinstance(step, Monitor | Wait) and _mentions(step.until, hidden):
        changes["until"] = "false"
    return step.model_copy(update=changes)


def _without_metrics(step: Step, lost: Collection[str]) -> Step:
    if isinstance(step, Monitor) and not set(lost).isdisjoint(step.record):
        return step.model_copy(update={"record": [name for name in step.record if name not in lost]})
    return step


def _instead(need: str, graph: Graph, hidden: frozenset[str]) -> list[str]:
    """Give the nearest steps before a hidden one that are not hidden."""
    found: list[str] = []
    todo, seen = [need], set[str]()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if name in hidden:
            todo += graph.parents[name]
        else:
            found.append(name)
    return found


def _templates(playbook: Playbook, hidden: frozenset[str]) -> dict[str, Any]:
    used = {step.template for step in playbook.steps if isinstance(step, Statement) and step.id not in hidden}
    private = {step.template for step in playbook.steps if isinstance(step, Statement) and step.id in hidden}
    return {name: source for name, source in playbook.templates.items() if name in used or name not in private}
