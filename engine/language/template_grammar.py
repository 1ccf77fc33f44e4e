"""Reads a template into our own parts, by an allow-list over Jinja2's statements.

There are `{{ }}`, `{% if %}`, `{% for x in inputs.y %}`, `{% include 'name' %}`, `{# #}` and `{% raw %}`.
As in most template settings, a line that holds only a `{% %}` leaves no empty line behind.

Bounds: 100,000 characters, blocks nest 20 deep.
"""

from typing import Final

from jinja2 import nodes

from engine.language.expression_errors import ExpressionError
from engine.language.expression_grammar import Grammar, expression, parse_blocks
from engine.language.expression_nodes import HELPERS, ROOTS, For, If, Include, Name, Output, Part, Words

MAX_LENGTH: Final = 100_000
_WRITTEN: Final = {
    "Macro": "macro",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "With": "with",
    "Block": "block",
    "Extends": "extends",
    "Import": "import",
    "FromImport": "from",
    "Assign": "set",
    "AssignBlock": "set",
    "Scope": "autoescape",
}


def parse_parts(text: str) -> tuple[Part, ...]:
    """Read a template; raise ExpressionError with its line."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError("FB506", f"the template is longer than {MAX_LENGTH:,} characters")
    return _parts(parse_blocks(text).body, Grammar(in_text=True))


def _parts(trees: list[nodes.Node], grammar: Grammar) -> tuple[Part, ...]:
    return tuple(part for tree in trees for part in _placed(tree, grammar))


def _placed(tree: nodes.Node, grammar: Grammar) -> tuple[Part, ...]:
    """Read one statement; what is wrong in it is said with its line."""
    try:
        return _part(tree, grammar)
    except ExpressionError as error:
        line = error.line if error.line > 1 else tree.lineno or 1
        raise ExpressionError(error.code, error.message, error.within, line) from None


def _part(tree: nodes.Node, grammar: Grammar) -> tuple[Part, ...]:
    match tree:
        case nodes.Output():
            return tuple(_output(node, grammar) for node in tree.nodes)
        case nodes.If():
            return (_if(tree, grammar.deeper()),)
        case nodes.For():
            return (_for(tree, grammar.deeper()),)
        case nodes.Include():
            return (_include(tree),)
        case _:
            word = _WRITTEN.get(type(tree).__name__, type(tree).__name__.lower())
            raise ExpressionError("FB506", f"'{{% {word} %}}' is not allowed; there are if, for and include", within=word)


def _output(node: nodes.Node, grammar: Grammar) -> Words | Output:
    if isinstance(node, nodes.TemplateData):
        return Words(node.data)
    return Output(expression(node, grammar))


def _if(tree: nodes.If, grammar: Grammar) -> If:
    """Read a whole if … elif … else chain; an elif is an if in the otherwise of the one before."""
    otherwise = _parts(tree.else_, grammar)
    for branch in reversed(tree.elif_):
        otherwise = (If(expression(branch.test, grammar), _parts(branch.body, grammar), otherwise),)
        grammar = grammar.deeper()
    return If(expression(tree.test, grammar), _parts(tree.body, grammar), otherwise)


def _for(tree: nodes.For, grammar: Grammar) -> For:
    if tree.test is not None or tree.recursive or not isinstance(tree.target, nodes.Name):
        raise ExpressionError("FB506", "a loop is written {% for x in inputs.y %}", within="for")
    variable = tree.target.name
    if variable in (*ROOTS, *HELPERS, *grammar.variables, "loop") or variable.startswith("_"):
        raise ExpressionError("FB506", f"a loop's variable can't be called {variable!r}", within=variable)
    source = expression(tree.iter, grammar)
    if not isinstance(source, Name) or source.path[0] != "inputs":
        raise ExpressionError("FB506", "a loop goes over an input: {% for x in inputs.y %}", within="for")
    return For(variable, source, _parts(tree.body, grammar.inside(variable)), _parts(tree.else_, grammar))


def _include(tree: nodes.Include) -> Include:
    named = tree.template.value if isinstance(tree.template, nodes.Const) else None
    if tree.ignore_missing or not tree.with_context or not isinstance(named, str):
        raise ExpressionError("FB506", "an include names one template: {% include 'name' %}", within="include")
    return Include(named)
