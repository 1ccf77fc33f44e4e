"""Lists that are asked for again and again: what a query means is worked out once, who asks is looked at each time.

What FastAPI makes of a query takes as long as reading the list. The same query always means the same, so its values
are remembered, and the route's function is called with them. A query that is wrong is never remembered.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from fastapi import Request, Response

from api.auth import ACTING_FOR, bearer
from api.body import StrictRoute
from api.reading import look_of

MOST: Final = 256
"""Queries that are remembered of one route."""
LONGEST: Final = 256
"""Bytes of a query that is remembered."""
_EACH_TIME: Final = frozenset({"request", "look"})

Values = dict[str, Any]


class AskedRoute(StrictRoute):
    """A route that reads: beside `request` and `look` its function takes nothing but parts of the query."""

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **more: Any) -> None:
        self.known: dict[bytes, Values] = {}
        self._asked = endpoint
        super().__init__(path, _remembering(endpoint, self.known), **more)
        assert not self.param_convertors

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_known(request: Request) -> Response:
            values = self.known.get(request.scope["query_string"])
            if values is None or ACTING_FOR in request.headers:
                return await handle(request)
            return await self._asked(request=request, look=await look_of(request, await bearer(request)), **values)

        return handle_known


def _remembering(endpoint: Callable[..., Awaitable[Response]], known: dict[bytes, Values]) -> Callable[..., Awaitable[Response]]:
    """Make the function remember the values that it is called with, by their query."""

    @wraps(endpoint)
    async def remembered(**values: Any) -> Response:
        query: bytes = values["request"].scope["query_string"]
        if len(query) <= LONGEST:
            if len(known) >= MOST:
                known.clear()
            known[query] = {name: value for name, value in values.items() if name not in _EACH_TIME}
        return await endpoint(**values)

    return remembered
