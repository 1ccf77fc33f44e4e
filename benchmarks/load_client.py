"""Closed loops over kept connections: so many clients, each sending its next request when it has the answer to the last."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.load_server import Process

SLOWEST: Final = 60.0
"""Seconds after which an answer counts as never given."""

DECLARED_BUSY: Final = (429, 503)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it goes over the wire, and the status that it should have."""

    wire: bytes
    status: int = 200
    holds: bytes = b""
    """What the answer has to hold."""


@dataclass(slots=True)
class Sample:
    """What a number of clients saw of one operation; seconds."""

    operation: str
    clients: int
    took: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    busy: int = 0
    """Answers that told the client to come again later, with `Retry-After`."""
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.took) / self.seconds if self.seconds else 0.0

    @property
    def each(self) -> float:
        """Milliseconds of the server's processor time for each good answer."""
        return self.processor * 1000 / len(self.took) if self.took else 0.0

    def percentile(self, of: float) -> float:
        """Give the milliseconds that so large a part of the answers took at most."""
        if not self.took:
            return 0.0
        return sorted(self.took)[min(len(self.took) - 1, int(len(self.took) * of))] * 1000

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.took) * 1000 if self.took else 0.0


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, wire: bytes) -> tuple[int, bytes, bytes]:
        """Send a request; gives status, head and body. Raises OSError, EOFError or TimeoutError."""
        async with asyncio.timeout(SLOWEST):
            if self._writer is None or self._reader is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writer.write(wire)
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            body = await self._reader.readexactly(length)
            if b"connection: close" in head:
                self.close()
            return int(head[9:12]), head, body

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def written(method: str, path: str, *, body: bytes = b"", kind: str = "application/json", **headers: str) -> bytes:
    """Write a request down; a header's name takes `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"{method} {path} HTTP/1.1\r\nhost: firebreak\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body
    )


Makes = Callable[[int], Callable[[], Ask | None]]
"""Gives each client, by its number, what makes its next request; None when it has no more work."""


async def loop(process: Process, operation: str, clients: int, seconds: float, makes: Makes) -> Sample:
    """Let clients ask for so many seconds."""
    sample = Sample(operation, clients)
    connections = [Connection(process.port) for _ in range(clients)]
    processor, begun = process.processor, time.perf_counter()
    await asyncio.gather(*(_client(each, makes(place), begun + seconds, sample) for place, each in enumerate(connections)))
    sample.seconds, sample.processor = time.perf_counter() - begun, process.processor - processor
    for each in connections:
        each.close()
    return sample


async def spread(processes: Sequence[Process], operation: str, clients: int, seconds: float, makes: Makes) -> Sample:
    """Let clients ask several processes, each client always the same one; gives what all of them saw."""
    shares = [len(range(place, clients, len(processes))) for place in range(len(processes))]
    asking = [loop(process, operation, share, seconds, makes) for process, share in zip(processes, shares, strict=True)]
    parts, whole = await asyncio.gather(*asking), Sample(operation, clients)
    for part in parts:
        whole.took += part.took
        whole.failures += part.failures
        whole.busy += part.busy
        whole.processor += part.processor
    whole.seconds = max(part.seconds for part in parts)
    return whole


async def _client(connection: Connection, make: Callable[[], Ask | None], end: float, sample: Sample) -> None:
    while time.perf_counter() < end and (ask := make()) is not None:
        await _once(connection, ask, sample)


async def _once(connection: Connection, ask: Ask, sample: Sample) -> None:
    begun = time.perf_counter()
    try:
        status, head, body = await connection.ask(ask.wire)
    except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError) as error:
        connection.close()
        sample.failures.append(f"{type(error).__name__}: {error}")
        return
    if status == ask.status and ask.holds in body:
        sample.took.append(time.perf_counter() - begun)
    elif status in DECLARED_BUSY and b"retry-after:" in head:
        sample.busy += 1
    else:
        sample.failures.append(f"{status}: {body[:200].decode(errors='replace')}")


async def every(asks: list[Ask], process: Process, clients: int = 32) -> list[bytes]:
    """Ask everything once, several at a time, and give the answers in order; raises RuntimeError when one is refused."""
    answers: list[bytes] = [b""] * len(asks)
    waiting = iter(enumerate(asks))

    async def client() -> None:
        connection = Connection(process.port)
        for place, ask in waiting:
            status, _, answers[place] = await connection.ask(ask.wire)
            if status != ask.status:
                raise RuntimeError(f"{status}: {answers[place][:300]!r}")
        connection.close()

    work: list[Awaitable[None]] = [client() for _ in range(min(clients, len(asks)))]
    await asyncio.gather(*work)
    return answers
