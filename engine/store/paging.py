"""Pages that stay right while rows are inserted: a cursor says after which row to go on, never how many to skip."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

_LARGEST: Final = 2**63 - 1

T = TypeVar("T")
R = TypeVar("R")


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `next` is the cursor of the page after it, None at the end."""

    items: tuple[T, ...]
    next: str | None


def page_of(rows: Sequence[R], limit: int, place: Callable[[R], Sequence[Any]], item: Callable[[Sequence[R]], Sequence[T]]) -> Page[T]:
    """Make a page of up to `limit` items out of up to `limit + 1` rows; `place` is where a row stands in the order."""
    shown = rows[:limit]
    is_more = len(rows) > limit
    return Page(tuple(item(shown)), cursor_of(place(shown[-1])) if is_more else None)


def cursor_of(place: Sequence[Any]) -> str:
    """Write a place as an opaque text."""
    return urlsafe_b64encode(msgspec.json.encode(list(place))).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Read a place back; raises BadCursor unless it has values of exactly these kinds."""
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[Any])
        return tuple(_value(value, kind) for value, kind in zip(place, kinds, strict=True))
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadCursor(f"the cursor {cursor[:40]!r} was not made by this list; leave it out to start over") from error


def _value(value: Any, kind: type) -> Any:
    """Convert one value of a place; raises ValueError for a number that no column holds."""
    found: object = msgspec.convert(value, kind)
    if isinstance(found, int) and abs(found) > _LARGEST:
        raise ValueError("beyond 64 bits")
    return found
