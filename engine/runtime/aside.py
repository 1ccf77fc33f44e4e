"""Blocking work on a thread of its own, that the end of the program does not wait for.

The event loop's own threads are few, and everybody's: a folder on a dead network share would keep one for ever.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """Do the work on a new thread; raises what it raises. Cancelling stops the waiting, not the work."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(answer: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)  # type: ignore[arg-type]  # it is a T where there is no error

    def run() -> None:
        answer, error = None, None
        try:
            answer = work()
        except BaseException as raised:  # noqa: BLE001 - it belongs to whoever waits for the work, on another thread
            error = raised
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(settle, answer, error)

    Thread(target=run, daemon=True, name="firebreak-aside").start()
    return await future
