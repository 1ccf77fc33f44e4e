"""Tells what kind of value an expression gives, and what in it can never work, without running it.

What is not known is `unknown`, and `unknown` fits everywhere: a mismatch is only reported where it is certain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, assert_never
from typing import Literal as OneOf

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
    Value,
    walk,
)

ValueType = OneOf["yes_no", "text", "number", "duration", "datetime", "list", "people", "unknown"]
Types = Mapping[tuple[str, ...], ValueType]
"""The kinds of a playbook's own names, such as `("inputs", "injuries")`; other names go by their first word."""

_WORDS: Final[Mapping[ValueType, str]] = {"yes_no": "yes or no", "datetime": "time", "people": "people"}
_ORDERED: Final = ("number", "duration", "datetime")
_HELPERS: Final[Mapping[str, ValueType]] = {"elapsed": "duration", "duration": "duration", "count": "number"}
_FILTERS: Final[Mapping[str, ValueType]] = {"length": "number", "round": "number", "first": "unknown"}
_ALIKE: Final = (frozenset({"people", "text"}), frozenset({"people", "list"}))
_SUMS: Final[Mapping[tuple[str, str, str], ValueType]] = {
    ("+", "number", "number"): "number",
    ("-", "number", "number"): "number",
    ("+", "duration", "duration"): "duration",
    ("-", "duration", "duration"): "duration",
    ("+", "datetime", "duration"): "datetime",
    ("+", "duration", "datetime"): "datetime",
    ("-", "datetime", "duration"): "datetime",
    ("-", "datetime", "datetime"): "duration",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something in an expression that can't work, with the code of its rule and the word to point at."""

    code: str
    message: str
    within: str | None


def in_words(found: ValueType) -> str:
    """Name a kind as messages do."""
    return _WORDS.get(found, found)


def type_of(node: Node, types: Types) -> ValueType:
    """Tell what kind of value a node gives."""
    match node:
        case Compare() | BoolOp() | Not():
            return "yes_no"
        case Add():
            return _SUMS.get(("+", type_of(node.left, types), type_of(node.right, types)), "unknown")
        case Sub():
            return _SUMS.get(("-", type_of(node.left, types), type_of(node.right, types)), "unknown")
        case _:
            return _type_of_value(node, types)


def _type_of_value(node: Value, types: Types) -> ValueType:
    match node:
        case Literal():
            return _type_of_literal(node)
        case Name():
            return types.get(node.path) or _type_of_name(node.path)
        case ListOf():
            return "list"
        case Call():
            return _HELPERS.get(node.name, "yes_no")
        case Filtered():
            return _type_of_filtered(node, types)
        case Conditional():
            then, otherwise = type_of(node.then, types), type_of(node.otherwise, types)
            return then if then == otherwise else "unknown"
        case _:
            assert_never(node)


def _type_of_literal(node: Literal) -> ValueType:
    match node.value:
        case None:
            return "unknown"
        case bool():
            return "yes_no"
        case str():
            return "text"
        case _:
            return "number"


def _type_of_name(path: tuple[str, ...]) -> ValueType:
    match path:
        case ("steps", _, "done_at") | ("incident", "declared_at" | "detected_at"):
            return "datetime"
        case ("steps", _, "state") | ("incident" | "decisions", _) | ("roles", _, _) | ("severity",):
            return "text"
        case _:
            return "unknown"


def _type_of_filtered(node: Filtered, types: Types) -> ValueType:
    if node.filter != "default":
        return _FILTERS.get(node.filter, "text")
    operand = type_of(node.operand, types)
    return type_of(node.args[0], types) if operand == "unknown" else operand


def mismatches(roots: tuple[Node, ...], types: Types) -> tuple[Mismatch, ...]:
    """List what can never work below these nodes, in the order it is written."""
    return tuple(found for root in roots for node in walk(root) for found in _mismatches_at(node, types))


def _mismatches_at(node: Node, types: Types) -> Iterator[Mismatch]:
    match node:
        case Compare():
            yield from _compared(node, types)
        case BoolOp():
            for operand in node.operands:
                yield from _tested(operand, f"'{node.operator}'", types)
        case Not():
            yield from _tested(node.operand, "'not'", types)
        case Conditional():
            yield from _tested(node.condition, "'if'", types)
        case Add() | Sub():
            yield from _summed(node, types)
        case _:
            return


def _compared(node: Compare, types: Types) -> Iterator[Mismatch]:
    left, right = type_of(node.left, types), type_of(node.right, types)
    if _fits(node.operator, left, right):
        return
    culprit = _word(node.right) or _word(node.left)
    if node.operator == "in":
        yield Mismatch("FB507", f"'in' needs a list; {in_words(right)} is none", culprit)
    elif left == right:
        yield Mismatch("FB507", f"{in_words(left)} has no order; compare it with == or !=", culprit)
    else:
        hint = "; write duration('24h')" if "duration" in (left, right) else ""
        if {left, right} == {"yes_no", "text"}:
            hint = "; it is a test by itself, or with not before it"
        yield Mismatch("FB507", f"cannot compare {in_words(left)} with {in_words(right)}{hint}", culprit)


def _fits(operator: str, left: ValueType, right: ValueType) -> bool:
    if operator == "in":
        return right in ("list", "people", "unknown") or (right == "text" and left in ("text", "unknown"))
    if "unknown" in (left, right):
        return operator in ("==", "!=") or {left, right} <= {*_ORDERED, "unknown"}
    if operator in ("==", "!="):
        return left == right or frozenset({left, right}) in _ALIKE
    return left == right and left in _ORDERED


def _tested(operand: Node, where: str, types: Types) -> Iterator[Mismatch]:
    found = type_of(operand, types)
    if isinstance(operand, Literal) and isinstance(operand.value, str):
        yield Mismatch("FB505", f"{where} takes tests: '{operand.value}' is a word, not a test", operand.value)
    elif found not in ("yes_no", "unknown"):
        yield Mismatch("FB504", f"{where} takes yes or no; this gives {in_words(found)}", _word(operand))


def _summed(node: Add | Sub, types: Types) -> Iterator[Mismatch]:
    left, right = type_of(node.left, types), type_of(node.right, types)
    sign = "+" if isinstance(node, Add) else "-"
    if "unknown" in (left, right) or (sign, left, right) in _SUMS:
        return
    verb = f"cannot add {in_words(right)} to {in_words(left)}" if sign == "+" else f"cannot take {in_words(right)} from {in_words(left)}"
    hint = "; write duration('24h')" if "duration" in (left, right) else "; text is put together in templates"
    yield Mismatch("FB507", verb + hint, _word(node.right) or _word(node.left))


def _word(node: Node) -> str | None:
    """Give a word by which a node can be found in the text."""
    match node:
        case Name():
            return str(node)
        case Literal() if node.value is not None and not isinstance(node.value, bool):
            return str(node.value)
        case Call() | Filtered():
            return node.name if isinstance(node, Call) else node.filter
        case _:
            return None
