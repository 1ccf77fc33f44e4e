"""FB204: nothing leads nowhere.

Three things do, and each is told at its own level of certainty:

- an option that lists a step which can't run with that answer (warning);
- a decision whose answers open and raise nothing, that nobody waits for, and that no guard, text, milestone,
  metric, policy or deadline reads (warning);
- work that nobody waits for, closing included, and that nothing counts (note). Messages, calls, tickets and
  waits may end so, and so may what comes after the closing step.

A closing step that is missing closes nothing, so nothing is told about the last of these.
"""

from collections.abc import Iterator

from engine.language.checked import Checked
from engine.language.diagnostic import Finding
from engine.language.expression_nodes import Call
from engine.language.playbook import Decision, Playbook, Step
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.rules.unreachable import Courses
from engine.language.suggest import quoted
from engine.language.template import Template
from engine.language.written import bare_expressions, filled_texts

WORK = frozenset({"task", "decision", "statement", "approval", "publish", "evidence", "monitor", "playbook"})
"""Kinds that somebody works on, so that somebody should wait for them."""


def branches_lead_somewhere(checked: Checked) -> Iterator[Finding]:
    """Find options that open what can't run with them, decisions that change nothing, and work that nobody waits for."""
    if waiting_for_themselves(checked.graph):
        return
    yield from _dead_options(checked)
    idle = [(index, step) for index, step in enumerate(checked.playbook.steps) if _is_idle(checked, step)]
    for index, step in idle:
        if isinstance(step, Decision):
            message = f"decision {quoted(step.id)} changes nothing: no answer opens a step, and nothing waits for it or reads it"
            yield Finding("FB204", message, ("steps", index, "options"), at="key", help="let an option open something, or make it a task")
    yield from _loose_ends(checked, {step.id for _, step in idle})


def _dead_options(checked: Checked) -> Iterator[Finding]:
    courses = Courses(checked)
    for index, step in enumerate(checked.playbook.steps):
        for option, entry in step.options.items() if isinstance(step, Decision) else ():
            for place, name in enumerate(entry.then):
                possible = courses.taken(name).get(step.id) if name in checked.graph.steps else None
                if possible is not None and option not in possible:
                    others = " or ".join(sorted(possible))
                    message = f"option {quoted(option)} of {quoted(step.id)} lists {quoted(name)}, which can't run with that answer"
                    reason = f"it waits for something that happens only with {step.id}={others}"
                    path = ("steps", index, "options", option, "then", place)
                    yield Finding("FB204", message, path, notes=(reason,), help="list there what it needs as well, or leave it out")


def _is_idle(checked: Checked, step: Step) -> bool:
    """Tell whether a decision changes nothing at all."""
    if not isinstance(step, Decision) or checked.graph.children[step.id] or len(step.options) < 2:
        return False
    raises = any(entry.raise_ for entry in step.options.values())
    return not raises and step.sets is None and step.id not in _counted(checked)


def _loose_ends(checked: Checked, told: set[str]) -> Iterator[Finding]:
    closing = next((step.id for step in checked.playbook.steps if step.sets == "closed"), None)
    if closing is None:
        return
    around = checked.graph.ancestors(closing) | checked.graph.descendants(closing) | {closing} | told
    counted = _counted(checked)
    for index, step in enumerate(checked.playbook.steps):
        is_end = step.kind in WORK and not checked.graph.children[step.id] and step.sets is None
        if is_end and step.id not in around and step.id not in counted:
            message = f"nothing waits for {quoted(step.id)}, and the incident can close while it is open"
            yield Finding("FB204", message, ("steps", index, step.kind), level="info", help=f"let {quoted(closing)} need it")


def _counted(checked: Checked) -> frozenset[str]:
    """Name the steps that something besides the graph looks at."""
    playbook = checked.playbook
    anchors = [step.due.anchor for step in playbook.steps if step.due] + [entry.at.anchor for entry in playbook.follow_ups]
    anchors += [anchor for metric in playbook.metrics.values() for anchor in (metric.from_, metric.to)]
    anchors += [milestone.from_ for milestone in playbook.milestones.values()]
    steps = {name for name in anchors if name is not None}
    steps |= {name for milestone in playbook.milestones.values() for name in milestone.reached_by}
    steps |= {
        name for policy in playbook.policies for name in (*policy.steps, *policy.needs, *policy.thens, policy.first, policy.step) if name
    }
    return frozenset(steps | set(_read(playbook, checked)))


def _read(playbook: Playbook, checked: Checked) -> Iterator[str]:
    """Yield the steps that expressions and texts ask about."""
    sources = [bare.expression for bare in bare_expressions(playbook)]
    texts: list[Template | None] = [filled.parsed for filled in filled_texts(playbook, checked.files)]
    for source in (*sources, *texts):
        if source is not None:
            yield from (name[1] for name in source.names() if name[0] in ("decisions", "steps") and len(name) > 1)
            yield from _asked(source.calls())


def _asked(calls: tuple[Call, ...]) -> Iterator[str]:
    for call in calls:
        yield from call.words[:1]
