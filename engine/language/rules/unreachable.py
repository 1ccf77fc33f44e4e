"""FB202: a step can run in at least one course of events.

For each step this computes which answers it takes: for every decision it depends on, the options with which
it can still run. A step whose needs leave no option of some decision can never run. What a step takes is the
answers of the decisions that list it, of what it is of, and, where neither decides, what all its needs have
in common; guards that simply ask `chosen('x', 'y')` count too. Everything else is left open, so that only
what is certain is reported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.language.checked import Checked
from engine.language.diagnostic import Finding, Path
from engine.language.expression import Expression
from engine.language.expression_nodes import BoolOp, Call, Node
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, Publish, Step
from engine.language.rules.cycles import waiting_for_themselves
from engine.language.suggest import quoted
from engine.language.written import bare_expressions

MOST_NEEDS: Final = 30
"""What a step with more needs than these has in common is not worked out: somebody will come to it."""

Answers = Mapping[str, frozenset[str]]
"""The options with which a step can run, by decision; a decision that is not named is free."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for what a step takes: the words that say it, the subject of those words, and where they stand."""

    answers: Answers
    words: str
    subject: str
    path: Path


def steps_can_run(checked: Checked) -> Iterator[Finding]:
    """Find steps that can never run; those that only wait for such a step are not told again."""
    if waiting_for_themselves(checked.graph):
        return
    courses = Courses(checked)
    for index, step in enumerate(checked.playbook.steps):
        if any(_impossible(courses.taken(parent)) for parent in checked.graph.parents[step.id]):
            continue
        clash = _clash(courses.grounds(step, index))
        if clash is not None:
            yield _finding(step, *clash)


class Courses:
    """Computes and remembers what each step takes; the graph must have no circles."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._graph: Graph = checked.graph
        self._index = {step.id: index for index, step in enumerate(checked.playbook.steps)}
        guards = ((bare.path, bare.expression) for bare in bare_expressions(checked.playbook) if bare.field == "when" and bare.step)
        self._guards = {path[1]: expression for path, expression in guards if expression is not None}
        self._taken: dict[str, Answers] = {}
        for name in sorted(self._graph.steps, key=lambda name: len(self._graph.ancestors(name))):
            grounds = self.grounds(self._graph.steps[name], self._index[name])
            self._taken[name] = _all_of([ground.answers for ground in grounds])

    def taken(self, name: str) -> Answers:
        """Give the answers with which a step can run."""
        return self._taken[name]

    def grounds(self, step: Step, index: int) -> list[Ground]:
        """List the reasons that narrow down when a step can run."""
        found = [self._listing(step.id, name) for name in self._graph.listed_by[step.id]]
        if isinstance(step, Approval | Publish) and step.of in self._graph.steps:
            found.append(Ground(self._taken[step.of], f"it is of {quoted(step.of)}", quoted(step.of), ("steps", index, "of")))
        if not found and not step.even_if_blocked:
            found.extend(self._needs(step, index))
        found.extend(self._guard(step, index))
        return found

    def _listing(self, name: str, decision: str) -> Ground:
        asked = self._graph.steps[decision]
        assert isinstance(asked, Decision)
        options = [option for option, entry in asked.options.items() if name in entry.then]
        answers = _all_of([self._taken[decision], {decision: frozenset(options)}])
        place = asked.options[options[0]].then.index(name)
        path: Path = ("steps", self._index[decision], "options", options[0], "then", place)
        subject = _written(decision, options)
        return Ground(answers, f"it is listed under {subject}", subject, path)

    def _needs(self, step: Step, index: int) -> Iterator[Ground]:
        needed = [name for name in step.needs if name in self._graph.steps]
        if 0 < len(needed) <= MOST_NEEDS:
            answers = _any_of([self._taken[name] for name in needed])
            subject = " or ".join(quoted(name) for name in needed)
            yield Ground(answers, f"it needs {subject}", subject, ("steps", index, "needs"))

    def _guard(self, step: Step, index: int) -> Iterator[Ground]:
        guard = self._guards.get(index)
        for decision, option in dict.fromkeys(_chosen(guard)) if guard else ():
            if decision in self._graph.ancestors(step.id) and isinstance(self._graph.steps.get(decision), Decision):
                answers = _all_of([self._taken[decision], {decision: frozenset({option})}])
                subject = f"{decision}={option}"
                yield Ground(answers, f"its guard asks for {subject}", subject, ("steps", index, "when"))


def _chosen(guard: Expression) -> Iterator[tuple[str, str]]:
    """Yield the answers without which a guard is false for certain."""
    todo: list[Node] = [guard.root]
    while todo:
        node = todo.pop()
        if isinstance(node, BoolOp) and node.operator == "and":
            todo.extend(node.operands)
        elif isinstance(node, Call) and node.name == "chosen":
            yield node.words[0], node.words[1]


def _all_of(several: list[Answers]) -> Answers:
    result: dict[str, frozenset[str]] = {}
    for answers in several:
        for decision, options in answers.items():
            result[decision] = result[decision] & options if decision in result else options
    return result


def _any_of(several: list[Answers]) -> Answers:
    """Give what several ways have in common; a way that is impossible does not count."""
    possible = [answers for answers in several if not _impossible(answers)] or several
    shared = set.intersection(*(set(answers) for answers in possible))
    return {decision: frozenset().union(*(answers[decision] for answers in possible)) for decision in sorted(shared)}


def _impossible(answers: Answers) -> bool:
    return any(not options for options in answers.values())


def _clash(grounds: list[Ground]) -> tuple[Ground, Ground, str] | None:
    """Find two grounds that leave no option of some decision."""
    for position, first in enumerate(grounds):
        for second in grounds[position + 1 :]:
            for decision in first.answers:
                if decision in second.answers and not first.answers[decision] & second.answers[decision]:
                    return first, second, decision
    return None


def _finding(step: Step, first: Ground, second: Ground, decision: str) -> Finding:
    shared = "it is listed " if first.words.startswith("it is listed ") else "it is "
    both = f"{first.words} and {second.words.removeprefix(shared)}"
    notes = tuple(
        f"{ground.subject} can happen only with {_written(decision, sorted(ground.answers[decision]))}"
        for ground in (first, second)
        if not ground.subject.startswith(f"{decision}=")
    )
    message = f"step {quoted(step.id)} can never run: {both}, which cannot both happen"
    return Finding("FB202", message, second.path, notes=notes, help="keep one of them")


def _written(decision: str, options: list[str]) -> str:
    return f"{decision}={' or '.join(options)}"
