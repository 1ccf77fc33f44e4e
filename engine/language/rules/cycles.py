"""FB201: no step waits for itself, however long the way round."""

from collections.abc import Iterator
from itertools import pairwise

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, Publish
from engine.language.suggest import quoted


def steps_do_not_wait_for_each_other(checked: Checked) -> Iterator[Finding]:
    """Find circles of steps, each once: the shortest through the step that stands first in the file."""
    graph = checked.graph
    told: set[str] = set()
    for name in waiting_for_themselves(graph):
        if name in told:
            continue
        told |= {other for other in graph.ancestors(name) if name in graph.ancestors(other)}
        circle = _shortest(name, graph)
        edges = [_edge(later, earlier, checked) for later, earlier in pairwise(circle)]
        message = f"steps wait for each other: {' → '.join(circle)}"
        notes = tuple(words for _, words in edges)
        yield Finding("FB201", message, edges[0][0], notes=notes, help="take one of these needs out")


def waiting_for_themselves(graph: Graph) -> list[str]:
    """List the steps that stand in some circle, in file order."""
    return [name for name in graph.steps if name in graph.ancestors(name)]


def _shortest(start: str, graph: Graph) -> list[str]:
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for parent in graph.parents[way[-1]]:
            if parent == start:
                return [*way, start]
            if parent not in seen:
                seen.add(parent)
                ways.append([*way, parent])
    raise AssertionError(f"{start} stands in no circle")


def _edge(later: str, earlier: str, checked: Checked) -> tuple[Path, str]:
    """Say where it is written that one step waits for another, and in which words."""
    index = _index(later, checked)
    step = checked.playbook.steps[index]
    if earlier in step.needs:
        return ("steps", index, "needs", step.needs.index(earlier)), f"{quoted(later)} needs {quoted(earlier)}"
    if isinstance(step, Approval | Publish) and step.of == earlier:
        return ("steps", index, "of"), f"{quoted(later)} is of {quoted(earlier)}"
    return _listing(later, earlier, checked)


def _listing(later: str, earlier: str, checked: Checked) -> tuple[Path, str]:
    decision = checked.graph.steps[earlier]
    assert isinstance(decision, Decision)
    name = next(name for name, option in decision.options.items() if later in option.then)
    place = decision.options[name].then.index(later)
    words = f"{quoted(later)} is listed under {earlier}={name}, so it waits for {quoted(earlier)}"
    return ("steps", _index(earlier, checked), "options", name, "then", place), words


def _index(name: str, checked: Checked) -> int:
    """Give the index of the step that the graph knows by this id: the last, where an id is used twice."""
    return max(index for index, step in enumerate(checked.playbook.steps) if step.id == name)
