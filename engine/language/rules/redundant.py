"""FB203: a need that changes no run, because another need already waits for it.

Told only where it is certain. `S` needs `P` and `Q`; a chain of needs leads from `Q` up to `P`; and every
step of that chain waits for `P` in every run: it can't be skipped (no guard, no severity, no branch, no hand
skip, nothing that it is of) and does not run when `P` was blocked. `P` never re-opens: it is no evidence, no
statement and no rework. Approvals and publishes say on purpose what they need, and are left alone.
"""

from collections.abc import Iterator, Mapping

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, Evidence, Publish, Statement, Step
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.suggest import quoted


def needs_change_something(checked: Checked) -> Iterator[Finding]:
    """Find needs that could be taken out without changing any run."""
    graph = checked.graph
    if waiting_for_themselves(graph):
        return
    reopening, waits = _reopening(graph), _certain_waits(graph)
    for index, step in enumerate(checked.playbook.steps):
        if isinstance(step, Approval | Publish):
            continue
        implied = _implied(step, graph, waits)
        for position, name in enumerate(step.needs):
            reason = _repeated(step, position, graph)
            if reason is None and name in implied and name not in reopening:
                reason = f"{quoted(implied[name])} already waits for it"
            if reason is not None:
                message = f"{quoted(step.id)} needs {quoted(name)}, which changes nothing: {reason}"
                yield Finding("FB203", message, ("steps", index, "needs", position))


def _repeated(step: Step, position: int, graph: Graph) -> str | None:
    """Say that the very same edge is there already."""
    name = step.needs[position]
    if name in graph.listed_by[step.id]:
        return f"it is listed under an option of {quoted(name)}, so it waits for it anyway"
    return "it is named twice" if name in step.needs[:position] else None


def _implied(step: Step, graph: Graph, waits: Mapping[str, frozenset[str]]) -> Mapping[str, str]:
    """Give the needs of a step that another of its needs always waits for, with that other."""
    found: dict[str, str] = {}
    needs = set() if step.even_if_blocked else set(step.needs)
    for other in step.needs:
        for name in needs & waits.get(other, frozenset()):
            if not isinstance(graph.steps[name], Approval | Publish):
                found.setdefault(name, other)
    return found


def _certain_waits(graph: Graph) -> Mapping[str, frozenset[str]]:
    """Give for each step those to which a chain of needs leads over steps that can't be skipped, itself included."""
    found: dict[str, frozenset[str]] = {}
    for name in sorted(graph.steps, key=lambda name: len(graph.ancestors(name))):
        step = graph.steps[name]
        needs = [need for need in step.needs if need in graph.steps]
        found[name] = frozenset(needs).union(*(found[need] for need in needs)) if _is_certain(step, graph) else frozenset()
    return found


def _is_certain(step: Step, graph: Graph) -> bool:
    can_be_skipped = step.can_skip and step.sets is None and not isinstance(step, Decision | Statement)
    has_condition = step.when is not None or step.min_severity is not None or step.even_if_blocked
    return not can_be_skipped and not has_condition and not graph.listed_by[step.id] and not isinstance(step, Approval | Publish)


def _reopening(graph: Graph) -> frozenset[str]:
    """List the steps that something may re-open: sources that grow, edits, rejections, a raised severity."""
    found = {name for name, step in graph.steps.items() if isinstance(step, Evidence | Statement)}
    for approval in graph.steps.values():
        if isinstance(approval, Approval) and approval.on_reject.rework in graph.steps:
            found |= {approval.on_reject.rework, *graph.between(approval.on_reject.rework, approval.id)}
    for name, step in graph.steps.items():
        if step.min_severity is not None:
            found |= {name, *graph.descendants(name)}
    return frozenset(found)
