"""FB310 and FB311: milestones can be reached, and no deadline lies before the deadline, or the work, of what its step waits for.

- Deadlines that count from the same anchor are compared along the graph, where the earlier step is done on
  every run on which the later one is. Only deadlines in ordinary time are: business days have no length.
- A deadline is also compared with the shortest chain of `takes`. Of a chain of deadlines that are all too
  early, the first is told, and a later one only if it stays too early once the first is put right.
"""

from collections.abc import Iterator

from engine.analysis.feasibility import Feasibility, Promise, feasibility, links, milestones_can_be_met
from engine.analysis.timing.anatomy import Anatomy
from engine.analysis.timing.certainty import Certainty
from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.duration import Due
from engine.language.playbook import Step
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.suggest import quoted


def promises_can_be_kept(checked: Checked) -> Iterator[Finding]:
    """Find milestones that no run can reach in time (FB310), and deadlines that are too early (FB311)."""
    if waiting_for_themselves(checked.graph):
        return
    found = feasibility(checked, ack=False)
    yield from milestones_can_be_met(checked, found)
    yield from dues_come_after_what_they_need(checked, found)


def dues_come_after_what_they_need(checked: Checked, found: Feasibility) -> Iterator[Finding]:
    """Find deadlines before the deadline of a step that must be done first, and deadlines that no run can keep."""
    told = list(_before_the_work(checked, found))
    yield from (finding for _, finding in told)
    anatomy = Anatomy(checked)
    for index, step in enumerate(checked.playbook.steps):
        earlier = _latest_before(checked, anatomy, step) if step.due is not None else None
        if earlier is not None and step.id not in {name for name, _ in told}:
            needs = "needs" if earlier.id in checked.graph.parents[step.id] else "waits for"
            message = f"{quoted(step.id)} is due {step.due}, before {quoted(earlier.id)} ({_after(earlier)}) which it {needs}"
            yield Finding("FB311", message, ("steps", index, "due"), help=f"let it be due after {quoted(earlier.id)}")


def _before_the_work(checked: Checked, found: Feasibility) -> Iterator[tuple[str, Finding]]:
    """Yield each step that cannot be done in time, with what to say; not what follows from an earlier one."""
    excess: dict[str, float] = {}
    late = {promise.name: promise for promise in found.broken if promise.kind == "due"}
    for name in checked.graph.order:
        promise = late.get(name)
        if promise is None:
            continue
        assert promise.slack is not None
        excess[name] = -promise.slack
        on_the_way = [excess.get(step, 0.0) for step, _ in promise.chain if step != name]
        if max(on_the_way, default=0.0) < excess[name]:
            yield name, Finding("FB311", _sentence(promise), promise.path, help="give it more time, or make a step shorter")


def _sentence(promise: Promise) -> str:
    if promise.anchor == "ready":
        return f"{quoted(promise.name)} is due {promise.limit} after it opens, but takes longer: {links(promise.chain)}"
    return f"{quoted(promise.name)} is due {promise.limit} from {promise.anchor}, but takes longer: {links(promise.chain)}"


def _latest_before(checked: Checked, anatomy: Anatomy, step: Step) -> Step | None:
    """Find the step that must be done before this one and is due last, if that is later than this one is due."""
    assert step.due is not None
    ancestors = checked.graph.ancestors(step.id)
    names = [name for name in checked.graph.order if name in ancestors or name == step.id]
    candidates = [known for name in names if _is_later((known := checked.graph.steps[name]).due, step.due)]
    if not candidates:
        return None
    must = Certainty.of(anatomy, names, {step.id}, {}).must
    return max((known for known in candidates if known.id in must), key=_seconds, default=None)


def _is_later(due: Due | None, than: Due) -> bool:
    if due is None or due.anchor is None or due.anchor != than.anchor or due.after.is_business or than.after.is_business:
        return False
    return due.after.seconds > than.after.seconds


def _seconds(step: Step) -> int:
    return step.due.after.seconds if step.due else 0


def _after(step: Step) -> str:
    return str(step.due.after) if step.due else ""
