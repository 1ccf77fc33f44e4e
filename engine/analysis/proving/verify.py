"""`verify`: every policy of a playbook, of its organisation, and the built-in one, proved or answered with a story.

Hand skips are looked at after everything else: a policy first has to hold when nobody skips anything by hand. Then
the steps are found whose hand skip would break it; publishing stores them, and `decide` refuses those skips.

The proof assumes that open steps are settled by somebody in the end, and that the incident is not cancelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.analysis.proving.circuit import Choice
from engine.analysis.proving.obligations import Obligation, hand_choices, obligations
from engine.analysis.proving.search import Example, Method, Question, question
from engine.analysis.proving.states import HAND, Model, hands
from engine.incident.plan import Plan
from engine.language.playbook import Policy


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one obligation.

    `example` is None where it was proved. `protected` are the steps whose hand skip would break it.
    """

    obligation: Obligation
    combinations: int
    method: Method
    choices: tuple[Choice, ...]
    example: Example | None = None
    protected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """Everything that was proved about one playbook, and what was not."""

    model: Model
    policies: tuple[Policy, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """Obligations with a counter-example."""
        return tuple(verdict for verdict in self.verdicts if verdict.example is not None)

    @property
    def combinations(self) -> int:
        """Count the ways to make all choices, over all obligations."""
        return sum(verdict.combinations for verdict in self.verdicts)

    @property
    def unskippable(self) -> Mapping[str, str]:
        """Steps that can't be skipped by hand, each with the first policy that a skip would break."""
        found: dict[str, str] = {}
        for verdict in self.verdicts:
            if verdict.obligation.is_enforced:
                for name in verdict.protected:
                    found.setdefault(name, verdict.obligation.policy.id)
        return {name: found[name] for name in self.model.plan.graph.steps if name in found}

    @property
    def unproved(self) -> tuple[str, ...]:
        """Policies that some run breaks and the core would have to stand in for, each once."""
        return tuple(dict.fromkeys(each.obligation.policy.id for each in self.broken if each.obligation.is_enforced))


def verify(plan: Plan, policies: Sequence[Policy], *, method: Method | None = None, model: Model | None = None) -> Verification:
    """Prove policies over every path of a playbook without circles; `method` overrides the choice by size, `model` is the plan's."""
    model = model or Model.of(plan)
    found = tuple(_judged(model, obligation, method) for obligation in obligations(model, tuple(policies)))
    return Verification(model, tuple(policies), found)


def _judged(model: Model, obligation: Obligation, method: Method | None) -> Verdict:
    asked = question(model.circuit, obligation.gate, method=method)
    by_hand = hand_choices(model, asked.choices)
    example = asked.example(hands(by_hand))
    protected = () if example is not None else _protected(asked, by_hand)
    return Verdict(obligation, asked.combinations, asked.method, asked.choices, example, protected)


def _protected(asked: Question, by_hand: tuple[str, ...]) -> tuple[str, ...]:
    """Find the steps that must not be skipped by hand: those that break it alone, then one of those that do together."""
    if not by_hand or not asked.is_possible({}):
        return ()
    found = [name for name in by_hand if asked.is_possible(hands(other for other in by_hand if other != name))]
    while (example := asked.example(hands(found))) is not None:
        found.append(next(name for name in reversed(by_hand) if example.get(("outcome", name)) == HAND))
    return tuple(name for name in by_hand if name in found)
