"""Templates: texts with `{{ }}` in them, as statements, messages and addresses use them.

    parse_template("We know about {{ inputs.site }}.").render(scope, {}) -> str

Rendering walks our own tree: no code of a template engine runs. A text is at most 1 MB, its includes are
at most 5 deep, and all of it shares one budget of steps, so that an answer or a fault comes within a second.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, assert_never

from engine.language.evaluation import Evaluator
from engine.language.expression import names_of
from engine.language.expression_errors import ExpressionError, ExpressionFault, UndefinedValue
from engine.language.expression_nodes import Call, For, If, Include, Name, Node, Output, Part, Words, expressions_in, walk
from engine.language.expression_types import Mismatch, Types, mismatches
from engine.language.expression_values import as_text, is_list, joined, kind, size
from engine.language.template_grammar import parse_parts

MAX_INCLUDES: Final = 5
_BYTES_A_STEP: Final = 200
_CACHED: Final = 2_048


@dataclass(frozen=True, slots=True)
class Template:
    """A template, as written and as understood."""

    text: str
    parts: tuple[Part, ...]

    def render(self, scope: Mapping[str, object], includes: Mapping[str, "Template"]) -> str:
        """Fill the template in; raise UndefinedValue for a name without value, ExpressionFault when it can't be done."""
        return joined(_Renderer(scope, includes).pieces(self.parts, 0), "")

    def expressions(self) -> tuple[Node, ...]:
        """List its expressions, loop sources included, in the order they are written."""
        return tuple(expressions_in(self.parts))

    def names(self) -> frozenset[tuple[str, ...]]:
        """List the names it reads, as `("inputs", "site")`; what its includes read is theirs."""
        return names_of(self.expressions())

    def calls(self) -> tuple[Call, ...]:
        """List the helpers it calls, in the order they are written."""
        return tuple(node for root in self.expressions() for node in walk(root) if isinstance(node, Call))

    def includes(self) -> tuple[str, ...]:
        """List the templates it includes, each once, in the order they are written."""
        return tuple(dict.fromkeys(_included(self.parts)))

    def mismatches(self, types: Types) -> tuple[Mismatch, ...]:
        """List what in its expressions can never work."""
        return mismatches(self.expressions(), types)


def parse_template(text: str) -> Template:
    """Read a template; raise ExpressionError with a code, a message, its line and the word to point at."""
    read = _read(text)
    if isinstance(read, ExpressionError):
        raise read.again()
    return read


@lru_cache(maxsize=_CACHED)
def _read(text: str) -> Template | ExpressionError:
    """Remember refusals too: many rules ask about the same text."""
    try:
        return Template(text, parse_parts(text))
    except ExpressionError as error:
        return error.again()


class _Renderer:
    def __init__(self, scope: Mapping[str, object], includes: Mapping[str, Template]) -> None:
        self._evaluator = Evaluator(scope)
        self._includes = includes

    def pieces(self, parts: tuple[Part, ...], depth: int) -> Iterator[str]:
        for part in parts:
            match part:
                case Words():
                    yield self._paid(part.text)
                case Output():
                    yield self._paid(as_text(self._evaluator.shown(part.value)))
                case If():
                    yield from self.pieces(part.then if self._evaluator.is_true(part.condition) else part.otherwise, depth)
                case For():
                    yield from self._repeated(part, depth)
                case Include():
                    yield from self._included(part.template, depth)
                case _:
                    assert_never(part)

    def _paid(self, text: str) -> str:
        self._evaluator.spend(1 + size(text) // _BYTES_A_STEP)
        return text

    def _repeated(self, part: For, depth: int) -> Iterator[str]:
        items = self._items(part.source)
        if not items:
            yield from self.pieces(part.otherwise, depth)
        for item in items:
            self._evaluator.spend()
            self._evaluator.bind(part.variable, item)
            yield from self.pieces(part.body, depth)

    def _items(self, source: Name) -> list[object]:
        """Give the items of an input; one that has no value yet has no items."""
        try:
            value = self._evaluator.shown(source)
        except UndefinedValue:
            return []
        if not is_list(value):
            raise ExpressionFault(f"{source} is no list but {kind(value)}, so it can't be gone through")
        return list(value)  # type: ignore[call-overload, no-any-return]

    def _included(self, name: str, depth: int) -> Iterator[str]:
        if depth >= MAX_INCLUDES:
            raise ExpressionFault(f"templates include each other more than {MAX_INCLUDES} deep, at {name!r}")
        template = self._includes.get(name)
        if template is None:
            raise UndefinedValue(f"template {name}")
        self._evaluator.spend()
        outer = self._evaluator.swap_variables({})
        yield from self.pieces(template.parts, depth + 1)
        self._evaluator.swap_variables(outer)


def _included(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        match part:
            case Words() | Output():
                pass
            case Include():
                yield part.template
            case If():
                yield from _included((*part.then, *part.otherwise))
            case For():
                yield from _included((*part.body, *part.otherwise))
            case _:
                assert_never(part)
