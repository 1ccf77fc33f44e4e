"""How long one request waits for a database that does not answer, over everything that it asks of it.

Each wait is bounded by itself, but a request has several, one after another: whose token it is, what is asked for, the commit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

PATIENCE: Final = 4.5
"""Seconds of one request."""
QUICK: Final = 0.25
"""What took less uses up nothing: a request may ask for much."""
_LEAST: Final = 0.25
"""Seconds that are left for one more question in any case."""

_left: ContextVar[list[float] | None] = ContextVar("patience", default=None)


def begin(seconds: float = PATIENCE) -> None:
    """Begin a request: from here on everything in this context waits so long altogether; whoever never begins, as long as it takes."""
    _left.set([seconds])


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Wait no longer than is left; raises TimeoutError."""
    left, loop = _left.get(), asyncio.get_running_loop()
    if left is None:
        yield
        return
    began = loop.time()
    try:
        async with asyncio.timeout(max(left[0], _LEAST)):
            yield
    finally:
        took = loop.time() - began
        left[0] -= took if took > QUICK else 0.0
