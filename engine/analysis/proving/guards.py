"""Guards as circuits: what a `when` may turn out to be at the moment its step is read.

- A yes/no or choice input keeps its value for the whole run; it may have been unknown when a step was read.
- Severity is exact only for the step that is asked about, because it may be raised and lowered between readings.
- `done`, `skipped`, `approved` and `chosen` are exact for the step that is asked about, and for steps that can't
  count otherwise later; everything else (metrics, times, texts) is one free choice.
- Something undefined makes the whole guard false, so every part has three outcomes: true, false, undefined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from engine.analysis.proving.circuit import FALSE, TRUE, Choice, Circuit
from engine.language.expression_nodes import BoolOp, Call, Compare, ListOf, Literal, Name, Node, Not
from engine.language.playbook import Input, Playbook

KNOWN: Final = "known"
EMPTY: Final = "left empty"


@dataclass(frozen=True, slots=True)
class Reading:
    """The gates for a part being true and being false; neither means that it is undefined."""

    true: int
    false: int


class States(Protocol):
    """What a guard may ask about other steps."""

    def is_exact(self, step: str) -> bool:
        """Tell whether the step counts now as it counted when the guard was read."""
        ...

    def state(self, step: str, wanted: str) -> int:
        """Give the gate for a step counting as `done` or `skipped`."""
        ...

    def answered(self, decision: str, option: str) -> int:
        """Give the gate for a decision being done with an option."""
        ...

    def at_least(self, level: str) -> int | None:
        """Give the gate for severity being at least a level at this reading, or None when that is free."""
        ...


@dataclass
class Guards:
    """Reads the guards of one playbook into one circuit."""

    circuit: Circuit
    playbook: Playbook

    def reading(self, step: str, node: Node, states: States) -> Reading:
        """Give when a guard, or a part of it, is true and when it is false."""
        match node:
            case Literal(value=bool(value)):
                return Reading(TRUE, FALSE) if value else Reading(FALSE, TRUE)
            case Not():
                inner = self.reading(step, node.operand, states)
                return Reading(inner.false, inner.true)
            case BoolOp():
                parts = [self.reading(step, operand, states) for operand in node.operands]
                return self._all(parts) if node.operator == "and" else self._any(parts)
            case Name() | Compare() | Call():
                return self._atomic(step, node, states) or self._free(step, node)
            case _:
                return self._free(step, node)

    def value_of(self, name: str) -> Choice:
        """Give the choice of an input's value, as it is in the end."""
        declared = self.playbook.inputs[name]
        values = ("no", "yes") if declared.type == "yes_no" else tuple(declared.options)
        first = _written(declared.default)
        ordinary = tuple(dict.fromkeys((*([first] if first in values else []), *values)))
        may_be_empty = not declared.required and declared.default is None
        return self.circuit.choose(("input", name), (*ordinary, EMPTY) if may_be_empty else ordinary)

    def known_to(self, step: str, name: str) -> int:
        """Give the gate for an input being known when a step was read."""
        return self.circuit.taken(self.circuit.choose((KNOWN, name, step), ("yes", "no")), "yes")

    def _atomic(self, step: str, node: Name | Compare | Call, states: States) -> Reading | None:
        match node:
            case Name(path=("inputs", name)) if self._is_finite(name, "yes_no"):
                return self._input(step, name, ("yes",))
            case Compare(operator="==" | "!=" | "in"):
                return self._compared(step, node, states)
            case Call():
                return self._called(node, states)
            case _:
                return None

    def _compared(self, step: str, node: Compare, states: States) -> Reading | None:
        wanted = _literals(node.right)
        subject = node.left
        if wanted is None and node.operator != "in":
            wanted, subject = _literals(node.left), node.right
        if wanted is None:
            return None
        match subject:
            case Name(path=("inputs", name)) if self._is_finite(name, "yes_no", "choice"):
                found = self._input(step, name, tuple(wanted))
            case Name(path=("decisions", name)) if states.is_exact(name):
                gate = self.circuit.either(states.answered(name, option) for option in wanted)
                found = Reading(gate, self.circuit.negated(gate))
            case _:
                return None
        return Reading(found.false, found.true) if node.operator == "!=" else found

    def _called(self, node: Call, states: States) -> Reading | None:
        gate: int | None = None
        match node.name, node.words:
            case "done" | "approved", (name,) if states.is_exact(name):
                gate = states.state(name, "done")
            case "skipped", (name,) if states.is_exact(name):
                gate = states.state(name, "skipped")
            case "chosen", (name, option) if states.is_exact(name):
                gate = states.answered(name, option)
            case "severity_at_least", (level,):
                gate = states.at_least(level)
        return None if gate is None else Reading(gate, self.circuit.negated(gate))

    def _input(self, step: str, name: str, wanted: Sequence[str]) -> Reading:
        choice = self.value_of(name)
        is_known = self.known_to(step, name)
        matches = self.circuit.either(self.circuit.taken(choice, value) for value in wanted)
        is_empty = self.circuit.taken(choice, EMPTY)
        differs = self.circuit.both((self.circuit.negated(matches), self.circuit.negated(is_empty)))
        return Reading(self.circuit.both((is_known, matches)), self.circuit.both((is_known, differs)))

    def _is_finite(self, name: str, *types: str) -> bool:
        declared: Mapping[str, Input] = self.playbook.inputs
        return name in declared and declared[name].type in types

    def _free(self, step: str, node: Node) -> Reading:
        choice = self.circuit.choose(("guard", step, _text(node)), ("true", "false", "undefined"))
        return Reading(self.circuit.taken(choice, "true"), self.circuit.taken(choice, "false"))

    def _all(self, parts: Sequence[Reading]) -> Reading:
        false = [self.circuit.both((*(before.true for before in parts[:i]), part.false)) for i, part in enumerate(parts)]
        return Reading(self.circuit.both(part.true for part in parts), self.circuit.either(false))

    def _any(self, parts: Sequence[Reading]) -> Reading:
        true = [self.circuit.both((*(before.false for before in parts[:i]), part.true)) for i, part in enumerate(parts)]
        return Reading(self.circuit.either(true), self.circuit.both(part.false for part in parts))


def _literals(node: Node) -> list[str] | None:
    """Give the values of a literal, or of a list of literals, as a choice writes them."""
    match node:
        case Literal(value=value) if value is not None:
            return [_written(value)]
        case ListOf(items=items) if all(isinstance(item, Literal) and item.value is not None for item in items):
            return [_written(item.value) for item in items if isinstance(item, Literal)]
        case _:
            return None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _text(node: Node) -> str:
    """Name a free part by its shape, so that the same part of the same guard is the same choice."""
    return repr(node)
