"""Lists answer `{"items", "next"}` and a `Link` header; a cursor is opaque, and stable while rows are inserted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query, Request
from fastapi.responses import JSONResponse

from api.json_answer import JsonAnswer

MOST: Final = 200

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]

T = TypeVar("T")


def listing(
    request: Request,
    items: Sequence[T],
    following: str | None,
    shown: Callable[[T], Mapping[str, Any]],
    *,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Answer with one page of a list."""
    links = {"Link": f'<{request.url.include_query_params(cursor=following)}>; rel="next"'} if following else {}
    body = {"items": [shown(item) for item in items], "next": following}
    return JsonAnswer(body, headers={**links, **(headers or {})})
