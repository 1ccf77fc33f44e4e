"""Under what a step stands: the answers, approvals and guards without which it would not run.

CACAO knows branches, not settled states, so each step gets a list of atoms, outermost first:

    own(step)  =  decisions that list it  +  approvals that it needs  +  its own `when` and `min_severity`
    atoms(step) = own(step)  +  what all of its parents have in common  +  the atoms of what it is `of`

The second line is dead-path elimination: a step is skipped when everything before it was, or what it is about.
An approval that was skipped holds nothing up, so where a step can run without it the atom says: given, or not
asked for. Where the two exclude each other there is nothing to say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

from engine.exchange.cacao.condition import Condition, Joined, both, equals, written
from engine.exchange.cacao.guard import from_expression, from_severity, negated
from engine.language.graph import Graph
from engine.language.playbook import Approval, Decision, Playbook, Publish, Step

DEEPEST: Final = 12
"""Branches inside branches; what is nested deeper shares one condition."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that must hold; `source` is the step that settles it, `question` what a person is asked when CACAO has no words."""

    kind: Literal["decision", "approval", "guard", "several"]
    source: str
    condition: Condition
    options: tuple[str, ...] = ()
    question: str = ""


def subject_of(step: Step) -> str:
    """Give what an approval or publish is about; empty for other kinds."""
    return step.of if isinstance(step, Approval | Publish) else ""


def answer_of(decision: str) -> str:
    """Give the variable that holds the answer of a decision."""
    return f"__decision_{decision}__"


def approval_of(approval: str) -> str:
    """Give the variable that tells whether an approval was given."""
    return f"__ok_{approval}__"


def question_of(step: str) -> str:
    """Give the variable that holds the answer about a guard that CACAO can't express."""
    return f"__when_{step}__"


def atoms_of(playbook: Playbook, graph: Graph) -> Mapping[str, tuple[Atom, ...]]:
    """Give, for every step, what it stands under, outermost first."""
    place = {name: index for index, name in enumerate(graph.order)}
    found: dict[str, frozenset[Atom]] = {}
    for name in graph.order:
        parents = [found[parent] for parent in graph.parents[name] if parent in found]
        shared = reduce(frozenset.__and__, parents) if parents else frozenset[Atom]()
        subject = subject_of(graph.steps[name])
        known = shared | found.get(subject, frozenset()) | frozenset(_own(playbook, graph, graph.steps[name]))
        found[name] = known | frozenset(_approvals(graph, graph.steps[name], known, found))

    def outermost(atom: Atom) -> tuple[int, str, int, str]:
        return place[atom.source], atom.kind, -len(atom.options), written(atom.condition)

    return {name: _bounded(sorted(atoms, key=outermost)) for name, atoms in found.items()}


def _own(playbook: Playbook, graph: Graph, step: Step) -> Iterator[Atom]:
    for decision in graph.listed_by[step.id]:
        asked = graph.steps[decision]
        assert isinstance(asked, Decision)
        options = tuple(name for name, option in asked.options.items() if step.id in option.then)
        yield Atom("decision", decision, equals(answer_of(decision), *options), options)
    yield from _guards(playbook, step)


def _approvals(graph: Graph, step: Step, known: frozenset[Atom], found: Mapping[str, frozenset[Atom]]) -> Iterator[Atom]:
    """Give the approvals that a step needs; `known` is what else it stands under."""
    needed = [parent for parent in graph.parents[step.id] if isinstance(graph.steps[parent], Approval) and parent in found]
    for approval in () if step.even_if_blocked else needed:
        missing = [atom for atom in found[approval] if atom.kind != "approval" and not any(_implies(each, atom) for each in known)]
        if not any(_excludes(each, atom) for each in known for atom in missing):
            yield Atom("approval", approval, _given_or_not_asked(approval, missing))


def _given_or_not_asked(approval: str, missing: Iterable[Atom]) -> Condition:
    """Say that an approval was given, or that something was not so under which it would have been asked for."""
    ways = {written(way): way for atom in missing if (way := negated(atom.condition)) is not None}
    given = equals(approval_of(approval), True)
    return Joined("OR", (given, *(ways[text] for text in sorted(ways)))) if ways else given


def _implies(known: Atom, atom: Atom) -> bool:
    return known == atom or (_same_decision(known, atom) and set(known.options) <= set(atom.options))


def _excludes(known: Atom, atom: Atom) -> bool:
    return _same_decision(known, atom) and set(known.options).isdisjoint(atom.options)


def _same_decision(one: Atom, other: Atom) -> bool:
    return one.kind == other.kind == "decision" and one.source == other.source


def _guards(playbook: Playbook, step: Step) -> Iterator[Atom]:
    if step.min_severity is not None:
        condition = from_severity(playbook, step.min_severity)
        if condition is not None:
            yield Atom("guard", step.id, condition)
    if step.when is not None:
        condition = from_expression(playbook, step.when)
        question = "" if condition is not None else f"Is this so: {step.when.strip()}"
        yield Atom("guard", step.id, condition or equals(question_of(step.id), True), question=question)


def _bounded(atoms: list[Atom]) -> tuple[Atom, ...]:
    if len(atoms) <= DEEPEST:
        return tuple(atoms)
    inner = atoms[DEEPEST - 1 :]
    last = Atom("several", inner[-1].source, both(tuple(atom.condition for atom in inner)))
    return (*atoms[: DEEPEST - 1], last)
