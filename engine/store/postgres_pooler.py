"""Notice at the start a pooler that would break every second request later: one that pools transactions and not sessions."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from engine.store.postgres import connected
from engine.store.postgres_faults import swapped


async def refuse_swapped(engine: AsyncEngine, *, done: str) -> None:
    """Raise Fault when a connection is not the same one in its next transaction; `engine` has room for two."""
    async with connected(engine) as one, connected(engine) as other:
        before = await _served_by(one)
        async with other.begin():  # takes what `one` has just given back, if it gave anything back
            await _served_by(other, ends=False)
            after = await _served_by(one)
    if before != after:
        raise swapped(done=done)


async def _served_by(connection: AsyncConnection, *, ends: bool = True) -> int:
    """Give the number of the process that serves a connection now."""
    number = int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())
    if ends:
        await connection.rollback()
    return number
