"""Conditions as CACAO writes them, in the part of the STIX patterning grammar that we write and understand.

    __real__:value IN ('ours', 'unclear') AND __hurt__:value = true

Comparisons of one variable with plain values, joined by AND and OR, in brackets. Everything else
(observations, qualifiers, paths, LIKE) is not understood: `parse` then gives None, and people are asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "IN"]
Plain = str | bool | int | float

LONGEST: Final = 2_000
DEEPEST: Final = 20
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<variable>__[A-Za-z][\w-]*?__):value\b|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>-?\d{1,15}(?:\.\d{1,15})?)|(?P<word>[A-Za-z]+)|(?P<sign>==|!=|<=|>=|=|<|>|\(|\)|\[|\]|,))"
)


@dataclass(frozen=True, slots=True)
class Test:
    """One variable against one value, or several for IN."""

    variable: str
    operator: Operator
    values: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Several conditions of which all (AND) or any (OR) must hold."""

    word: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


Condition = Test | Joined


def equals(variable: str, *values: Plain) -> Test:
    """Say that a variable has one of these values."""
    return Test(variable, "=", values) if len(values) == 1 else Test(variable, "IN", values)


def both(conditions: tuple[Condition, ...]) -> Condition:
    """Say that all of these hold."""
    return conditions[0] if len(conditions) == 1 else Joined("AND", conditions)


def tests(condition: Condition) -> Iterator[Test]:
    """Yield every comparison, in the order they are written."""
    match condition:
        case Test():
            yield condition
        case Joined():
            for part in condition.parts:
                yield from tests(part)
        case _:
            assert_never(condition)


def written(condition: Condition) -> str:
    """Write a condition; what `parse` reads of it is the same condition."""
    match condition:
        case Test(operator="IN"):
            return f"{condition.variable}:value IN ({', '.join(map(_literal, condition.values))})"
        case Test():
            return f"{condition.variable}:value {condition.operator} {_literal(condition.values[0])}"
        case Joined():
            parts = (f"({written(part)})" if isinstance(part, Joined) else written(part) for part in condition.parts)
            return f" {condition.word} ".join(parts)
        case _:
            assert_never(condition)


def parse(text: str) -> Condition | None:
    """Read a condition, or give None when it is not of the kind that this module understands."""
    if len(text) > LONGEST:
        return None
    tokens = _tokens(text.strip())
    if tokens is None:
        return None
    reader = _Reader(tokens)
    try:
        condition = reader.any_of(0)
    except _NotUnderstood:
        return None
    return condition if not reader.tokens else None


class _NotUnderstood(Exception):
    """The text is no condition of our kind."""


@dataclass
class _Reader:
    tokens: list[tuple[str, str]]

    def any_of(self, depth: int) -> Condition:
        return self._joined("OR", depth)

    def _joined(self, word: Literal["AND", "OR"], depth: int) -> Condition:
        parts = [self._part(word, depth)]
        while self.tokens and self.tokens[0] == ("word", word):
            self.tokens.pop(0)
            parts.append(self._part(word, depth))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _part(self, word: Literal["AND", "OR"], depth: int) -> Condition:
        return self._joined("AND", depth) if word == "OR" else self._single(depth)

    def _single(self, depth: int) -> Condition:
        kind, text = self._next()
        if text in ("(", "[") and depth < DEEPEST:
            inner = self.any_of(depth + 1)
            self._expect(")" if text == "(" else "]")
            return inner
        if kind != "variable":
            raise _NotUnderstood
        return self._compared(text)

    def _compared(self, variable: str) -> Test:
        _, sign = self._next()
        if sign == "IN":
            return Test(variable, "IN", self._list())
        operator: dict[str, Operator] = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
        if sign not in operator:
            raise _NotUnderstood
        return Test(variable, operator[sign], (self._value(),))

    def _list(self) -> tuple[Plain, ...]:
        self._expect("(")
        values = [self._value()]
        while self.tokens and self.tokens[0][1] == ",":
            self.tokens.pop(0)
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Plain:
        kind, text = self._next()
        match kind:
            case "text":
                return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
            case "number":
                return float(text) if "." in text else int(text)
            case "word" if text in ("TRUE", "FALSE"):
                return text == "TRUE"
            case _:
                raise _NotUnderstood

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise _NotUnderstood

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise _NotUnderstood
        return self.tokens.pop(0)


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Cut a text into tokens; words are given in capitals, because STIX doesn't mind."""
    found: list[tuple[str, str]] = []
    here = 0
    while here < len(text):
        match = _TOKEN.match(text, here)
        if match is None or match.lastgroup is None:
            return None
        word = match[match.lastgroup]
        found.append((match.lastgroup, word.upper() if match.lastgroup == "word" else word))
        here = match.end()
    return found


def _literal(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)
