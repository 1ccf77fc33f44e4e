"""Waiting for one of several things, and work that goes on beside others: one piece at a time, waited for by nobody."""

import asyncio
from collections.abc import Callable, Coroutine


async def any_of(*events: asyncio.Event, seconds: float) -> bool:
    """Wait for one of several events, at most for so long; says whether one came."""
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waiters, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
    return bool(done)


class Beside:
    """Begins work unless it is still under way; `broken` hears of what broke in our own code."""

    def __init__(self, work: Callable[[], Coroutine[None, None, None]], *, broken: Callable[[BaseException], None]) -> None:
        self._work = work
        self._broken = broken
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin, and wait for nothing."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait until what is under way has ended, however it ended."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Break off what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._broken(error)
