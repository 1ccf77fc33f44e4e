"""Nothing enters that can't be stored: bodies are bounded, JSON is strict, texts are whole.

Rules:
- A body is at most 1 MiB and arrives within `ARRIVAL_SECONDS`; it isn't compressed.
- JSON is at most `DEPTH` deep; NaN, infinities and integers beyond 64 bits are refused, and so are keys that
  appear twice, because nobody can say which value was meant.
- NUL and lone surrogates are refused in every text: PostgreSQL can't store them, so neither database does.
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.problems import Problem

LIMIT: Final = 1 << 20
ARRIVAL_SECONDS: Final = 20
DEPTH: Final = 64
_LARGEST: Final = 2**63 - 1


class StrictRequest(Request):
    """A request whose body is read in time and whose JSON is checked before anyone looks at it."""

    async def body(self) -> bytes:
        """Read the body, once; raises Problem when it is too slow or compressed."""
        if hasattr(self, "_body"):
            return self._body
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem("unsupported_media_type", "send the body uncompressed, without content-encoding")
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                return await super().body()
        except TimeoutError as error:
            raise Problem("too_slow", f"the body did not arrive within {ARRIVAL_SECONDS} s") from error

    async def json(self) -> Any:
        """Parse the body, once; raises Problem."""
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route that reads its requests strictly, and says so when a body isn't the JSON it expects."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            strict = request if isinstance(request, StrictRequest) else StrictRequest(request.scope, request.receive)
            if self.body_field is not None and await strict.body():
                if not is_json(request.headers.get("content-type", "")):
                    raise Problem("unsupported_media_type", "send the body as application/json")
                await strict.json()
            return await handle(strict)

        return handle_strictly


def parse_json(body: bytes) -> Any:
    """Read strict JSON in UTF-8; raises Problem with code `malformed` or `invalid`."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise _too_deep() from error
    except (UnicodeDecodeError, ValueError) as error:
        raise Problem("malformed", f"the body isn't JSON: {_reason(error)}") from error
    if found is None:
        raise _invalid("body", "may not be null; leave it out, or send an object")
    check_values(found)
    return found


def check_values(value: Any) -> None:
    """Refuse what can't be stored, wherever it stands in a JSON value; raises Problem with code `invalid`."""
    todo: list[tuple[Any, str, int]] = [(value, "body", 0)]
    while todo:
        item, path, depth = todo.pop()
        if depth > DEPTH:
            raise _too_deep()
        match item:
            case str():
                check_text(item, path)
            case dict():
                for name, inner in item.items():
                    check_text(name, path)
                    todo.append((inner, f"{path}.{name}" if path != "body" else name, depth + 1))
            case list():
                todo.extend((inner, f"{path}.{index}", depth + 1) for index, inner in enumerate(item))
            case int() | float():
                _check_number(item, path)


def check_text(text: str, path: str) -> None:
    """Refuse NUL and lone surrogates; raises Problem with code `invalid`."""
    if "\x00" in text:
        raise _invalid(path, "may not contain NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _invalid(path, "may not contain lone surrogates") from error


def _check_number(number: float, path: str) -> None:
    is_whole = isinstance(number, int)
    if (is_whole and abs(number) > _LARGEST) or not (is_whole or math.isfinite(number)):
        raise _invalid(path, "is too large a number")


def _invalid(path: str, message: str) -> Problem:
    return Problem("invalid", f"{path!r} {message}", errors=[{"field": path, "message": message}])


def _too_deep() -> Problem:
    return Problem("invalid", f"the body is nested deeper than {DEPTH} levels")


def is_json(content_type: str) -> bool:
    """Say whether a body of this type is JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice[:60]!r} appears twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    return "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
