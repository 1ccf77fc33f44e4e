"""Computes an expression from a scope, by walking our own tree.

Nothing is ever called but the eight helpers, nothing is read but mappings in the scope, and every node
costs a step of a budget, so that whatever a playbook says, an answer or a fault comes within a second.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never

from engine.language.duration import parse_duration
from engine.language.expression_errors import ExpressionFault, UndefinedValue
from engine.language.expression_filters import FILTERS, length, relative
from engine.language.expression_nodes import (
    Add,
    BoolOp,
    Call,
    Compare,
    Conditional,
    Filtered,
    ListOf,
    Literal,
    Name,
    Node,
    Not,
    Sub,
    Test,
    Value,
)
from engine.language.expression_values import add, compare, kind, subtract

MAX_STEPS: Final = 100_000
_CHARACTERS_A_STEP: Final = 200

Scope = Mapping[str, object]
"""`inputs`, `decisions`, `steps`, `metrics`, `incident` and `roles` (mappings), `severity` (text), and the
callables `done`, `skipped`, `approved`, `chosen`, `elapsed`, `severity_at_least`. A missing key is undefined."""


class Evaluator:
    """Evaluates nodes against one scope, within one budget of steps."""

    def __init__(self, scope: Scope, max_steps: int = MAX_STEPS) -> None:
        self._scope = scope
        self._variables: dict[str, object] = {}
        self._steps_left = max_steps

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget; raise ExpressionFault when it is used up."""
        self._steps_left -= steps
        if self._steps_left < 0:
            raise ExpressionFault("this takes too long to compute")

    def bind(self, variable: str, value: object) -> None:
        """Give a loop's variable its value."""
        self._variables[variable] = value

    def swap_variables(self, variables: dict[str, object]) -> dict[str, object]:
        """Exchange the loops' variables: an included template sees none of those around it."""
        outer, self._variables = self._variables, variables
        return outer

    def value(self, node: Node) -> object:
        """Compute a node; raise UndefinedValue or ExpressionFault."""
        self.spend()
        match node:
            case Compare() | BoolOp() | Not():
                return self._test(node)
            case Add():
                return add(self.value(node.left), self.value(node.right))
            case Sub():
                return subtract(self.value(node.left), self.value(node.right))
            case _:
                return self._given(node)

    def shown(self, node: Node) -> object:
        """Compute a node that is to be shown in a text, where nothing to show counts as undefined."""
        value = self.value(node)
        if value is None:
            raise UndefinedValue(str(node) if isinstance(node, Name) else "this value")
        return value

    def is_true(self, node: Node) -> bool:
        """Compute a node that must be yes or no."""
        value = self.value(node)
        if not isinstance(value, bool):
            raise ExpressionFault(f"{kind(value)} is not yes or no")
        return value

    def _given(self, node: Value) -> object:
        match node:
            case Literal():
                return node.value
            case Name():
                return self._read(node)
            case ListOf():
                return [self.value(item) for item in node.items]
            case Call():
                return self._call(node)
            case Filtered():
                return self._filter(node)
            case Conditional():
                return self.value(node.then if self.is_true(node.condition) else node.otherwise)
            case _:
                assert_never(node)

    def _test(self, node: Test) -> bool:
        match node:
            case Compare():
                return self._compare(node)
            case BoolOp(operator="and"):
                return all(self.is_true(operand) for operand in node.operands)
            case BoolOp():
                return any(self.is_true(operand) for operand in node.operands)
            case Not():
                return not self.is_true(node.operand)
            case _:
                assert_never(node)

    def _compare(self, node: Compare) -> bool:
        left, right = self.value(node.left), self.value(node.right)
        self._spend_on(left)
        self._spend_on(right)
        if node.operator not in ("==", "!=", "in"):
            self._refuse_nothing(node.left, left)
            self._refuse_nothing(node.right, right)
        return compare(left, node.operator, right)

    def _refuse_nothing(self, node: Node, value: object) -> None:
        if value is None:
            raise UndefinedValue(str(node) if isinstance(node, Name) else "this value")

    def _spend_on(self, value: object) -> None:
        if isinstance(value, str | list | tuple):
            self.spend(len(value) // (_CHARACTERS_A_STEP if isinstance(value, str) else 1))

    def _read(self, node: Name) -> object:
        if node.path[0] in self._variables:
            return self._variables[node.path[0]]
        value: object = self._scope
        for word in node.path:
            if not isinstance(value, Mapping) or word not in value:
                raise UndefinedValue(str(node))
            value = value[word]
        return value

    def _call(self, node: Call) -> object:
        match node.name:
            case "count":
                return length(self.value(node.args[0]))
            case "duration":
                return parse_duration(node.words[0]).span
            case "elapsed":
                return self._elapsed(node.words[0])
            case _:
                return bool(self._helper(node.name)(*node.words))

    def _elapsed(self, anchor: str) -> object:
        span = self._helper("elapsed")(anchor)
        if span is None:
            raise UndefinedValue(f"elapsed('{anchor}')")
        return span

    def _helper(self, name: str) -> Callable[..., object]:
        found = self._scope.get(name)
        if not callable(found):
            raise UndefinedValue(f"{name}()")
        return found

    def _filter(self, node: Filtered) -> object:
        if node.filter == "default":
            return self._default(node)
        value = self.shown(node.operand)
        self._spend_on(value)
        if node.filter == "relative":
            return relative(value, self._now)
        return FILTERS[node.filter](value, tuple(self.value(arg) for arg in node.args))

    def _default(self, node: Filtered) -> object:
        try:
            value = self.value(node.operand)
        except UndefinedValue:
            value = None
        return self.value(node.args[0]) if value is None else value

    def _now(self) -> datetime:
        declared, since = self._read(Name(("incident", "declared_at"))), self._elapsed("declared")
        if not isinstance(declared, datetime) or not isinstance(since, timedelta):
            raise UndefinedValue("incident.declared_at")
        return declared + since
