"""Reads text into our own syntax tree, by an allow-list over Jinja2's.

Jinja2 is only the parser: nothing of its run time is ever called. What is not named here is refused,
so that a new construct of Jinja2 can't become a new power of playbooks.

Bounds: an expression has at most 2,000 characters, brackets nest 20 deep, the tree is 60 deep.
"""

from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from engine.language.duration import parse_duration
from engine.language.expression_errors import ExpressionError
from engine.language.expression_nodes import (
    FILTERS,
    HELPERS,
    INCIDENT_FIELDS,
    ROOTS,
    STEP_FIELDS,
    Add,
    BoolOp,
    Call,
    Compare,
    Comparison,
    Conditional,
    Filtered,
    ListOf,
    Literal,
    Name,
    Node,
    Not,
    Plain,
    Sub,
)
from engine.language.expression_syntax import in_plain_words
from engine.language.suggest import did_you_mean

MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 60
MAX_BRACKETS: Final = 20
MAX_NUMBER: Final = 10**15
_SYNTAX: Final = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)
_OPERATORS: Final[dict[str, Comparison]] = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in"}
_ARGUMENTS: Final = {"done": 1, "skipped": 1, "approved": 1, "chosen": 2, "elapsed": 1, "duration": 1, "severity_at_least": 1, "count": 1}
_FILTER_ARGUMENTS: Final = {"default": (1, 1), "join": (0, 1), "round": (0, 1)}
_WRITTEN: Final = {
    "Mul": "'*'",
    "Div": "'/'",
    "FloorDiv": "'//'",
    "Mod": "'%'",
    "Pow": "'**'",
    "Concat": "'~'",
    "Slice": "slices",
    "Getitem": "square brackets after a name",
    "Dict": "maps",
    "Tuple": "lists without [ ]",
    "Test": "'is'",
}
_INSTEAD: Final = {
    "Getitem": "write inputs.site, not inputs['site']",
    "Tuple": "write the list in [ ]",
    "Test": "compare with ==, or use default()",
}


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be written here: `in_text` allows `x if c else y`; `variables` are those of the loops around."""

    in_text: bool = False
    variables: frozenset[str] = frozenset()
    depth: int = 0

    def deeper(self) -> "Grammar":
        if self.depth >= MAX_DEPTH:
            raise ExpressionError("FB506", f"nested more than {MAX_DEPTH} deep; split it")
        return Grammar(self.in_text, self.variables, self.depth + 1)

    def inside(self, variable: str) -> "Grammar":
        return Grammar(self.in_text, self.variables | {variable}, self.depth)


def parse_bare(text: str) -> Node:
    """Read a bare expression; raise ExpressionError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError("FB506", f"the expression is longer than {MAX_LENGTH:,} characters")
    if "{{" in text or "{%" in text:
        raise ExpressionError("FB503", "write the expression without {{ }}", within="{{" if "{{" in text else "{%")
    return expression(_bare_tree(text), Grammar())


def parse_blocks(text: str) -> nodes.Template:
    """Read a template into Jinja2's tree; raise ExpressionError with the line."""
    refuse_deep_brackets(text, state=None)
    try:
        return _SYNTAX.parse(text)
    except TemplateSyntaxError as error:
        raise ExpressionError("FB503", in_plain_words(error.message or ""), line=error.lineno) from None
    except (RecursionError, ValueError):
        raise ExpressionError("FB506", f"nested more than {MAX_DEPTH} deep, or a number with too many digits") from None


def refuse_deep_brackets(text: str, state: str | None) -> None:
    """Refuse brackets and blocks nested more than 20 deep, before a recursive parser sees them."""
    if sum(text.count(opening) for opening in ("(", "[", "{")) <= MAX_BRACKETS:
        return
    depth = blocks = 0
    opens_block = False
    try:
        for line, kind, word in _SYNTAX.lexer.tokeniter(text, None, None, state):
            if kind == "name":
                blocks += opens_block and word in ("if", "for")
                blocks -= opens_block and word in ("endif", "endfor")
            elif kind == "operator":
                depth += (word in "([{") - (word in ")]}")
            if max(depth, blocks) > MAX_BRACKETS:
                raise ExpressionError("FB506", f"nested more than {MAX_BRACKETS} deep; split it", line=line)
            opens_block = kind == "block_begin" or (opens_block and kind == "whitespace")
            depth = 0 if kind.endswith(("_begin", "_end")) else depth
    except TemplateSyntaxError as error:
        raise ExpressionError("FB503", in_plain_words(error.message or ""), line=error.lineno) from None


def _bare_tree(text: str) -> nodes.Expr:
    refuse_deep_brackets(text, state="variable")
    try:
        parser = Parser(_SYNTAX, text, state="variable")
        tree = parser.parse_expression()
    except TemplateSyntaxError as error:
        raise ExpressionError("FB503", in_plain_words(error.message or "")) from None
    except (RecursionError, ValueError):
        raise ExpressionError("FB506", f"nested more than {MAX_DEPTH} deep, or a number with too many digits") from None
    if not parser.stream.eos:
        rest = str(parser.stream.current.value)
        raise ExpressionError("FB503", f"'{rest}' stands where the expression should end; join tests with and, or", within=rest)
    return tree


def expression(tree: nodes.Node, grammar: Grammar) -> Node:
    """Turn one expression of Jinja2's tree into ours; raise ExpressionError for anything not allowed."""
    below = grammar.deeper()
    match tree:
        case nodes.Const() | nodes.Neg() | nodes.Pos():
            return _literal(tree)
        case nodes.Name() | nodes.Getattr():
            return _name(tree, grammar)
        case nodes.Call() | nodes.Filter() | nodes.List() | nodes.CondExpr():
            return _made(tree, below)
        case nodes.Compare() | nodes.And() | nodes.Or() | nodes.Not():
            return _test(tree, below)
        case nodes.Add():
            return Add(expression(tree.left, below), expression(tree.right, below))
        case nodes.Sub():
            return Sub(expression(tree.left, below), expression(tree.right, below))
        case _:
            raise _refused(tree)


def _refused(tree: nodes.Node) -> ExpressionError:
    kind = type(tree).__name__
    written = _WRITTEN.get(kind, "this")
    instead = _INSTEAD.get(kind, "use comparisons, and, or, not, in, + and -")
    word = written.strip("'") if written.startswith("'") else None
    return ExpressionError("FB506", f"{written} may not be used in expressions; {instead}", within=word)


def _literal(tree: nodes.Const | nodes.Neg | nodes.Pos) -> Literal:
    if isinstance(tree, nodes.Const):
        return Literal(_plain(tree.value))
    if not isinstance(tree.node, nodes.Const) or isinstance(tree.node.value, bool) or not isinstance(tree.node.value, int | float):
        raise ExpressionError("FB506", "a sign may stand before a number only", within="-" if isinstance(tree, nodes.Neg) else "+")
    value = _plain(tree.node.value)
    return Literal(-value if isinstance(tree, nodes.Neg) and isinstance(value, int | float) else value)


def _plain(value: object) -> Plain:
    match value:
        case None | bool():
            return value
        case str():
            if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
                raise ExpressionError("FB506", "a text holds a character that can't be stored")
            return value
        case int() | float() if abs(value) <= MAX_NUMBER:
            return value
        case _:
            raise ExpressionError("FB506", "a number may have at most 15 digits")


def _name(tree: nodes.Name | nodes.Getattr, grammar: Grammar) -> Name:
    path = _path(tree)
    if len(path) == 1 and path[0] in grammar.variables:
        return Name(path)
    _check_name(path, grammar)
    return Name(path)


def _path(tree: nodes.Node) -> tuple[str, ...]:
    words: list[str] = []
    while isinstance(tree, nodes.Getattr):
        words.append(tree.attr)
        tree = tree.node
    if not isinstance(tree, nodes.Name):
        raise ExpressionError("FB506", "only names have parts; write inputs.site", within=words[-1] if words else None)
    return (tree.name, *reversed(words))


def _check_name(path: tuple[str, ...], grammar: Grammar) -> None:
    written = ".".join(path)
    hidden = next((word for word in path if word.startswith("_")), None)
    if hidden is not None:
        raise ExpressionError("FB506", f"{hidden!r} may not be used: names starting with _ are private", within=hidden)
    match path:
        case ("inputs" | "decisions" | "metrics", _) | ("severity",) | ("steps", _, "result", _):
            return
        case ("steps", _, field):
            _check_field(field, STEP_FIELDS, written)
        case ("incident", field):
            _check_field(field, INCIDENT_FIELDS, written)
        case ("roles", _, "name"):
            if not grammar.in_text:
                raise ExpressionError("FB506", f"{written!r} may stand in internal text only", within=written)
        case _:
            raise _unknown_name(path, written)


def _check_field(field: str, fields: tuple[str, ...], written: str) -> None:
    if field not in fields:
        hint = did_you_mean(field, fields)
        raise ExpressionError("FB501", f"unknown name {written!r}{hint}", within=field)


def _unknown_name(path: tuple[str, ...], written: str) -> ExpressionError:
    shapes = {
        "steps": "write steps.x.state, steps.x.done_at or steps.x.result",
        "roles": "write roles.x.name",
        "incident": f"write incident.key or another of {', '.join(INCIDENT_FIELDS)}",
        "severity": "write severity_at_least('sev2')",
    }
    if path[0] in ROOTS:
        advice = shapes.get(path[0], f"write {path[0]}.x")
        return ExpressionError("FB506", f"{written!r} can't be used as it is; {advice}", within=written)
    advice = did_you_mean(path[0], ROOTS) or "; text needs quotes, an input is inputs.x, a decision decisions.x"
    return ExpressionError("FB501", f"unknown name {written!r}{advice}", within=path[0])


def _made(tree: nodes.Call | nodes.Filter | nodes.List | nodes.CondExpr, below: Grammar) -> Node:
    if isinstance(tree, nodes.Call):
        return _call(tree, below)
    if isinstance(tree, nodes.Filter):
        return _filter(tree, below)
    if isinstance(tree, nodes.List):
        return ListOf(tuple(expression(item, below) for item in tree.items))
    if not below.in_text:
        raise ExpressionError("FB506", "'x if c else y' may stand in text only; use and, or", within="if")
    if tree.expr2 is None:
        raise ExpressionError("FB506", "say what it is otherwise: x if c else y", within="if")
    return Conditional(expression(tree.test, below), expression(tree.expr1, below), expression(tree.expr2, below))


def _call(tree: nodes.Call, below: Grammar) -> Call:
    name = tree.node.name if isinstance(tree.node, nodes.Name) else ".".join(_path(tree.node))
    if name not in HELPERS:
        hint = did_you_mean(name, HELPERS) or f"; there are {', '.join(HELPERS)}"
        raise ExpressionError("FB506", f"{name!r} may not be called{hint}", within=name.rpartition(".")[2])
    if tree.kwargs or tree.dyn_args is not None or tree.dyn_kwargs is not None or len(tree.args) != _ARGUMENTS[name]:
        wanted = "two texts" if _ARGUMENTS[name] == 2 else "one value" if name == "count" else "one text"
        raise ExpressionError("FB506", f"{name}() takes {wanted}", within=name)
    call = Call(name, tuple(expression(arg, below) for arg in tree.args))
    if name != "count" and len(call.words) != len(call.args):
        raise ExpressionError("FB506", f"{name}() takes text in quotes, so that it can be checked: {name}('x')", within=name)
    if name == "duration":
        _check_duration(call.words[0])
    return call


def _check_duration(word: str) -> None:
    try:
        span = parse_duration(word)
    except ValueError as error:
        what = str(error).partition(";")[0]
        raise ExpressionError("FB301", f"{what}; write 15m, 4h or 2d", within=word) from None
    if span.is_business:
        raise ExpressionError("FB301", f"{word!r} has no length without a calendar; write hours or days", within=word)


def _filter(tree: nodes.Filter, below: Grammar) -> Filtered:
    if tree.name not in FILTERS:
        hint = did_you_mean(tree.name, FILTERS) or f"; there are {', '.join(FILTERS)}"
        raise ExpressionError("FB506", f"unknown filter {tree.name!r}{hint}", within=tree.name)
    least, most = _FILTER_ARGUMENTS.get(tree.name, (0, 0))
    if tree.kwargs or tree.dyn_args is not None or tree.dyn_kwargs is not None or not least <= len(tree.args) <= most:
        wanted = "no value" if most == 0 else "one value" if least else "at most one value"
        raise ExpressionError("FB506", f"the filter {tree.name!r} takes {wanted}", within=tree.name)
    if tree.node is None:
        raise ExpressionError("FB506", "filter blocks may not be used", within=tree.name)
    made = Filtered(tree.name, expression(tree.node, below), tuple(expression(arg, below) for arg in tree.args))
    _check_filter(made)
    return made


def _check_filter(made: Filtered) -> None:
    match made.filter, made.args:
        case ("join", (Literal(value=str()),)) | ("default", _) | (_, ()):
            return
        case ("round", (Literal(value=int() as digits),)) if not isinstance(digits, bool) and 0 <= digits <= 10:
            return
        case ("join", _):
            raise ExpressionError("FB506", "join() takes text in quotes: join(', ')", within="join")
        case _:
            raise ExpressionError("FB506", f"{made.filter}() takes a number from 0 to 10", within=made.filter)


def _test(tree: nodes.Compare | nodes.And | nodes.Or | nodes.Not, below: Grammar) -> Node:
    if isinstance(tree, nodes.Not):
        return Not(expression(tree.node, below))
    if isinstance(tree, nodes.Compare):
        return _compare(tree, below)
    operands = tuple(expression(operand, below) for operand in _chain(tree))
    return BoolOp("and" if isinstance(tree, nodes.And) else "or", operands)


def _chain(tree: nodes.And | nodes.Or) -> list[nodes.Expr]:
    """Flatten `a or b or c`, which Jinja2 nests to the left, so that long lists of tests are not deep."""
    kind = type(tree)
    operands: list[nodes.Expr] = []
    current: nodes.Expr = tree
    while isinstance(current, kind):
        operands.append(current.right)
        current = current.left
    operands.append(current)
    return operands[::-1]


def _compare(tree: nodes.Compare, below: Grammar) -> Node:
    left = expression(tree.expr, below)
    tests: list[Node] = []
    for operand in tree.ops:
        right = expression(operand.expr, below)
        _refuse_severity(left, right)
        negated = operand.op == "notin"
        test = Compare(left, "in" if negated else _OPERATORS[operand.op], right)
        tests.append(Not(test) if negated else test)
        left = right
    return tests[0] if len(tests) == 1 else BoolOp("and", tuple(tests))


def _refuse_severity(left: Node, right: Node) -> None:
    if Name(("severity",)) in (left, right):
        raise ExpressionError("FB506", "compare severity with severity_at_least('sev2') or min_severity", within="severity")
