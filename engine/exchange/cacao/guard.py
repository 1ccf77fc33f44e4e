"""What `when` and `min_severity` say, as a CACAO condition over variables, where they are simple enough.

Simple are inputs compared with plain values, severity, and their combinations with and, or, not. Whatever
reads the course of an incident (metrics, times, other steps) has no variable in CACAO: None is given.
"""

from typing import Final

from engine.exchange.cacao.condition import Condition, Joined, Operator, Plain, Test, equals
from engine.language.expression import ExpressionError, parse
from engine.language.expression_nodes import BoolOp, Call, Compare, ListOf, Literal, Name, Node, Not
from engine.language.playbook import Playbook

SEVERITY: Final = "__severity__"
_OPPOSITE: Final[dict[str, Operator]] = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SIGNS: Final[dict[str, Operator]] = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def variable(name: str) -> str:
    """Give the CACAO variable of an input."""
    return f"__{name}__"


def from_severity(playbook: Playbook, least: str) -> Condition | None:
    """Say that severity is at least a level."""
    levels = list(playbook.severity.levels) if playbook.severity else []
    return equals(SEVERITY, *levels[levels.index(least) :]) if least in levels else None


def from_expression(playbook: Playbook, text: str) -> Condition | None:
    """Say what an expression says, or give None when CACAO has no words for it."""
    try:
        return _condition(playbook, parse(text).root)
    except ExpressionError:
        return None


def _condition(playbook: Playbook, node: Node) -> Condition | None:
    match node:
        case Name():
            return _yes_or_no(playbook, node)
        case Not():
            inner = _condition(playbook, node.operand)
            return negated(inner) if inner is not None else None
        case BoolOp():
            parts = [_condition(playbook, operand) for operand in node.operands]
            known = tuple(part for part in parts if part is not None)
            return Joined("AND" if node.operator == "and" else "OR", known) if len(known) == len(parts) else None
        case Compare():
            return _compared(playbook, node)
        case Call(name="severity_at_least"):
            return from_severity(playbook, node.words[0]) if node.words else None
        case _:
            return None


def _yes_or_no(playbook: Playbook, name: Name) -> Condition | None:
    given = _input(playbook, name)
    return equals(given, True) if given and playbook.inputs[name.path[1]].type == "yes_no" else None


def _compared(playbook: Playbook, node: Compare) -> Condition | None:
    given = _input(playbook, node.left) if isinstance(node.left, Name) else None
    if given is None:
        return None
    if node.operator == "in" and isinstance(node.right, ListOf):
        values = tuple(value for item in node.right.items if (value := _plain(item)) is not None)
        return equals(given, *values) if values and len(values) == len(node.right.items) else None
    value = _plain(node.right)
    return Test(given, _SIGNS[node.operator], (value,)) if value is not None and node.operator in _SIGNS else None


def _input(playbook: Playbook, name: Name) -> str | None:
    is_input = len(name.path) == 2 and name.path[0] == "inputs" and name.path[1] in playbook.inputs
    return variable(name.path[1]) if is_input else None


def _plain(node: Node) -> Plain | None:
    return node.value if isinstance(node, Literal) and node.value is not None else None


def negated(condition: Condition) -> Condition | None:
    """Say that a condition does not hold."""
    if isinstance(condition, Joined):
        parts = tuple(part for each in condition.parts if (part := negated(each)) is not None)
        return Joined("OR" if condition.word == "AND" else "AND", parts) if len(parts) == len(condition.parts) else None
    if condition.operator == "IN":
        return Joined("AND", tuple(Test(condition.variable, "!=", (value,)) for value in condition.values))
    if condition.operator == "=" and isinstance(condition.values[0], bool):
        return equals(condition.variable, not condition.values[0])
    return Test(condition.variable, _OPPOSITE[condition.operator], condition.values)
