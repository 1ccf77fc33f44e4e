"""Clients that write through one or several servers, ask again under the same key until they are answered, and keep a ledger of it.

Rules:
- A request has one idempotency key for ever. It is asked again, at the next server, after 429, 503 or a connection that broke.
- What a server declares (429 and 503 with `Retry-After`) is counted; any other "no" is a fault of the server's.
- `indeterminate` are requests of which, at some moment, nobody could say whether they were done: the connection broke, or a 503
  said so. `kept` of those turned out to have been done: the answer to the repetition came from memory.
"""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal

from benchmarks.load_client import Connection, written
from benchmarks.load_server import Process

Kind = Literal["declare", "note", "complete"]

DECLARED: Final = (429, 503)
OURSELVES: Final = Process(0, os.getpid(), 0.0)
PAUSE: Final = 0.1
"""Seconds until a client asks again: less than it is told to, so that more fits into a gap."""
_GONE: Final = (OSError, EOFError, TimeoutError)
_UNKNOWN: Final = b"not known whether"
_STATUS: Final = {"declare": 201, "note": 200, "complete": 200}


@dataclass(frozen=True, slots=True)
class Request:
    """One wish: of an incident by its key (none to declare), and of a step."""

    key: str
    kind: Kind
    incident: str = ""
    step: str = ""

    @property
    def path(self) -> str:
        where = f"/v1/incidents/{self.incident}"
        return {"declare": "/v1/incidents", "note": f"{where}/note", "complete": f"{where}/steps/{self.step}/complete"}[self.kind]

    @property
    def body(self) -> bytes:
        bodies = {"declare": {"playbook": "trial", "title": self.key}, "note": {"text": self.key}, "complete": {}}
        return json.dumps(bodies[self.kind]).encode()


@dataclass
class Ledger:
    """What was asked, and what the servers said to it."""

    servers: Sequence[Process]
    token: str
    asked: dict[str, Request] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The key of the incident, by the request's key."""
    indeterminate: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    resets: int = 0
    slowest: float = 0.0
    """Seconds until the slowest answer of all, whatever it said, without those in which others had the processor."""
    answered_at: list[float] = field(default_factory=list)
    """When something was acknowledged, by the monotonic clock."""
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def unanswered(self) -> list[Request]:
        return [request for key, request in self.asked.items() if key not in self.acknowledged]

    def recovery(self, since: float) -> float:
        """Give the seconds from an instant to the next acknowledgement."""
        return next((at - since for at in self.answered_at if at > since), float("inf"))


@dataclass
class Writer:
    """One client; it goes on with another server when one does not answer well."""

    ledger: Ledger
    place: int
    stop: asyncio.Event
    connections: dict[int, Connection] = field(default_factory=dict)

    async def write(self, *, pause: float = 0.0, notes: int = 2, steps: int = 6) -> None:
        """Declare, complete one step after another with notes between, and begin anew, until told to stop."""
        while not self.stop.is_set():
            incident = await self.done(self._wish("declare"))
            for step in range(steps):
                for _ in range(notes):
                    await self._calmly(self._wish("note", incident), pause)
                await self._calmly(self._wish("complete", incident, f"step_{step}"), pause)
        self.close()

    async def done(self, request: Request) -> str:
        """Ask until it is acknowledged, refused, or the time is over; gives the key of the incident."""
        ledger = self.ledger
        while request.key not in ledger.acknowledged and not await self.ask(request):
            if self.stop.is_set():
                break
            self.place += 1
            await asyncio.sleep(PAUSE)
        return ledger.acknowledged.get(request.key, "")

    async def ask(self, request: Request) -> bool:
        """Ask once; True when there is nothing more to ask."""
        ledger = self.ledger
        server = ledger.servers[self.place % len(ledger.servers)]
        begun, waited = time.monotonic(), server.starved + OURSELVES.starved
        connection = self.connections.setdefault(server.port, Connection(server.port))
        headers = {"authorization": f"Bearer {ledger.token}", "idempotency_key": request.key}
        try:
            status, head, answer = await connection.ask(written("POST", request.path, body=request.body, **headers))
        except _GONE:
            connection.close()
            ledger.resets += 1
            ledger.indeterminate.add(request.key)
            return False
        finally:
            took = time.monotonic() - begun - (server.starved + OURSELVES.starved - waited)
            ledger.slowest = max(ledger.slowest, took)
        return self._noted(request, status, head, answer)

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()

    async def _calmly(self, request: Request, pause: float) -> None:
        if not request.incident or self.stop.is_set():
            return
        self.ledger.asked[request.key] = request
        await self.done(request)
        await asyncio.sleep(pause)

    def _wish(self, kind: Kind, incident: str = "", step: str = "") -> Request:
        request = Request(f"soak-{next(self.ledger.numbers)}", kind, incident, step)
        if kind == "declare":
            self.ledger.asked[request.key] = request
        return request

    def _noted(self, request: Request, status: int, head: bytes, answer: bytes) -> bool:
        ledger = self.ledger
        ledger.statuses[status] += 1
        if status == _STATUS[request.kind]:
            ledger.acknowledged[request.key] = str(json.loads(answer).get("key") or request.incident)
            ledger.answered_at.append(time.monotonic())
            if request.key in ledger.indeterminate and b"idempotency-replayed:" in head:
                ledger.kept.add(request.key)
            return True
        if status in DECLARED and b"retry-after:" in head:
            if _UNKNOWN in answer:
                ledger.indeterminate.add(request.key)
            return False
        ledger.refused.append(f"{request.kind} {status}: {answer[:300]!r}")
        return True


async def settle(ledger: Ledger) -> None:
    """Ask once more for everything that nobody answered; raises TimeoutError when that does not end."""
    writer = Writer(ledger, 0, asyncio.Event())
    async with asyncio.timeout(60):
        for request in ledger.unanswered:
            await writer.done(request)
    writer.close()
