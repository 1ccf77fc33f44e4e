"""A Boolean circuit over choices: what the verifier's questions are written in.

A *choice* has a name and two or more values, of which exactly one is taken; the first is the ordinary one, and a
counter-example takes as many ordinary values as it can. A *gate* is a number; a gate only reads smaller numbers, so
that going through them in order evaluates the circuit without recursion, however long a playbook is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Final, Literal

FALSE: Final = 0
TRUE: Final = 1

Key = tuple[str, ...]
"""What a choice is about, and whose: `("answer", "speak")`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A free choice among `values`, the ordinary one first."""

    key: Key
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """`constant`, `is` (a choice takes a value), `and` or `or` of inputs, or `not` of one."""

    kind: Literal["constant", "is", "and", "or", "not"]
    inputs: tuple[int, ...] = ()
    choice: Key = ()
    value: str = ""


@dataclass
class Circuit:
    """Gates under construction; equal gates are the same number."""

    gates: list[Gate] = field(default_factory=lambda: [Gate("constant"), Gate("constant")])
    choices: dict[Key, Choice] = field(default_factory=dict)
    _known: dict[Gate, int] = field(default_factory=dict)

    def choose(self, key: Key, values: Sequence[str]) -> Choice:
        """Add a choice, or give the one that is there under this key."""
        return self.choices.setdefault(key, Choice(key, tuple(values)))

    def taken(self, choice: Choice, value: str) -> int:
        """Give the gate that is true when a choice takes a value; a choice of one value always takes it."""
        if value not in choice.values:
            return FALSE
        return TRUE if len(choice.values) == 1 else self._gate(Gate("is", (), choice.key, value))

    def both(self, gates: Iterable[int]) -> int:
        """Give the gate that is true when all of them are."""
        return self._joined("and", gates, neutral=TRUE, decisive=FALSE)

    def either(self, gates: Iterable[int]) -> int:
        """Give the gate that is true when at least one of them is."""
        return self._joined("or", gates, neutral=FALSE, decisive=TRUE)

    def negated(self, gate: int) -> int:
        """Give the gate that is true when this one is not."""
        if gate in (FALSE, TRUE):
            return TRUE - gate
        inner = self.gates[gate]
        return inner.inputs[0] if inner.kind == "not" else self._gate(Gate("not", (gate,)))

    def implies(self, condition: int, result: int) -> int:
        """Give the gate that is false only when the condition is true and the result is not."""
        return self.either((self.negated(condition), result))

    def cone(self, root: int) -> tuple[int, ...]:
        """List the gates that a gate depends on, itself last, each after what it reads."""
        seen = {root}
        todo = [root]
        while todo:
            for below in self.gates[todo.pop()].inputs:
                if below not in seen:
                    seen.add(below)
                    todo.append(below)
        return tuple(sorted(seen))

    def read_by(self, root: int) -> tuple[Choice, ...]:
        """List the choices that a gate depends on, in the order in which they were added."""
        keys = {self.gates[gate].choice for gate in self.cone(root) if self.gates[gate].kind == "is"}
        return tuple(choice for key, choice in self.choices.items() if key in keys)

    def value(self, root: int, taken: Mapping[Key, str]) -> bool:
        """Evaluate a gate when every choice that it depends on is made."""
        columns = dict.fromkeys(taken.items(), 1)
        return bool(self.evaluated(self.cone(root), columns, everything=1)[root])

    def evaluated(self, gates: Iterable[int], columns: Mapping[tuple[Key, str], int], *, everything: int) -> dict[int, int]:
        """Evaluate gates, given in order, in many runs at once: one in each bit of a number.

        `columns` has a one for each run in which a choice takes a value; `everything` has a one for each run.
        """
        found = {FALSE: 0, TRUE: everything}
        for number in gates:
            gate = self.gates[number]
            inputs = [found[below] for below in gate.inputs]
            match gate.kind:
                case "is":
                    found[number] = columns.get((gate.choice, gate.value), 0)
                case "not":
                    found[number] = everything ^ inputs[0]
                case "and":
                    found[number] = reduce(and_, inputs)
                case "or":
                    found[number] = reduce(or_, inputs)
                case "constant":
                    continue
        return found

    def _joined(self, kind: Literal["and", "or"], gates: Iterable[int], *, neutral: int, decisive: int) -> int:
        inputs = tuple(sorted({gate for gate in gates if gate != neutral}))
        if decisive in inputs or any(self.negated(gate) in inputs for gate in inputs if self.gates[gate].kind == "not"):
            return decisive
        if len(inputs) < 2:
            return inputs[0] if inputs else neutral
        return self._gate(Gate(kind, inputs))

    def _gate(self, gate: Gate) -> int:
        if gate not in self._known:
            self.gates.append(gate)
            self._known[gate] = len(self.gates) - 1
        return self._known[gate]
