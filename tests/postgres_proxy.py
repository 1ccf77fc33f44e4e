"""A line between the service and PostgreSQL that can be cut, also at the one moment at which nobody knows what became of a commit.

    with postgres_proxy(server.socket) as line:
        address = line.url(database)        # for FIREBREAK_DATABASE_URL
        line.cuts.append("answered")        # the next COMMIT is carried out, and its answer never arrives

Rules:
- `unsent`: the COMMIT never reaches the server. `sent`: it does, and the line is cut at once. `answered`: it does, the server has
  answered, and the answer is thrown away.
- A connection that is cut is aborted: both sides see a reset, as they would when a machine on the way dies.
- `switch` leads new connections to another server and cuts the old ones, as a virtual address does after a failover.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final, Literal

Cut = Literal["unsent", "sent", "answered"]

COMMIT: Final = b"COMMIT;\x00"
_CHUNK: Final = 1 << 16


class PostgresProxy:
    """One listening port on 127.0.0.1, served by a thread of its own."""

    def __init__(self, upstream: Path) -> None:
        self.port = 0
        self.cuts: deque[Cut] = deque()
        """What becomes of the next commits, in order; none: they pass."""
        self.done: Counter[str] = Counter()
        """How many commits were cut in which way."""
        self.commits = 0
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._stop = asyncio.Event()

    def url(self, database: str) -> str:
        """Give the address of a database behind this line."""
        return f"postgresql://firebreak@127.0.0.1:{self.port}/{database}?ssl=disable"

    def cut_all(self) -> None:
        """Cut every connection that there is."""
        self._loop.call_soon_threadsafe(self._abort_all)

    def switch(self, upstream: Path) -> None:
        """Lead to another server."""
        self._upstream = upstream
        self.cut_all()

    def serve(self, ready: Event) -> None:
        self._loop.run_until_complete(self._serve(ready))
        self._loop.close()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self, ready: Event) -> None:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        self._abort_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=5)

    def _abort_all(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side, or we, end it."""
        try:
            to_server = await asyncio.open_unix_connection(str(self._upstream))
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, to_server[1])
        self._open.update(ends)
        line = _Line(self, reader, writer, *to_server)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(line.ask())
                both.create_task(line.answer())
        except* (OSError, _Over):
            pass
        finally:
            self._open.difference_update(ends)
            for each in ends:
                each.transport.abort()


class _Over(Exception):
    """This connection has ended, or was cut."""


class _Line:
    """One connection: what the service asks, and what the server answers."""

    def __init__(
        self,
        proxy: PostgresProxy,
        from_service: asyncio.StreamReader,
        to_service: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._from_service, self._to_service = from_service, to_service
        self._from_server, self._to_server = from_server, to_server
        self._swallows = False

    async def ask(self) -> None:
        while chunk := await self._from_service.read(_CHUNK):
            cut = self._cut() if COMMIT in chunk else None
            if cut == "unsent":
                raise _Over
            self._swallows = cut == "answered"
            self._to_server.write(chunk)
            await self._to_server.drain()
            if cut == "sent":
                raise _Over
        raise _Over

    async def answer(self) -> None:
        while chunk := await self._from_server.read(_CHUNK):
            if self._swallows:
                raise _Over
            self._to_service.write(chunk)
            await self._to_service.drain()
        raise _Over

    def _cut(self) -> Cut | None:
        self._proxy.commits += 1
        cut = self._proxy.cuts.popleft() if self._proxy.cuts else None
        if cut:
            self._proxy.done[cut] += 1
        return cut


@contextmanager
def postgres_proxy(upstream: Path) -> Iterator[PostgresProxy]:
    """Carry connections to the server behind a unix socket until the block ends."""
    proxy, ready = PostgresProxy(upstream), Event()
    thread = Thread(target=proxy.serve, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield proxy
    finally:
        proxy.end()
        thread.join(5)
