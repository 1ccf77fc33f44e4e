"""Plain enumeration: every combination of choices is one bit of a number, every gate one such number.

A gate's number has a one for each combination in which the gate is true. The combination with index i takes value
number `i // stride % len(values)` of a choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from engine.analysis.proving.circuit import Choice, Circuit, Key


@dataclass(frozen=True, slots=True)
class Table:
    """The truth table of one gate."""

    root: int
    columns: Mapping[tuple[Key, str], int]

    @staticmethod
    def of(circuit: Circuit, root: int) -> "Table":
        """Evaluate a gate under all combinations."""
        choices = circuit.read_by(root)
        columns = _columns(choices)
        everything = (1 << prod(len(choice.values) for choice in choices)) - 1
        return Table(circuit.evaluated(circuit.cone(root), columns, everything=everything)[root], columns)

    def is_possible(self, limits: Mapping[Key, tuple[str, ...]], fixed: Sequence[tuple[Key, str]] = ()) -> bool:
        """Tell whether a combination is left in which the gate is true."""
        left = self.root
        for key, values in limits.items():
            for value in values:
                left &= ~self.columns.get((key, value), 0)
        for choice in fixed:
            left &= self.columns[choice]
        return left != 0


def _columns(choices: Sequence[Choice]) -> dict[tuple[Key, str], int]:
    """Give for each value of each choice the combinations that take it."""
    columns: dict[tuple[Key, str], int] = {}
    total = prod(len(choice.values) for choice in choices)
    stride = 1
    for choice in choices:
        period = stride * len(choice.values)
        for position, value in enumerate(choice.values):
            columns[choice.key, value] = _repeated(((1 << stride) - 1) << (position * stride), period, total)
        stride = period
    return columns


def _repeated(block: int, length: int, total: int) -> int:
    """Repeat a block of bits until there are `total` of them, doubling it each time."""
    while length < total:
        block |= block << length
        length *= 2
    return block & ((1 << total) - 1)
