"""Expressions in words: `inputs.injuries or done('facts')` becomes a clause that fits after "only if".

Every node has words, so that nothing an author can write is left out; what can't be read is shown as it stands.
"""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from engine.authoring.paper.book import Book, listed, spoken
from engine.authoring.paper.spans import anchor, span
from engine.language.duration import parse_duration
from engine.language.expression import ExpressionError, parse
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
)
from engine.language.playbook import Decision

_COMPARED: Final[Mapping[str, str]] = {
    "==": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
    "in": "is one of",
}
_INCIDENT: Final[Mapping[str, str]] = {
    "key": "the incident's key",
    "title": "the incident's title",
    "declared_at": "the time of the start",
    "detected_at": "the time it was noticed",
    "country": "the country",
}
_FILTERS: Final[Mapping[str, str]] = {"length": "the number of ", "first": "the first of "}


def condition(book: Book, text: str) -> str:
    """Say a yes/no expression as a clause."""
    try:
        return condition_of(book, parse(text).root)
    except ExpressionError:
        return text


def value(book: Book, text: str) -> str:
    """Say an expression that gives a value as a noun."""
    try:
        return noun(book, parse(text).root)
    except ExpressionError:
        return text


def condition_of(book: Book, node: Node) -> str:
    """Say a node as a clause."""
    match node:
        case BoolOp():
            return f" {node.operator} ".join(_nested(book, operand, node) for operand in node.operands)
        case Not():
            return _denied(book, node.operand)
        case Compare():
            return _compared(book, node)
        case Call(name="done" | "skipped" | "approved" | "chosen" | "severity_at_least"):
            return _called(book, node, "is")
        case _:
            return f"{noun(book, node)} is yes"


def _nested(book: Book, node: Node, around: BoolOp) -> str:
    clause = condition_of(book, node)
    return f"({clause})" if isinstance(node, BoolOp) and node.operator != around.operator else clause


def _denied(book: Book, node: Node) -> str:
    match node:
        case Call(name="done" | "skipped" | "approved" | "chosen" | "severity_at_least"):
            return _called(book, node, "is not")
        case Name():
            return f"{noun(book, node)} is no"
        case _:
            return f"it is not so that {condition_of(book, node)}"


def _called(book: Book, node: Call, verb: str) -> str:
    words = (*node.words, "", "")
    match node.name:
        case "chosen":
            return f"the answer to {book.title(words[0])} {verb} {answer(book, words[0], words[1])}"
        case "severity_at_least":
            return f"severity {verb} {book.level(words[0])} or higher"
        case outcome:
            return f"{book.title(words[0])} {verb} {outcome}"


def answer(book: Book, decision: str, option: str) -> str:
    """Quote the label of an answer."""
    found = book.graph.steps.get(decision)
    known = found.options.get(option) if isinstance(found, Decision) else None
    return f"“{known.label if known else spoken(option)}”"


def noun(book: Book, node: Node) -> str:
    """Say a node as a thing: an input by its label, a metric by its title."""
    match node:
        case Literal():
            return _literal(node)
        case Name():
            return _named(book, node.path)
        case ListOf():
            return listed([noun(book, item) for item in node.items], "or")
        case Call():
            return _thing(book, node)
        case Filtered() | Conditional():
            return _chosen(book, node)
        case Add() | Sub():
            return f"{noun(book, node.left)} {'plus' if isinstance(node, Add) else 'less'} {noun(book, node.right)}"
        case Compare() | BoolOp() | Not():
            return f"whether {condition_of(book, node)}"
        case _:
            assert_never(node)


def _literal(node: Literal) -> str:
    match node.value:
        case True | False:
            return "yes" if node.value else "no"
        case None:
            return "nothing"
        case str():
            return f"“{node.value}”"
        case number:
            return f"{number:,}"


def _chosen(book: Book, node: Filtered | Conditional) -> str:
    if isinstance(node, Filtered):
        return _filtered(book, node)
    return f"{noun(book, node.then)} (where {condition_of(book, node.condition)}; otherwise {noun(book, node.otherwise)})"


def _compared(book: Book, node: Compare) -> str:
    decision = _decision_of(node.left)
    right = answered(book, decision, node.right) if decision else noun(book, node.right)
    return f"{noun(book, node.left)} {_COMPARED[node.operator]} {right}"


def _decision_of(node: Node) -> str | None:
    return node.path[1] if isinstance(node, Name) and node.path[0] == "decisions" and len(node.path) > 1 else None


def answered(book: Book, decision: str, node: Node) -> str:
    """Say what a decision is compared with: options by their labels."""
    match node:
        case Literal(value=str() as option):
            return answer(book, decision, option)
        case ListOf():
            return listed([answered(book, decision, item) for item in node.items], "or")
        case _:
            return noun(book, node)


def _thing(book: Book, node: Call) -> str:
    match node.name, node.words:
        case "elapsed", (moment, *_):
            return f"the time since {anchor(book, moment)}"
        case "duration", (length, *_):
            return span(parse_duration(length))
        case "count", _:
            return f"the number of {listed([noun(book, each) for each in node.args])}"
        case _:
            return f"whether {_called(book, node, 'is')}"


def _filtered(book: Book, node: Filtered) -> str:
    operand = noun(book, node.operand)
    if node.filter == "default" and node.args:
        return f"{operand}, or where that is not known {noun(book, node.args[0])}"
    return f"{_FILTERS.get(node.filter, '')}{operand}"


def _named(book: Book, path: tuple[str, ...]) -> str:
    name = path[1] if len(path) > 1 else ""
    says = _NAMES.get(path[0])
    return says(book, name, path[2] if len(path) > 2 else "") if says else spoken(path[0])


def _input(book: Book, name: str, rest: str) -> str:
    found = book.playbook.inputs.get(name)
    return f"“{(found.label if found else None) or spoken(name)}”"


def _metric(book: Book, name: str, rest: str) -> str:
    found = book.playbook.metrics.get(name)
    return f"“{found.title if found else spoken(name)}”"


def _step(book: Book, name: str, rest: str) -> str:
    field = {"done_at": "the time of", "result": "the result of"}.get(rest, "the state of")
    return f"{field} {book.title(name)}"


def _incident(book: Book, name: str, rest: str) -> str:
    return _INCIDENT.get(name, spoken(name))


def _answer_to(book: Book, name: str, rest: str) -> str:
    return f"the answer to {book.title(name)}"


def _holder(book: Book, name: str, rest: str) -> str:
    return book.role(name)


def _severity(book: Book, name: str, rest: str) -> str:
    return "severity"


_NAMES: Final[Mapping[str, Callable[[Book, str, str], str]]] = {
    "inputs": _input,
    "metrics": _metric,
    "steps": _step,
    "decisions": _answer_to,
    "incident": _incident,
    "roles": _holder,
    "severity": _severity,
}
