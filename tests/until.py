"""Waiting for something that happens, on a loop."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 20.0


async def until(claim: Callable[[], bool], seconds: float = PATIENCE, *, every: float = 0.01) -> None:
    """Look until the claim is true; raises TimeoutError when it does not become so in time."""
    async with asyncio.timeout(seconds):
        while True:
            if claim():
                return
            await asyncio.sleep(every)


async def until_found(claim: Callable[[], Awaitable[bool]], seconds: float = PATIENCE, *, every: float = 0.05) -> None:
    """Do the same where looking takes a while, as it does in a database."""
    async with asyncio.timeout(seconds):
        while True:
            if await claim():
                return
            await asyncio.sleep(every)
