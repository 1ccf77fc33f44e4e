"""Whether a gate can be true, and how: by plain enumeration where that is small, else by a SAT solver.

Both give the same answer, and the same example: of all that make the gate true, the one found by going through the
choices in order and giving each its most ordinary value that still leaves an example.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Literal, Protocol

from engine.analysis.proving.circuit import Choice, Circuit, Key
from engine.analysis.proving.enumeration import Table
from engine.analysis.proving.solver import Solver

MOST_ENUMERATED: Final = 100_000
"""Combinations above which a solver is asked."""

Method = Literal["enumeration", "solver"]
Example = Mapping[Key, str]
"""A value for each choice that matters."""

Limits = Mapping[Key, tuple[str, ...]]
"""Values that a choice may not take in one question."""


class Engine(Protocol):
    """Answers questions about one gate."""

    def is_possible(self, limits: Limits, fixed: Sequence[tuple[Key, str]] = ()) -> bool:
        """Tell whether the gate can be true within the limits when some choices are already made."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One gate that is asked about, perhaps several times under different limits."""

    choices: tuple[Choice, ...]
    engine: Engine
    method: Method

    @property
    def combinations(self) -> int:
        """Count the ways in which the choices can be made."""
        return prod(len(choice.values) for choice in self.choices)

    def is_possible(self, limits: Limits) -> bool:
        """Tell whether the gate can be true."""
        return self.engine.is_possible(limits)

    def example(self, limits: Limits) -> Example | None:
        """Give the most ordinary example, or None when there is none."""
        if not self.engine.is_possible(limits):
            return None
        fixed: list[tuple[Key, str]] = []
        for choice in self.choices:
            value = next(value for value in choice.values if self.engine.is_possible(limits, [*fixed, (choice.key, value)]))
            fixed.append((choice.key, value))
        return dict(fixed)


def question(circuit: Circuit, root: int, *, method: Method | None = None) -> Question:
    """Prepare to ask about a gate; `method` overrides the choice by size."""
    choices = circuit.read_by(root)
    small = prod(len(choice.values) for choice in choices) <= MOST_ENUMERATED
    chosen: Method = method or ("enumeration" if small else "solver")
    engine: Engine = Table.of(circuit, root) if chosen == "enumeration" else Solver(circuit, root)
    return Question(choices, engine, chosen)
