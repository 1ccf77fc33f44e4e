"""A SAT solver's answer to the same question (CryptoMiniSat), for playbooks too large to enumerate.

The circuit becomes clauses by Tseitin's transformation: a variable for each gate, and clauses that say what each
gate is; a choice takes exactly one of its values.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pycryptosat

from engine.analysis.proving.circuit import FALSE, TRUE, Circuit, Gate, Key


class Solver:
    """The clauses of one gate, asked under assumptions."""

    def __init__(self, circuit: Circuit, root: int) -> None:
        cone = circuit.cone(root)
        self._variables = {gate: number for number, gate in enumerate(dict.fromkeys((FALSE, TRUE, *cone)), start=1)}
        self._values: dict[tuple[Key, str], int] = {}
        following = len(self._variables) + 1
        for choice in circuit.read_by(root):
            for value in choice.values:
                self._values[choice.key, value] = following
                following += 1
        self._solver = pycryptosat.Solver(threads=1)
        self._solver.add_clauses([[-self._variables[FALSE]], [self._variables[TRUE]], [self._variables[root]]])
        self._solver.add_clauses([clause for gate in cone for clause in self._clauses(gate, circuit.gates[gate])])
        self._solver.add_clauses([clause for choice in circuit.read_by(root) for clause in self._one_of(choice.key, choice.values)])

    def is_possible(self, limits: Mapping[Key, tuple[str, ...]], fixed: Sequence[tuple[Key, str]] = ()) -> bool:
        """Tell whether the gate can be true within the limits when some choices are already made."""
        forbidden = [(key, value) for key, values in limits.items() for value in values]
        assumed = [-self._values[each] for each in forbidden if each in self._values]
        satisfiable, _ = self._solver.solve([*assumed, *(self._values[each] for each in fixed)])
        return bool(satisfiable)

    def _clauses(self, number: int, gate: Gate) -> Iterator[list[int]]:
        out = self._variables[number]
        inputs = [self._variables[below] for below in gate.inputs]
        match gate.kind:
            case "constant":
                return
            case "is":
                value = self._values[gate.choice, gate.value]
                yield from ([-out, value], [out, -value])
            case "not":
                yield from ([-out, -inputs[0]], [out, inputs[0]])
            case "and":
                yield from ([-out, below] for below in inputs)
                yield [out, *(-below for below in inputs)]
            case "or":
                yield from ([out, -below] for below in inputs)
                yield [-out, *inputs]

    def _one_of(self, key: Key, values: Sequence[str]) -> Iterator[list[int]]:
        variables = [self._values[key, value] for value in values]
        yield variables
        yield from ([-first, -second] for first, second in combinations(variables, 2))
