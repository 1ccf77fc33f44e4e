"""Expressions: the tests and values that a playbook may write, such as `inputs.injuries or done('facts')`.

    parse("metrics.views_total > 250000").evaluate(scope) -> bool

An `Expression` is a value: it holds its text and its own small syntax tree, and knows what it reads
(`names`, `calls`) and what it gives (`type_in`) without being evaluated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.language.evaluation import Evaluator, Scope
from engine.language.expression_errors import ExpressionError, ExpressionFault, UndefinedValue
from engine.language.expression_grammar import parse_bare
from engine.language.expression_nodes import ROOTS, Call, Name, Node, walk
from engine.language.expression_types import Mismatch, Types, ValueType, mismatches, type_of

__all__ = [
    "Call",
    "Expression",
    "ExpressionError",
    "ExpressionFault",
    "Mismatch",
    "Node",
    "Scope",
    "Types",
    "UndefinedValue",
    "ValueType",
    "names_of",
    "parse",
]

_CACHED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Expression:
    """A bare expression, as written and as understood."""

    text: str
    root: Node

    def evaluate(self, scope: Mapping[str, object]) -> object:
        """Compute the value; raise UndefinedValue for a name without value, ExpressionFault for kinds that don't fit."""
        return Evaluator(scope).value(self.root)

    def names(self) -> frozenset[tuple[str, ...]]:
        """List the names it reads, as `("inputs", "injuries")`."""
        return names_of((self.root,))

    def calls(self) -> tuple[Call, ...]:
        """List the helpers it calls, in the order they are written."""
        return tuple(node for node in walk(self.root) if isinstance(node, Call))

    def type_in(self, types: Types) -> ValueType:
        """Tell what kind of value it gives, as far as that is known without a run."""
        return type_of(self.root, types)

    def mismatches(self, types: Types) -> tuple[Mismatch, ...]:
        """List what can never work: a duration compared with a number, a word where a test should stand."""
        return mismatches((self.root,), types)


def names_of(roots: tuple[Node, ...]) -> frozenset[tuple[str, ...]]:
    """List the names that some nodes read; the variables of loops are left out."""
    return frozenset(node.path for root in roots for node in walk(root) if isinstance(node, Name) and node.path[0] in ROOTS)


def parse(text: str) -> Expression:
    """Read a bare expression; raise ExpressionError with a code, a message and the word to point at."""
    read = _read(text)
    if isinstance(read, ExpressionError):
        raise read.again()
    return read


@lru_cache(maxsize=_CACHED)
def _read(text: str) -> Expression | ExpressionError:
    """Remember refusals too: many rules ask about the same text."""
    try:
        return Expression(text, parse_bare(text))
    except ExpressionError as error:
        return error.again()
