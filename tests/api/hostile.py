"""What nobody should send, for every place of the HTTP interface where something may be written, as the OpenAPI document names them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI

DEEP: Final = 10_000
MIXED: Final = (
    "'; DROP TABLE incidents; -- \" {{ 7*7 }}{% raw %} ${HOME} <script>alert(1)</script> <!channel> <@U1> \u202etxt.exe\u202c %s \\ é"
)
"""Means something to SQL, Jinja, a shell, HTML, Slack, a terminal that writes from right to left, and printf."""

NAME: Final = "*"
"""At the end of a way into a body: the name of a field that may have any name."""

TEXTS: Final = {
    "metacharacters": MIXED,
    "nul": "a\x00b",
    "lone surrogate": "a\ud800b",
    "beyond 64 bits": 2**63,
    "not a number": float("nan"),
    "minus zero": -0.0,
    "deep": "DEEP",
}
"""By name; `DEEP` becomes lists inside of lists."""
ADDRESSED: Final = {
    "metacharacters": MIXED.encode(),
    "nul": b"a\x00b",
    "lone surrogate": b"a\xed\xa0\x80b",
    "beyond 64 bits": str(2**63).encode(),
    "not a number": b"NaN",
    "minus zero": b"-0",
    "deep": b"[" * DEEP,
}
"""The same for paths, queries and headers, where everything is a text."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one operation's requests: `kind` is path, query, header or body; in a body `name` is the way to it."""

    operation: str
    kind: str
    name: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {'.'.join(map(str, self.name))}"


def places(app: FastAPI) -> Iterator[Place]:
    """List every place of every operation."""
    document = app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            for parameter in operation.get("parameters", ()):
                yield Place(name, parameter["in"], (parameter["name"],))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from (Place(name, "body", way) for way in _ways(document, content["schema"], ()))


def _ways(document: dict[str, Any], schema: dict[str, Any], way: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Go down to whatever is no object and no list; of lists to the first item, of free objects to one value."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        yield from dict.fromkeys(found for each in schema["anyOf"] for found in _ways(document, each, way))
    elif "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from _ways(document, inner, (*way, name))
    elif schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        yield from _ways(document, inner if isinstance(inner, dict) else {}, (*way, "site" if way else "reach"))
        yield (*way, NAME)
    elif schema.get("type") == "array":
        yield from _ways(document, schema["items"], (*way, 0))
    elif schema.get("type") != "null":
        yield way


def put(body: Any, way: tuple[str | int, ...], value: Any) -> Any:
    """Give a body with this value at the end of a way; what is missing on it is made."""
    if not way:
        return value
    first, *rest = way
    if first == NAME:
        return {str(value): "x"}
    if isinstance(first, int):
        return [put(None, tuple(rest), value)]
    found = deepcopy(body) if isinstance(body, dict) else {}
    return found | {first: put(found.get(first), tuple(rest), value)}


def written(body: Any) -> bytes:
    """Write a body as JSON that may not be strict: NaN as it is, surrogates escaped, `DEEP` as lists."""
    return json.dumps(body).replace('"DEEP"', "[" * DEEP + "]" * DEEP).encode()


def texts_in(found: Any) -> Iterator[str]:
    """List all texts in a JSON value, names of objects included."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield name
            yield from texts_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from texts_in(value)
