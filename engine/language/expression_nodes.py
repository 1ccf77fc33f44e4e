"""The syntax tree of expressions and templates: small, frozen, and complete.

Whatever is not one of these nodes can't be written: the grammar builds them from Jinja2's tree by an
allow-list, and the evaluator, the type checker and the verifier only ever see these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never
from typing import Literal as OneOf

Comparison = OneOf["==", "!=", "<", "<=", ">", ">=", "in"]
Plain = str | bool | int | float | None

ROOTS: Final = ("inputs", "severity", "decisions", "steps", "metrics", "incident", "roles")
STEP_FIELDS: Final = ("state", "done_at", "result")
INCIDENT_FIELDS: Final = ("key", "title", "declared_at", "detected_at", "country")
HELPERS: Final = ("done", "skipped", "approved", "chosen", "elapsed", "duration", "severity_at_least", "count")
FILTERS: Final = ("default", "lower", "upper", "title", "length", "join", "round", "date", "time", "relative", "first")


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, yes or no, or none, as written."""

    value: Plain


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name such as `inputs.site`, or the variable of a loop."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A helper and its arguments; all but `count` take literal text only."""

    name: str
    args: tuple["Node", ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments that are literal text: a step's id, an option, an anchor."""
        return tuple(arg.value for arg in self.args if isinstance(arg, Literal) and isinstance(arg.value, str))


@dataclass(frozen=True, slots=True)
class Filtered:
    filter: str
    operand: "Node"
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`, in text only."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Compare:
    left: "Node"
    operator: Comparison
    right: "Node"


@dataclass(frozen=True, slots=True)
class BoolOp:
    operator: OneOf["and", "or"]
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Add:
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Sub:
    left: "Node"
    right: "Node"


Value = Literal | Name | ListOf | Call | Filtered | Conditional
Test = Compare | BoolOp | Not
Sum = Add | Sub
Node = Value | Test | Sum


@dataclass(frozen=True, slots=True)
class Words:
    """Text that stands in a template as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """`{{ value }}`."""

    value: Node


@dataclass(frozen=True, slots=True)
class If:
    condition: Node
    then: tuple["Part", ...]
    otherwise: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class For:
    """`{% for variable in inputs.x %}`; `otherwise` stands when the list is empty."""

    variable: str
    source: Name
    body: tuple["Part", ...]
    otherwise: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Include:
    template: str


Part = Words | Output | If | For | Include


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes directly below this one, in the order they are written."""
    match node:
        case Literal() | Name():
            return ()
        case ListOf(items=below) | Call(args=below) | BoolOp(operands=below):
            return below
        case Filtered():
            return (node.operand, *node.args)
        case Conditional():
            return (node.condition, node.then, node.otherwise)
        case Compare() | Add() | Sub():
            return (node.left, node.right)
        case Not():
            return (node.operand,)
        case _:
            assert_never(node)


def walk(node: Node) -> Iterator[Node]:
    """Yield this node and everything below it, in the order it is written."""
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(reversed(children(current)))


def expressions_in(parts: tuple[Part, ...]) -> Iterator[Node]:
    """Yield every expression of a template, loop sources included, in the order they are written."""
    for part in parts:
        match part:
            case Words() | Include():
                pass
            case Output():
                yield part.value
            case If():
                yield part.condition
                yield from expressions_in(part.then)
                yield from expressions_in(part.otherwise)
            case For():
                yield part.source
                yield from expressions_in(part.body)
                yield from expressions_in(part.otherwise)
            case _:
                assert_never(part)
