"""Pieces of work that come while others are being done are done together, in one go.

Rules:
- One go at a time: whoever comes meanwhile is in the next. Nobody waits for company.
- Whoever put a piece waits until it is done. When a go breaks, each of its pieces is tried alone, so that a broken one is nobody
  else's trouble; a Fault, which is everybody's, is raised to all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from engine.store.fault import Fault

T = TypeVar("T")


class Together(Generic[T]):
    """Does pieces by `work`, which does all that it is given, or nothing."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: list[T] | None = None
        self._going: asyncio.Task[None] | None = None

    async def put(self, piece: T) -> None:
        """Do a piece; raises what the work raised over it."""
        if self._waiting is None or self._going is None:
            self._waiting = []
            self._going = asyncio.get_running_loop().create_task(self._go(self._waiting, self._going), context=Context())
        self._waiting.append(piece)
        going = self._going
        await asyncio.wait([going])
        error = going.exception()
        if isinstance(error, Fault):
            raise Fault(error.what, done=error.done, advice=error.advice) from error
        if error is not None:
            await self._work([piece])

    async def _go(self, pieces: Sequence[T], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._waiting = None
        await self._work(pieces)
